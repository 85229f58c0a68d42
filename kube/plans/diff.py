"""What is different between two versions of an object, for people; secrets are masked."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from kube.plans.change import Object
from kube.plans.elements import Label, labelled, step_to
from kube.plans.field_path import FieldPath, Order, path_text
from kube.plans.manifest_text import manifest_text
from kube.plans.masking import Masker
from kube.plans.merge_keys import Place, Shape, place_of
from kube.plans.normal import comparison_form
from kube.plans.values import ABSENT, equal

Found = tuple[FieldPath, Any, Any]
_BY_NAME = Shape(keys=("name",))
_CONTEXT_LINES = 3


class FieldChange(BaseModel):
    """One field that differs; `before` is None where it was added, `after` where it was removed."""

    model_config = ConfigDict(frozen=True)

    path: str
    kind: Literal["added", "removed", "changed"]
    before: Any = None
    after: Any = None


def field_changes(
    before: Object | None, after: Object | None, *, masker: Masker | None = None
) -> tuple[FieldChange, ...]:
    """Return the fields in which two versions of an object differ, in the order of the object.

    A map or list element that came or went is one change with all that it holds. Elements are told
    apart by merge keys, else by `name`, else by index (of the former list for what was removed or
    changed, of the new one for what was added). What the server keeps is left out, see
    `kube.plans.normal`.

    Args:
        before: The former version; None where the object is created.
        after: The new version; None where it is deleted.
        masker: Shared by all that is shown together; None counts for this object alone.
    """
    masker = masker or Masker()
    masker.learn(before, after)
    forms = [_shown_form(obj, other) for obj, other in ((before, after), (after, before))]
    found = _differences((), place_of(before, after), *forms)
    of = after or before or {}
    return tuple(_field_change(path, was, now, masker, of) for path, was, now in found)


def unified(before: Object | None, after: Object | None, *, masker: Masker | None = None) -> str:
    """Return the difference as `kubectl diff` shows it: YAML with sorted keys, three lines around.

    Args:
        before: The live version; None where the object is created.
        after: The version that the change makes of it; None where it is deleted.
        masker: As in `field_changes`.

    Returns:
        "" where nothing differs.

    Source: kubectl pkg/cmd/diff/diff.go (managedFields left out, files LIVE and MERGED).
    """
    masker = masker or Masker()
    masker.learn(before, after)
    lines = difflib.unified_diff(
        _lines(before, masker),
        _lines(after, masker),
        *_files(before, after),
        n=_CONTEXT_LINES,
    )
    return "".join(line if line.endswith("\n") else line + "\n" for line in lines)


def _lines(obj: Object | None, masker: Masker) -> list[str]:
    if obj is None:
        return []
    return manifest_text(masker.masked(comparison_form(obj))).splitlines(keepends=True)


def _files(before: Object | None, after: Object | None) -> tuple[str, str]:
    name = _file_name(after or before or {})
    return f"LIVE/{name}" if before else "/dev/null", f"MERGED/{name}" if after else "/dev/null"


def _file_name(obj: Object) -> str:
    metadata = obj.get("metadata") or {}
    group_version = str(obj.get("apiVersion", "")).replace("/", ".")
    parts = (group_version, obj.get("kind"), metadata.get("namespace"), metadata.get("name"))
    return ".".join(str(part) for part in parts if part)


def _shown_form(obj: Object | None, other: Object | None) -> Object:
    """Return what is compared; of an object that comes or goes, without what names it."""
    if obj is None:
        return {}
    form = comparison_form(obj)
    if other is None:
        metadata = form.get("metadata", {})
        rest = {name: metadata[name] for name in metadata if name not in ("name", "namespace")}
        form = {name: form[name] for name in form if name not in ("apiVersion", "kind", "metadata")}
        form |= {"metadata": rest} if rest else {}
    return form


def _field_change(path: FieldPath, was: Any, now: Any, masker: Masker, of: Object) -> FieldChange:
    was, now = (masker.masked_at(path, value, of=of) for value in (was, now))
    text = path_text(path)
    if was is ABSENT:
        return FieldChange(path=text, kind="added", after=now)
    if now is ABSENT:
        return FieldChange(path=text, kind="removed", before=was)
    return FieldChange(path=text, kind="changed", before=was, after=now)


def _differences(path: FieldPath, place: Place, before: Any, after: Any) -> Iterator[Found]:
    if equal(before, after):
        return
    if type(before) is dict and type(after) is dict:
        for name in before | after:
            below = (before.get(name, ABSENT), after.get(name, ABSENT))
            yield from _differences((*path, name), place.child(name), *below)
    elif type(before) is list and type(after) is list:
        keyed = _keyed(place, before, after)
        if keyed is not None:
            yield from _in_elements(path, *keyed)
        else:
            yield from _in_sequence(path, place, before, after)
    else:
        yield path, before, after


def _keyed(
    place: Place, before: list[Any], after: list[Any]
) -> tuple[Place, dict[Label, Any], dict[Label, Any]] | None:
    """See two lists through their merge keys, or through `name` where all elements have one."""
    for seen in (place, Place(_BY_NAME, place.owned)):
        lists = labelled(seen, before), labelled(seen, after)
        if lists[0] is not None and lists[1] is not None:
            return seen, lists[0], lists[1]
    return None


def _in_elements(
    path: FieldPath, place: Place, before: dict[Label, Any], after: dict[Label, Any]
) -> Iterator[Found]:
    for label in before | after:
        was, now = before.get(label, ABSENT), after.get(label, ABSENT)
        step = step_to(place, now if was is ABSENT else was)
        yield from _differences((*path, step), place.element, was, now)
    kept = [
        [str(step_to(place, one[label])) for label in one if label in other]
        for one, other in ((before, after), (after, before))
    ]
    if kept[0] != kept[1]:
        yield (*path, Order()), kept[0], kept[1]


def _in_sequence(
    path: FieldPath, place: Place, before: list[Any], after: list[Any]
) -> Iterator[Found]:
    """Compare by index what lies between the common start and the common end."""
    start = 0
    while start < min(len(before), len(after)) and equal(before[start], after[start]):
        start += 1
    end = 0
    while end < min(len(before), len(after)) - start and equal(before[-1 - end], after[-1 - end]):
        end += 1
    middle = (before[start : len(before) - end], after[start : len(after) - end])
    for index in range(max(map(len, middle))):
        was, now = (part[index] if index < len(part) else ABSENT for part in middle)
        yield from _differences((*path, start + index), place.element, was, now)
