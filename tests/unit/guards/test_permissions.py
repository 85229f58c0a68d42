"""The permissions that a plan and its undo need, and no more."""

from __future__ import annotations

from typing import Any

import pytest

from kube.guards.permissions import needed_permissions, permissions
from kube.plans.change import Change
from tests.unit.guards.plans import change, facts, obj, plan

CONFIG, CHANGED = obj("ConfigMap"), obj("ConfigMap", data={"a": "b"})
WEB = obj("Deployment")


def words(*changes: Change, **how: Any) -> set[str]:
    """The needed permissions, in words."""
    return {str(permission) for permission in needed_permissions(plan(*changes), **how)}


@pytest.mark.parametrize(
    ("one", "verbs"),
    [
        (change(None, CONFIG), {"get", "patch", "create", "delete"}),
        (change(None, CONFIG, method="create"), {"get", "create", "delete"}),
        (change(CONFIG, CHANGED), {"get", "patch"}),
        (change(CONFIG, CHANGED, method="json-patch"), {"get", "patch"}),
        (change(CONFIG, None), {"get", "delete", "create"}),
        (change(CONFIG, CONFIG).model_copy(update={"action": "unchanged"}), set()),
    ],
)
def test_a_change_takes_its_verb_and_that_of_its_way_back(one: Change, verbs: set[str]) -> None:
    assert words(one) == {f"{verb} configmaps in shop" for verb in verbs}


def test_a_workload_that_is_waited_for_is_watched_with_its_pods() -> None:
    one = change(None, WEB)
    waiting = {
        *(f"{verb} deployments.apps in shop" for verb in ("list", "watch")),
        *(f"{verb} pods in shop" for verb in ("list", "watch")),
    }
    assert words(one) - words(one, wait=False) == waiting


def test_many_of_a_kind_are_read_by_a_list() -> None:
    many = [change(None, obj("ConfigMap", str(number))) for number in range(4)]
    assert "list configmaps in shop" in words(*many)
    assert "list configmaps in shop" not in words(*many[:3])


def test_what_is_missing_is_named_with_verb_resource_and_namespace() -> None:
    asked = plan(change(CONFIG, CHANGED))
    missing = tuple(sorted(needed_permissions(asked)))
    (ruling,) = permissions(asked, facts(missing_permissions=missing))
    assert ruling.verdict == "refused"
    assert "get configmaps in shop; patch configmaps in shop" in ruling.reason
