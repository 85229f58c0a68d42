"""The JSON Patch (RFC 6902) from one version of an object to another."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from kube.plans.change import Object
from kube.plans.elements import Label, labelled
from kube.plans.merge_keys import Place
from kube.plans.values import equal

Operation = dict[str, Any]

_ESCAPED = re.compile("[<>&\u2028\u2029\x00-\x08\x0b\x0c\x0e-\x1f]")


def json_patch(live: Object, target: Object, place: Place) -> list[Operation]:
    """Return the smallest patch that turns `live` into `target`, or [] where they are the same.

    It starts with tests: of the resourceVersion, then of each value that is replaced or removed
    and can be tested. Elements of keyed lists are found in `live`; an index is right when its
    operation is reached.

    Args:
        live: The object as it was just read, with its resourceVersion.
        target: What it shall become.
        place: The top of the object, see `kube.plans.merge_keys`.
    """
    operations = list(_map(live, target, place, ""))
    if not operations:
        return []
    version = live["metadata"]["resourceVersion"]
    tests = [_test("/metadata/resourceVersion", version)]
    replaced = _replaced(live, target, place, "")
    tests += [_test(path, value) for path, value in replaced if is_testable(value)]
    return tests + operations


def is_testable(value: Any) -> bool:
    """Tell whether a `test` operation with this value works as the RFC says.

    The API server compares texts and numbers byte by byte in its own spelling, with `<`, `>` and
    `&` escaped: a test of a text that holds one always fails. A null in a list makes it panic.

    Source: gopkg.in/evanphx/json-patch.v4 v4.13.0 (lazyNode.equal); tried against Kubernetes 1.36.
    """
    match value:
        case dict():
            return all(map(is_testable, value.values()))
        case list():
            return all(map(is_testable, value))
        case str():
            return not _ESCAPED.search(value)
        case _:
            return type(value) in (bool, int)


def _map(live: Any, target: Any, place: Place, path: str) -> Iterator[Operation]:
    for name in live | target:
        where = f"{path}/{_escaped(name)}"
        if name not in target:
            yield {"op": "remove", "path": where}
        elif name not in live:
            yield {"op": "add", "path": where, "value": target[name]}
        else:
            yield from _value(live[name], target[name], place.child(name), where)


def _value(live: Any, target: Any, place: Place, path: str) -> Iterator[Operation]:
    if equal(live, target):
        return
    lists = _lists(live, target, place)
    if type(live) is dict and type(target) is dict:
        yield from _map(live, target, place, path)
    elif lists is not None:
        yield from _elements(*lists, place, path)
    else:
        yield {"op": "replace", "path": path, "value": target}


def _elements(
    live: dict[Label, Any], target: dict[Label, Any], place: Place, path: str
) -> Iterator[Operation]:
    """Change elements where they are, then remove from the end, then add from the start."""
    for index, label in enumerate(live):
        if label in target:
            yield from _value(live[label], target[label], place.element, f"{path}/{index}")
    for index, label in reversed(list(enumerate(live))):
        if label not in target:
            yield {"op": "remove", "path": f"{path}/{index}"}
    for index, label in enumerate(target):
        if label not in live:
            yield {"op": "add", "path": f"{path}/{index}", "value": target[label]}


def _replaced(live: Any, target: Any, place: Place, path: str) -> Iterator[tuple[str, Any]]:
    """Yield path and value of whatever of `live` is replaced or removed."""
    if equal(live, target):
        return
    lists = _lists(live, target, place)
    if type(live) is dict and type(target) is dict:
        for name, value in live.items():
            where = f"{path}/{_escaped(name)}"
            if name in target:
                yield from _replaced(value, target[name], place.child(name), where)
            else:
                yield where, value
    elif lists is not None:
        for index, (label, value) in enumerate(lists[0].items()):
            where = f"{path}/{index}"
            if label in lists[1]:
                yield from _replaced(value, lists[1][label], place.element, where)
            else:
                yield where, value
    else:
        yield path, live


def _lists(
    live: Any, target: Any, place: Place
) -> tuple[dict[Label, Any], dict[Label, Any]] | None:
    """Return two keyed lists; None where they are none, or what both have is in another order."""
    if type(live) is not list or type(target) is not list:
        return None
    before, after = labelled(place, live), labelled(place, target)
    if before is None or after is None:
        return None
    kept = [label for label in before if label in after]
    return (before, after) if kept == [label for label in after if label in before] else None


def _test(path: str, value: Any) -> Operation:
    return {"op": "test", "path": path, "value": value}


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
