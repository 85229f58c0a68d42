"""Lists seen through their merge keys: elements by what tells them apart, not by index."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import orjson

from kube.plans.field_path import Element, Step
from kube.plans.merge_keys import Place
from kube.plans.values import ABSENT, Absence

Label = bytes
"""What one element is called: equal for the same element of two lists, and unique in each."""


def labelled(place: Place, elements: list[Any] | Absence) -> dict[Label, Any] | None:
    """Return the elements by label, in order; an absent list has none.

    Returns:
        None where the list is not known to be keyed or a set, or breaks the rules of one: an
        element is no map or lacks all keys, or two are the same. It is then one value, as a whole.
    """
    if elements is ABSENT:
        return {}
    found: dict[Label, Any] = {}
    for element in elements:
        label = _label(place, element)
        if label is None or label in found:
            return None
        found[label] = element
    return found


def step_to(place: Place, element: Any) -> Step:
    """Return the step of a path that leads to an element."""
    if place.keys:
        named = ((name, element[name]) for name in place.keys if name in element)
        return Element(tuple(named))
    return element if isinstance(element, str) else orjson.dumps(element).decode()


def placed(
    kept: Iterable[Label], restored: Iterable[Label], wanted: Sequence[Label]
) -> list[Label]:
    """Put restored elements among the kept ones, each after the one that it used to follow.

    Args:
        kept: The elements that are there, in order.
        restored: Those that come back.
        wanted: All elements of the former list in order; it names every restored one.
    """
    result = list(kept)
    coming = set(restored)
    present = set(result)
    for number, label in enumerate(wanted):
        if label not in coming or label in present:
            continue
        before = next((each for each in reversed(wanted[:number]) if each in present), None)
        after = next((each for each in wanted[number + 1 :] if each in present), None)
        if before is not None:
            result.insert(result.index(before) + 1, label)
        else:
            result.insert(result.index(after) if after is not None else len(result), label)
        present.add(label)
    return result


def reordered(labels: Sequence[Label], wanted: Sequence[Label]) -> list[Label]:
    """Put the labels that `wanted` names into its order; the others keep their places."""
    known = set(labels) & set(wanted)
    turn = (label for label in wanted if label in known)
    return [next(turn) if label in known else label for label in labels]


def _label(place: Place, element: Any) -> Label | None:
    if place.keys:
        if not isinstance(element, dict) or not any(name in element for name in place.keys):
            return None
        return orjson.dumps([element.get(name) for name in place.keys])
    return orjson.dumps(element) if place.is_set else None
