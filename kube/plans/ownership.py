"""Is it already so? Decided from the live object alone, without a request."""

from __future__ import annotations

from base64 import b64encode
from functools import lru_cache
from typing import Any

import orjson

from kube.plans.change import Object
from kube.plans.values import equal

# Their status is a subresource, so an apply of the object leaves it alone whatever it says. A
# custom resource may have none: there a status that somebody wrote down is not decided here.
_STATUS_IS_SUBRESOURCE = frozenset(
    {
        "",
        "admissionregistration.k8s.io",
        "apiextensions.k8s.io",
        "apiregistration.k8s.io",
        "apps",
        "autoscaling",
        "batch",
        "certificates.k8s.io",
        "flowcontrol.apiserver.k8s.io",
        "networking.k8s.io",
        "policy",
    }
)


def is_unchanged(desired: Object, live: Object, manager: str = "capstan") -> bool:
    """Tell whether a server-side apply of `desired` by `manager` surely changes nothing.

    The manager's entry in managedFields must own exactly the fields of the desired object, no more
    and no fewer, and each must have the desired value live. Whatever is not surely so is False,
    and for the server's dry run: a quantity spelled otherwise, a null, a default inside of an
    atomic map.

    Args:
        desired: The object as it would be sent. A Secret's `stringData` counts as `data`: send
            it so, see `without_string_data`.
        live: The object as it was read, with its managedFields, in the desired apiVersion.
        manager: The field manager of the apply.

    Source: structured-merge-diff v6 (merge.Updater.Apply, typed.ToFieldSet); apimachinery
    pkg/util/managedfields/internal (stripMeta, BuildManagerIdentifier).
    """
    if any(desired.get(name) != live.get(name) for name in ("apiVersion", "kind")):
        return False
    fields = _owned_fields(live, manager, desired.get("apiVersion"))
    wanted = _wanted(desired, live)
    return fields is not None and wanted is not None and _map_holds(fields, wanted, live)


def without_string_data(desired: Object) -> Object:
    """Return a Secret with its `stringData` in `data`, as the server stores it; others as is.

    Applied as `stringData`, a key that is later left out would stay in the live Secret for ever.

    Source: kubernetes pkg/apis/core/v1/conversion.go (Convert_v1_Secret_To_core_Secret).
    """
    texts, data = desired.get("stringData"), desired.get("data") or {}
    if desired.get("kind") != "Secret" or desired.get("apiVersion") != "v1":
        return desired
    if not isinstance(texts, dict) or not isinstance(data, dict):
        return desired
    if not all(isinstance(text, str) for text in texts.values()):
        return desired
    encoded = {name: b64encode(text.encode()).decode() for name, text in texts.items()}
    rest = {name: value for name, value in desired.items() if name not in ("data", "stringData")}
    return {**rest, "data": {**data, **encoded}} if data or encoded else rest


def _owned_fields(live: Object, manager: str, api_version: Any) -> dict[str, Any] | None:
    """Return the fieldsV1 of the manager's applies: empty without any, None where not certain."""
    entries = [
        entry
        for entry in live["metadata"].get("managedFields") or ()
        if entry.get("manager") == manager
        and entry.get("operation") == "Apply"
        and not entry.get("subresource")
    ]
    if not entries:
        return {}
    if len(entries) > 1 or entries[0].get("apiVersion") != api_version:
        return None
    fields: dict[str, Any] | None = entries[0].get("fieldsV1")
    return fields


def _wanted(desired: Object, live: Object) -> Object | None:
    """Return the fields that an apply would own; None where it may be refused or is not certain."""
    metadata = dict(desired.get("metadata") or {})
    for name in ("name", "namespace"):
        if name in metadata and metadata.pop(name) != live["metadata"].get(name):
            return None
    if metadata.pop("creationTimestamp", None) is not None:
        return None
    wanted = dict(without_string_data(desired))
    for name in ("apiVersion", "kind", "metadata"):
        wanted.pop(name, None)
    if "status" in wanted and _group(desired) in _STATUS_IS_SUBRESOURCE:
        del wanted["status"]
    if metadata:
        wanted["metadata"] = metadata
    return wanted


def _group(desired: Object) -> str:
    group, slash, _ = str(desired.get("apiVersion")).partition("/")
    return group if slash else ""


