"""A plan holds as long as its objects are what it saw; status and counters do not count."""

from __future__ import annotations

import copy

import pytest

from kube.operations.freshness import differences
from kube.plans.change import Change, Preconditions
from tests.unit.guards.plans import Object, change, obj, plan, ref_of

BEFORE = obj("Deployment", spec={"replicas": 1})
BEFORE["metadata"] |= {"uid": "u-1", "resourceVersion": "7"}
AFTER = obj("Deployment", spec={"replicas": 2})
UPDATE = change(BEFORE, AFTER, preconditions=Preconditions(uid="u-1", resource_version="7"))
CREATE = change(None, AFTER)
DONE = UPDATE.model_copy(update={"action": "unchanged"})


def live(**changed: object) -> Object:
    """The object as it is live, with other top-level fields."""
    return {**copy.deepcopy(BEFORE), **changed}


def remade() -> Object:
    found = live()
    found["metadata"]["uid"] = "u-2"
    return found


@pytest.mark.parametrize(
    ("one", "found", "told"),
    [
        (UPDATE, live(), None),
        (UPDATE, live(status={"readyReplicas": 1}), None),
        (UPDATE, live(spec={"replicas": 3}), "was changed since"),
        (UPDATE, live(spec={"replicas": 2}), "was changed since"),
        (UPDATE, remade(), "was deleted and made anew since"),
        (UPDATE, None, "was deleted since"),
        (CREATE, None, None),
        (CREATE, live(), "was created since"),
        (DONE, live(spec={"replicas": 2}), None),
        (DONE, live(spec={"replicas": 3}), "was changed since"),
        (CREATE.model_copy(update={"action": "unchanged"}), live(), None),
    ],
)
def test_an_object_is_compared_with_what_the_plan_saw(
    one: Change, found: Object | None, told: str | None
) -> None:
    asked = plan(one)
    sentences = list(differences(asked, {} if found is None else {ref_of(BEFORE): found}))
    assert sentences == ([] if told is None else [f"Deployment shop/web {told}"])
