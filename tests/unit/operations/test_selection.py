"""Selections that mean nothing certain."""

import pytest

from kube.api.errors import Refused
from kube.objects.selection import ObjectName, ObjectSelection
from kube.objects.selector import InvalidSelector
from kube.operations.selection import check_selection

NAMED = (ObjectName(kind="pods", name="a"),)


@pytest.mark.parametrize(
    ("chosen", "told"),
    [
        (ObjectSelection(), "exactly one way"),
        (ObjectSelection(kinds=("pods",), run_id="x"), "exactly one way"),
        (ObjectSelection(refs=NAMED, apply_set="a"), "exactly one way"),
        (ObjectSelection(kinds=("pods",)), "set `all` if you mean it"),
        (ObjectSelection(kinds=("pods",), selector=" "), "set `all` if you mean it"),
        (ObjectSelection(apply_set="a"), "Name the one namespace"),
    ],
)
def test_a_selection_that_means_nothing_certain_is_refused(
    chosen: ObjectSelection, told: str
) -> None:
    with pytest.raises(Refused, match=told):
        check_selection(chosen)


def test_a_malformed_selector_is_refused() -> None:
    with pytest.raises(InvalidSelector):
        check_selection(ObjectSelection(kinds=("pods",), selector="a b"))


@pytest.mark.parametrize(
    "chosen",
    [
        ObjectSelection(refs=NAMED),
        ObjectSelection(kinds=("pods",), all=True),
        ObjectSelection(kinds=("pods",), selector="a=b"),
        ObjectSelection(run_id="x"),
        ObjectSelection(apply_set="a", namespaces=("shop",)),
    ],
)
def test_one_way_of_choosing_is_enough(chosen: ObjectSelection) -> None:
    check_selection(chosen)
