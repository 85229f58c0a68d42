"""A merge patch as a change: what it makes of an object, and when it makes nothing."""

from __future__ import annotations

from typing import Any

import pytest

from kube.plans.merging import merge_change, merged
from tests.unit.plans.samples import DEPLOYMENTS, deployment


@pytest.mark.parametrize(
    ("value", "patch", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a"], {"b": None, "c": 1}, {"c": 1}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_it_merges_as_the_appendix_of_rfc_7386_shows(value: Any, patch: Any, result: Any) -> None:
    assert merged(value, patch) == result


def test_a_patch_becomes_a_change_that_holds_for_the_version_it_saw() -> None:
    live = deployment(replicas=1, paused=False)
    live["metadata"]["managedFields"] = [{"manager": "x"}]
    change = merge_change(DEPLOYMENTS, live, {"spec": {"replicas": 2}})
    assert change.action == "update"
    assert change.preconditions.resource_version == live["metadata"]["resourceVersion"]
    assert change.after == {**deployment(replicas=2, paused=False)}
    assert live["spec"]["replicas"] == 1


def test_a_patch_that_says_what_is_so_is_no_write() -> None:
    change = merge_change(DEPLOYMENTS, deployment(replicas=1), {"spec": {"replicas": 1}})
    assert not change.writes
