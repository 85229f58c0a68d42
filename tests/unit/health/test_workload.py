"""A rollout is done, on its way or failed by kubectl's rules."""

from typing import Any

import pytest

from kube.health.workload import UnsupportedWorkload, replicas, rollout
from tests.fixtures.load import load

CASES = load("workloads.yaml")


@pytest.mark.parametrize("case", CASES, ids=[case["claim"] for case in CASES])
def test_a_rollout_stands_where_kubectl_says(case: dict[str, Any]) -> None:
    found = rollout(case["kind"], case["workload"])
    assert [found.status, found.reason, found.message] == case["expected"]


@pytest.mark.parametrize("case", CASES, ids=[case["claim"] for case in CASES])
def test_a_workload_wants_and_has_its_replicas(case: dict[str, Any]) -> None:
    assert list(replicas(case["kind"], case["workload"])) == case["replicas"]


@pytest.mark.parametrize("kind", ["Job", "ReplicaSet", ""])
def test_a_kind_without_a_rollout_is_refused_by_name(kind: str) -> None:
    with pytest.raises(UnsupportedWorkload, match="Deployment, StatefulSet, DaemonSet") as caught:
        rollout(kind, {})
    assert caught.value.kind == kind
    with pytest.raises(UnsupportedWorkload):
        replicas(kind, {})