def _map_holds(fields: dict[str, Any], desired: Object, live: Object) -> bool:
    """Tell whether `fields` owns exactly the keys of a map, and each has the desired value.

    `.` in the fields is the map itself, as of an element or of a field that no schema names.
    """
    if len(fields) - ("." in fields) != len(desired):
        return False
    try:
        for name, owned in fields.items():
            if name[0] != "f":
                if name == ".":
                    continue
                return False
            mine, theirs = desired[name[2:]], live[name[2:]]
            # Texts are most leaves by far, and this is where the time goes.
            if type(mine) is str and not owned:
                if mine != theirs:
                    return False
            elif not _holds(owned, mine, theirs):
                return False
    except KeyError:
        return False
    return True


def _holds(fields: dict[str, Any], desired: Any, live: Any) -> bool:
    """Tell whether `fields` owns exactly what is desired here, and it is so; {} is a leaf."""
    if not fields:
        return desired is not None and equal(desired, live)
    kind = type(desired)
    if kind is not type(live):
        return False
    if kind is dict:
        return _map_holds(fields, desired, live)
    return kind is list and _list_holds(fields, desired, live)


def _list_holds(fields: dict[str, Any], desired: list[Any], live: list[Any]) -> bool:
    """Compare a list by its merge keys or as a set; order counts, since an apply restores it."""
    if len(fields) != len(desired):
        return False
    if next(iter(fields))[0] == "k":
        return _elements_hold(fields, desired, live)
    return _members_hold(fields, desired, live)


def _elements_hold(fields: dict[str, Any], desired: list[Any], live: list[Any]) -> bool:
    """Compare the elements that the fields name by their keys."""
    names, _ = _keys_of(next(iter(fields)))
    mine, theirs = _positions(desired, names), _positions(live, names)
    if not mine or not theirs:
        return False
    order = []
    for field, owned in fields.items():
        own_names, key = _keys_of(field)
        if own_names != names:
            return False
        here, there = mine.get(_written_key(names, key, owned)), theirs.get(key)
        if here is None or there is None:
            return False
        # An element without fields of its own is owned as a whole, like a leaf.
        if (owned and "." not in owned) or not _holds(owned, desired[here], live[there]):
            return False
        order.append((here, there))
    return len(order) == 1 or _in_order(order)


def _written_key(names: tuple[str, ...], key: Any, owned: dict[str, Any]) -> Any:
    """Return the key as the desired element has it.

    A part that the element's own fields do not list was defaulted by the server: it is not there.
    """
    if len(names) == 1 or not owned:
        return key
    parts = zip(names, key, strict=True)
    return tuple([part if f"f:{name}" in owned else None for name, part in parts])


def _positions(elements: list[Any], names: tuple[str, ...]) -> dict[Any, int] | None:
    """Return where each element is by its key; None where two have the same, or one is no map."""
    found: dict[Any, int] = {}
    try:
        for index, element in enumerate(elements):
            one = element[names[0]] if len(names) == 1 else tuple(map(element.get, names))
            found[one] = index
    except (AttributeError, KeyError, TypeError):
        return None
    return found if len(found) == len(elements) else None


@lru_cache(maxsize=8192)
def _keys_of(field: str) -> tuple[tuple[str, ...], Any]:
    """Return the names in `k:{…}` and its value, or a tuple of the values where it has several."""
    if field[0] != "k":
        return (), None
    keys = orjson.loads(field[2:])
    values = tuple(keys.values())
    return tuple(keys), values[0] if len(values) == 1 else values


def _members_hold(fields: dict[str, Any], desired: list[Any], live: list[Any]) -> bool:
    members = [orjson.loads(name[2:]) for name in fields if name[0] == "v"]
    if not all(type(member) is str for member in (*members, *desired, *live)):
        return False
    if set(members) != set(desired) or len(set(live)) != len(live) or not set(desired) <= set(live):
        return False
    return _in_order([(desired.index(member), live.index(member)) for member in members])


def _in_order(positions: list[tuple[int, int]]) -> bool:
    """Tell whether what is desired in an order is live in that order."""
    places = [theirs for _, theirs in sorted(positions)]
    return places == sorted(places)
