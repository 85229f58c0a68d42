"""The guards that judge a plan by the settings of its cluster alone."""

from __future__ import annotations

from typing import Any

import pytest

from kube.clusters.registration import ClusterSettings
from kube.guards.run import judge_plan
from kube.plans.plan import Plan
from tests.unit.guards.plans import change, facts, obj, plan

CONFIG = change(None, obj("ConfigMap"))
SPACE = change(None, obj("Namespace", "shop"))
ROLE = change(None, obj("PersistentVolume", "disk"))


def verdicts(asked: Plan, **settings: Any) -> list[tuple[str, str]]:
    """Guard and verdict of each ruling, in order."""
    rulings = judge_plan(asked, facts(ClusterSettings(**settings)))
    return [(ruling.guard, ruling.verdict) for ruling in rulings]


@pytest.mark.parametrize("one", [CONFIG, SPACE])
def test_a_protected_namespace_and_what_is_in_it_stay_as_they_are(one: Any) -> None:
    assert verdicts(plan(one), protected_namespaces=["shop"]) == [
        ("protected namespaces", "refused")
    ]
    assert verdicts(plan(one), protected_namespaces=["other"]) == []


@pytest.mark.parametrize(
    ("one", "allowed", "refused"),
    [
        (CONFIG, ["shop"], False),
        (SPACE, ["shop"], False),
        (CONFIG, ["other"], True),
        (ROLE, ["shop"], True),
        (ROLE, [], False),
    ],
)
def test_changes_stay_inside_of_the_allowed_namespaces(
    one: Any, allowed: list[str], refused: bool
) -> None:
    found = verdicts(plan(one), allowed_namespaces=allowed)
    assert found == ([("allowed namespaces", "refused")] if refused else [])


def test_a_plan_up_to_the_limit_passes_and_one_above_is_refused() -> None:
    assert verdicts(plan(CONFIG, SPACE), max_objects_per_plan=2) == []
    assert verdicts(plan(CONFIG, SPACE), max_objects_per_plan=1) == [("plan size", "refused")]


def test_production_asks_for_approval_of_every_change_and_of_nothing_else() -> None:
    assert verdicts(plan(CONFIG), environment="production") == [("production", "needs approval")]
    assert verdicts(plan(), environment="production") == []


def test_refusals_come_first_and_warnings_last() -> None:
    kept = obj("ConfigMap", labels={"argocd.argoproj.io/instance": "shop"})
    asked = plan(change(kept, {**kept, "data": {}}))
    found = verdicts(asked, environment="production", protected_namespaces=["shop"])
    assert [verdict for _, verdict in found] == ["refused", "needs approval", "warning"]


def test_what_could_not_be_read_is_a_warning() -> None:
    (ruling,) = judge_plan(plan(CONFIG), facts(unread=("resourcequotas in shop",)))
    assert ruling.verdict == "warning"
    assert "may not list resourcequotas in shop" in ruling.reason
