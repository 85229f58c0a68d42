"""What is different between two runs: what was asked, what was found, what became of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ConfigDict

from kube.records.record import Record
from kube.records.selection import RunLine, changes_in, line_of

MAX_DIFFERENCES = 500
_MAX_VALUE = 500

Name = tuple[str, str, str]


class Side(RunLine):
    """One of the two runs; `digest` is that of its plan, "" where it has none."""

    digest: str = ""
    warnings: int = 0


class Difference(BaseModel):
    """One value that differs, as JSON; None on the side that has none."""

    model_config = ConfigDict(frozen=True)

    path: str
    first: str | None = None
    second: str | None = None


class ObjectDifference(BaseModel):
    """One object that fared differently; None on the side that knows nothing of it.

    `other_change` says that both runs change it, each in another way.
    """

    model_config = ConfigDict(frozen=True)

    kind: str
    namespace: str = ""
    name: str
    first: str | None = None
    second: str | None = None
    other_change: bool = False


class Comparison(BaseModel):
    """The shape of `result` in a record of `compare-records`; at most 500 differences of a sort.

    `findings` compares the results of operations that read; those that write have `objects`.
    """

    model_config = ConfigDict(frozen=True)

    first: Side
    second: Side
    parameters: tuple[Difference, ...] = ()
    objects: tuple[ObjectDifference, ...] = ()
    same_objects: int = 0
    findings: tuple[Difference, ...] = ()
    cut: bool = False

    @property
    def same_plan(self) -> bool | None:
        """Tell whether both plans are the same to the byte; None where one has no plan."""
        if not self.first.digest or not self.second.digest:
            return None
        return self.first.digest == self.second.digest


def compare(first: Record, second: Record) -> Comparison:
    """Compare two records, of the same operation or of different ones.

    Parameters are compared as they are kept: blocks by name, long texts by digest, secrets masked.
    """
    parameters = list(differences(first.parameters, second.parameters))
    objects, same = _objects(first, second)
    is_plan = bool(changes_in(first) or changes_in(second) or first.outcomes or second.outcomes)
    findings = [] if is_plan else list(differences(first.result, second.result))
    return Comparison(
        first=_side(first),
        second=_side(second),
        parameters=tuple(parameters[:MAX_DIFFERENCES]),
        objects=tuple(objects[:MAX_DIFFERENCES]),
        same_objects=same,
        findings=tuple(findings[:MAX_DIFFERENCES]),
        cut=max(len(parameters), len(objects), len(findings)) > MAX_DIFFERENCES,
    )


def differences(first: Any, second: Any) -> Iterator[Difference]:
    """Yield the leaves in which two JSON values differ, by path such as `options.namespace`."""
    one, other = dict(_leaves(first)), dict(_leaves(second))
    for path in one | other:
        if one.get(path) != other.get(path):
            yield Difference(path=path, first=one.get(path), second=other.get(path))


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict | list) and value:
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for name, item in items:
            yield from _leaves(item, f"{path}.{name}" if path else str(name))
    elif path:
        yield path, json.dumps(value, ensure_ascii=False, default=str)[:_MAX_VALUE]


def _side(record: Record) -> Side:
    return Side(
        **line_of(record),
        digest=str(record.result.get("digest") or ""),
        warnings=len(record.warnings),
    )


def _objects(first: Record, second: Record) -> tuple[list[ObjectDifference], int]:
    one, other = _fates(first), _fates(second)
    diffs, other_diffs = _diffs(first), _diffs(second)
    found, same = [], 0
    for key in one | other:
        is_other = key in diffs and key in other_diffs and diffs[key] != other_diffs[key]
        if one.get(key) == other.get(key) and not is_other:
            same += 1
            continue
        kind, namespace, name = key
        found.append(
            ObjectDifference(
                kind=kind,
                namespace=namespace,
                name=name,
                first=one.get(key),
                second=other.get(key),
                other_change=is_other,
            )
        )
    return found, same


def _fates(record: Record) -> dict[Name, str]:
    """Return what became of each object, or what was planned: "to update", "changed"."""
    planned = {_name(change): f"to {change.get('action')}" for change in changes_in(record)}
    return planned | {
        (o.ref.kind, o.ref.namespace or "", o.ref.name): str(o.status) for o in record.outcomes
    }


def _diffs(record: Record) -> dict[Name, str]:
    """Return each object's difference as text; secret values are masked in it."""
    return {_name(change): str(change.get("diff") or "") for change in changes_in(record)}


def _name(change: dict[str, object]) -> Name:
    ref = change.get("ref")
    found = ref if isinstance(ref, dict) else {}
    return str(found.get("kind")), str(found.get("namespace") or ""), str(found.get("name"))
