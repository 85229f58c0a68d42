"""What a person says of a cluster, and how saying something else changes it."""

from __future__ import annotations

from datetime import time
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from kube.clusters.freeze import WeeklyFreeze
from kube.clusters.registration import (
    Clearable,
    ClusterChanges,
    ClusterSettings,
    changed_settings,
    is_cluster_name,
)

WEEKEND = WeeklyFreeze(name="weekend", days=["Sat", "Sun"], start=time(0), end=time(0))
CURRENT = ClusterSettings(
    labels={"team": "shop", "region": "eu"},
    environment="staging",
    protected_namespaces=["kube-system"],
    allowed_namespaces=["shop"],
    max_objects_per_plan=7,
    max_deletions=3,
    max_deleted_percent=20,
    freeze_windows=[WEEKEND],
    max_requests_in_flight=4,
    connect_timeout_seconds=1.5,
    read_timeout_seconds=20,
    work_pool="near",
    record_store="archive",
)
OTHERS: dict[str, Any] = {
    "environment": "production",
    "protected_namespaces": ["default"],
    "allowed_namespaces": [],
    "max_objects_per_plan": 8,
    "max_deletions": 4,
    "max_deleted_percent": 30,
    "freeze_windows": [],
    "requester_may_approve": True,
    "max_requests_in_flight": 5,
    "connect_timeout_seconds": 2.5,
    "read_timeout_seconds": 30.0,
    "work_pool": "far",
    "record_store": "default",
}


def changed(**changes: Any) -> dict[str, Any]:
    """Return the settings that differ after the changes."""
    before, after = CURRENT.model_dump(), changed_settings(CURRENT, ClusterChanges(**changes))
    return {name: value for name, value in after.model_dump().items() if value != before[name]}


def test_nothing_named_changes_nothing() -> None:
    assert changed_settings(CURRENT, ClusterChanges()) == CURRENT


@given(st.sets(st.sampled_from(sorted(OTHERS))))
def test_what_is_named_changes_and_nothing_else(names: set[str]) -> None:
    changes = {name: OTHERS[name] for name in names}
    assert changed(**changes) == changes


def test_every_setting_can_be_changed() -> None:
    assert set(ClusterChanges.model_fields) - {"clear"} == set(ClusterSettings.model_fields)
    assert set(OTHERS) | {"labels"} == set(ClusterSettings.model_fields)


def test_labels_are_changed_by_key() -> None:
    assert changed(labels={"region": "us", "tier": "1"}) == {
        "labels": {"team": "shop", "region": "us", "tier": "1"}
    }
    assert changed(labels={}) == {}


@pytest.mark.parametrize(
    ("name", "empty"),
    [
        ("labels", {}),
        ("protected_namespaces", []),
        ("allowed_namespaces", []),
        ("freeze_windows", []),
        ("work_pool", None),
    ],
)
def test_what_is_to_be_cleared_becomes_empty(name: str, empty: Any) -> None:
    assert changed(clear=[name]) == {name: empty}


def test_clearing_comes_first_so_that_labels_can_be_replaced() -> None:
    replaced = changed(clear=["labels", "work_pool"], labels={"tier": "1"}, work_pool="far")
    assert replaced == {"labels": {"tier": "1"}, "work_pool": "far"}


def test_the_context_is_no_setting_and_clearing_it_changes_none() -> None:
    assert changed(clear=["context"]) == {}
    assert set(get_args(Clearable)) - {"context"} <= set(ClusterSettings.model_fields)


def test_the_settings_before_stay_as_they_were() -> None:
    before = CURRENT.model_dump()
    after = changed_settings(CURRENT, ClusterChanges(clear=["labels"], labels={"a": "b"}))
    assert CURRENT.model_dump() == before
    assert after.labels is not CURRENT.labels


@pytest.mark.parametrize(
    "changes",
    [
        {"max_objects_per_plan": 0},
        {"max_deletions": 0},
        {"max_deleted_percent": 101},
        {"freeze_windows": [{"name": "no time"}]},
        {"max_requests_in_flight": 0},
        {"max_requests_in_flight": 257},
        {"connect_timeout_seconds": 0},
        {"read_timeout_seconds": -1},
        {"environment": "test"},
        {"no_such_setting": 1},
        {"clear": ["environment"]},
    ],
)
def test_what_no_setting_can_be_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ClusterChanges(**changes)
    if "clear" not in changes:
        with pytest.raises(ValidationError):
            ClusterSettings(**changes)


@pytest.mark.parametrize("name", ["a", "7", "prod-eu-1", "x" * 63, "a--b"])
def test_a_cluster_may_be_called_so(name: str) -> None:
    assert is_cluster_name(name)


@pytest.mark.parametrize("name", ["", "-a", "a-", "A", "a.b", "a_b", "a b", "ä", "x" * 64, "a\n"])
def test_a_cluster_may_not_be_called_so(name: str) -> None:
    assert not is_cluster_name(name)
