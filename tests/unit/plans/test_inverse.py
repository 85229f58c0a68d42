"""A carried-out change is turned around, or the reason is told why it cannot be."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from kube.plans.change import Change
from kube.plans.inverse import undo_change
from kube.plans.masking import Masker
from kube.plans.plan import Blocker
from tests.unit.plans.samples import Object, change, deployment, patched, secret

BEFORE, AFTER = deployment(replicas=1), deployment(replicas=2)
UPDATE = change("update", BEFORE, AFTER)
CREATE = change("create", None, AFTER)
DELETE = change("delete", BEFORE, None)


def live(obj: Object, **metadata: Any) -> Object:
    """Return the object as it is read later."""
    later = copy.deepcopy(obj)
    later["metadata"] |= {"resourceVersion": "9", "managedFields": []} | metadata
    return later


def undone(given: Change, obj: Object | None, **more: Any) -> Change:
    found = undo_change(given, obj, **more)
    assert isinstance(found, Change), found
    return found


def blocked(given: Change, obj: Object | None, **more: Any) -> str:
    found = undo_change(given, obj, **more)
    assert isinstance(found, Blocker), found
    assert found.ref == given.ref
    return found.message


def test_an_update_is_patched_back() -> None:
    inverse = undone(UPDATE, live(AFTER))
    assert (inverse.action, inverse.method, inverse.step) == ("update", "json-patch", 3)
    assert inverse.body == [
        {"op": "test", "path": "/spec/replicas", "value": 2},
        {"op": "replace", "path": "/spec/replicas", "value": 1},
    ]
    assert (inverse.preconditions.uid, inverse.preconditions.resource_version) == ("u-1", "9")
    assert inverse.before is not None
    assert inverse.after is not None
    assert "managedFields" not in inverse.before["metadata"]
    assert inverse.after["spec"] == {"replicas": 1}
    assert patched(inverse.before, inverse.body) == inverse.after


def test_an_undone_update_can_be_undone() -> None:
    inverse = undone(UPDATE, live(AFTER))
    again = undone(inverse, live(BEFORE))
    assert again.body[-1] == {"op": "replace", "path": "/spec/replicas", "value": 2}
    assert again.reversible == "yes"


@pytest.mark.parametrize(
    ("given", "obj"),
    [
        (UPDATE, live(BEFORE)),
        (UPDATE, live(deployment(replicas=1, paused=True))),
        (CREATE, None),
        (DELETE, live(BEFORE)),
        (DELETE, live(BEFORE, uid="u-9")),
        (change("unchanged", BEFORE, BEFORE), live(BEFORE)),
    ],
)
def test_what_is_back_already_needs_no_change(given: Change, obj: Object | None) -> None:
    assert undo_change(given, obj) is None


def test_what_the_write_answered_is_surer_than_the_dry_run() -> None:
    written = deployment(replicas=2, nodePort=30001)
    tried = change("update", BEFORE, deployment(replicas=2, nodePort=30999))
    assert "nodePort" in blocked(tried, live(written))
    inverse = undone(tried, live(written), written=written)
    assert inverse.after is not None
    assert inverse.after["spec"] == {"replicas": 1}


def test_an_update_that_somebody_changed_since_is_blocked_with_the_three_values() -> None:
    message = blocked(UPDATE, live(deployment(replicas=5)))
    assert "somebody else changed it since (spec.replicas: was 1, became 2, is now 5)" in message


def test_many_conflicts_are_counted() -> None:
    fields = [f"f{number}" for number in range(8)]
    images = [deployment(**dict.fromkeys(fields, value)) for value in (1, 2, 3)]
    assert "; and 3 more)" in blocked(change("update", *images[:2]), live(images[2]))


def test_a_blocker_about_a_secret_tells_no_value() -> None:
    before, after, now = (secret(data={"a": value}) for value in ("b25l", "dHdv", "dGhyZWU="))
    message = blocked(change("update", before, after), live(now), masker=Masker())
    assert 'data.a: was "+++ (value 1)", became "+++ (value 2)", is now "+++ (value 3)"' in message


def test_an_update_of_what_is_gone_is_blocked() -> None:
    assert "deleted since" in blocked(UPDATE, None)


def test_an_update_without_images_is_blocked() -> None:
    assert "no image" in blocked(change("update", BEFORE, None), live(AFTER))


def test_what_was_created_is_deleted_by_its_uid() -> None:
    inverse = undone(CREATE, live(AFTER))
    assert (inverse.action, inverse.method) == ("delete", "delete")
    assert inverse.preconditions.uid == inverse.ref.uid == "u-1"
    assert inverse.preconditions.resource_version is None
    assert (inverse.propagation, inverse.reversible, inverse.risk) == (
        "Background",
        "recreate",
        "medium",
    )


@pytest.mark.parametrize(
    ("kind", "risk"),
    [("Namespace", "high"), ("CustomResourceDefinition", "high"), ("ConfigMap", "medium")],
)
def test_deleting_what_holds_more_is_a_higher_risk(kind: str, risk: str) -> None:
    made = {**AFTER, "kind": kind}
    assert undone(change("create", None, made), live(made)).risk == risk


def test_another_object_of_the_name_is_not_deleted() -> None:
    assert "another has its name" in blocked(CREATE, live(AFTER, uid="u-9"), uid="u-1")


def test_what_was_deleted_is_created_again() -> None:
    inverse = undone(DELETE, None)
    assert (inverse.action, inverse.method, inverse.checked) == ("create", "create", False)
    assert inverse.body == {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"replicas": 1},
    }
    assert inverse.preconditions.absent
    assert inverse.ref.uid is None
    assert "It gets a new uid" in inverse.reason


def test_what_is_being_deleted_is_blocked() -> None:
    message = blocked(DELETE, live(BEFORE, deletionTimestamp="2026-01-01T00:00:00Z"))
    assert "still being deleted" in message


def test_what_was_made_again_differently_is_blocked() -> None:
    assert "differently" in blocked(DELETE, live(AFTER, uid="u-9"))


def test_a_deletion_without_an_image_is_blocked() -> None:
    given = DELETE.model_copy(update={"before": None})
    assert "no image" in blocked(given, None)
