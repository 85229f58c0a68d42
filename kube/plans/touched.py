"""The fields that a change touched, each judged against the live object."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from kube.plans.change import Object
from kube.plans.elements import Label, labelled, placed, reordered, step_to
from kube.plans.field_path import FieldPath, Order
from kube.plans.merge_keys import Place, place_of
from kube.plans.normal import comparison_form
from kube.plans.values import ABSENT, equal

Verdict = Literal["goes back", "already", "conflict"]


@dataclass(frozen=True)
class TouchedField:
    """One field that differs between the recorded images, and what is live; ABSENT is no field."""

    path: FieldPath
    verdict: Verdict
    before: Any
    after: Any
    live: Any


@dataclass(frozen=True)
class Reversal:
    """Every touched field, and the live object with those that go back put back."""

    fields: tuple[TouchedField, ...]
    target: Object


def reversal(live: Object, before: Object, after: Object, *, force: bool = False) -> Reversal:
    """Judge each field in which `before` and `after` differ by what is live.

    A field that still is as `after` goes back; one that already is as `before` needs nothing; any
    other was changed by somebody else since, and stays as it is.

    Args:
        live: The object as read now, with its managedFields, which name merge keys. It is not
            changed; the target shares the parts that stay.
        before: The recorded image from before the change.
        after: The recorded image from after it.
        force: What somebody else changed goes back too; its verdict stays.
    """
    found: list[TouchedField] = []
    target = _walk(
        _At(place_of(live, before, after), (), found, force),
        comparison_form(before),
        comparison_form(after),
        live,
    )
    return Reversal(tuple(found), target)


@dataclass(frozen=True)
class _At:
    """A place in the three versions, and where to write down what is found there."""

    place: Place
    path: FieldPath
    found: list[TouchedField]
    force: bool = False

    def child(self, name: str) -> _At:
        return _At(self.place.child(name), (*self.path, name), self.found, self.force)

    def element(self, element: Any, found: list[TouchedField] | None = None) -> _At:
        path = (*self.path, step_to(self.place, element))
        return _At(self.place.element, path, self.found if found is None else found, self.force)


def _walk(at: _At, before: Any, after: Any, live: Any) -> Any:
    """Return what the live value becomes; ABSENT where the field goes away."""
    if equal(before, after):
        return live
    if _are(dict, before, after, live) and (_size(before) or _size(after)):
        if not (at.place.is_atomic and _size(live)):
            return _walk_map(at, before, after, live)
    elif _are(list, before, after, live) and (_size(before) or _size(after)):
        lists = [labelled(at.place, each) for each in (before, after, live)]
        if None not in lists:
            target = _walk_list(at, *(each or {} for each in lists))
            return _or_gone(target, before, live)
    return _leaf(at, before, after, live)


def _leaf(at: _At, before: Any, after: Any, live: Any) -> Any:
    if equal(live, after):
        verdict: Verdict = "goes back"
    else:
        verdict = "already" if equal(live, before) else "conflict"
    at.found.append(TouchedField(at.path, verdict, before, after, live))
    goes_back = verdict == "goes back" or (at.force and verdict == "conflict")
    return before if goes_back else live


def _walk_map(at: _At, before: Any, after: Any, live: Any) -> Any:
    before_fields, after_fields = _or_empty(before), _or_empty(after)
    target = dict(_or_empty(live))
    for name in before_fields | after_fields:
        value = _walk(
            at.child(name),
            before_fields.get(name, ABSENT),
            after_fields.get(name, ABSENT),
            target.get(name, ABSENT),
        )
        if value is ABSENT:
            target.pop(name, None)
        else:
            target[name] = value
    return _or_gone(target, before, live)


def _walk_list(
    at: _At, before: dict[Label, Any], after: dict[Label, Any], live: dict[Label, Any]
) -> list[Any]:
    target = dict(live)
    for label in before | after:
        was, became = before.get(label, ABSENT), after.get(label, ABSENT)
        if equal(was, became):
            continue
        element = _element(at, was, became, live.get(label, ABSENT))
        if element is ABSENT:
            target.pop(label, None)
        else:
            target[label] = element
    order = [label for label in live if label in target]
    if _order_goes_back(at, before, after, live):
        order = reordered(order, list(before))
    order = placed(order, (label for label in target if label not in live), list(before))
    return [target[label] for label in order]


def _element(at: _At, was: Any, became: Any, live: Any) -> Any:
    """Judge an element: field by field where the change kept it, whole where it came or went."""
    element = at.element(became if was is ABSENT else was)
    if was is ABSENT or became is ABSENT or not isinstance(was, dict):
        return _leaf(element, was, became, live)
    if live is not ABSENT:
        return _walk(element, was, became, live)
    # Somebody removed the element: its fields cannot go back one by one.
    lost: list[TouchedField] = []
    _walk(at.element(was, lost), was, became, live)
    if any(field.verdict != "already" for field in lost):
        return _leaf(element, was, became, live)
    element.found.extend(lost)
    return live


def _order_goes_back(
    at: _At, before: dict[Label, Any], after: dict[Label, Any], live: dict[Label, Any]
) -> bool:
    """Judge the order of the elements that all three have, where the change altered it."""
    was = [label for label in before if label in after and label in live]
    became = [label for label in after if label in before and label in live]
    if was == became:
        return False
    now = [label for label in live if label in before and label in after]
    ordered = _At(at.place, (*at.path, Order()), at.found, at.force)
    names = [_names(at.place, labels, before) for labels in (was, became, now)]
    return bool(_leaf(ordered, *names) != names[2])


def _names(place: Place, labels: Sequence[Label], elements: dict[Label, Any]) -> list[str]:
    return [str(step_to(place, elements[label])) for label in labels]


def _or_gone(target: Any, before: Any, live: Any) -> Any:
    """Return a map or list, or ABSENT once it is empty and was not there before the change."""
    if target or (before is not ABSENT and live is not ABSENT):
        return target
    return ABSENT if _size(live) else live


def _are(kind: type, *values: Any) -> bool:
    return all(value is ABSENT or type(value) is kind for value in values)


def _size(value: Any) -> int:
    return 0 if value is ABSENT else len(value)


def _or_empty(value: Any) -> Any:
    return {} if value is ABSENT else value
