"""Workloads are counted by kind, and those that lack pods or failed are listed."""

from typing import Any

import pytest
from hypothesis import given

from kube.clusters.ranking import MAX_KEPT
from kube.clusters.snapshot import WorkloadCount, WorkloadProblem, WorkloadsFact
from kube.clusters.workloads import WorkloadTally, combined
from kube.health.workload import UnsupportedWorkload
from tests.unit.clusters.pages import shuffled_pages


def deployment(name: str, desired: int, ready: int, *, failed: bool = False) -> dict[str, Any]:
    reason = "ProgressDeadlineExceeded" if failed else "NewReplicaSetAvailable"
    return {
        "metadata": {"name": name, "namespace": "shop", "generation": 1},
        "spec": {"replicas": desired},
        "status": {
            "observedGeneration": 1,
            "replicas": desired,
            "updatedReplicas": desired,
            "readyReplicas": ready,
            "availableReplicas": ready,
            "conditions": [{"type": "Progressing", "reason": reason, "message": "timed out"}],
        },
    }


DEPLOYMENTS = [
    deployment("fine", 3, 3),
    deployment("off", 0, 0),
    deployment("down", 2, 0),
    deployment("short", 5, 1),
    deployment("nearly", 3, 2),
    deployment("late", 2, 2, failed=True),
]


def problem(name: str, desired: int, ready: int, message: str) -> WorkloadProblem:
    return WorkloadProblem(
        kind="Deployment",
        namespace="shop",
        name=name,
        desired=desired,
        ready=ready,
        message=message,
    )


@given(shuffled_pages(DEPLOYMENTS))
def test_pages_and_their_order_do_not_matter(pages: list[list[dict[str, Any]]]) -> None:
    tally = WorkloadTally()
    for page in pages:
        tally.add("Deployment", page)
    assert tally.fact() == WorkloadsFact(
        by_kind={
            "Deployment": WorkloadCount(total=6, ready=2, desired_replicas=15, ready_replicas=8)
        },
        problems=(
            problem("down", 2, 0, "0 of 2 updated replicas available"),
            problem("short", 5, 1, "1 of 5 updated replicas available"),
            problem("nearly", 3, 2, "2 of 3 updated replicas available"),
            problem("late", 2, 2, "timed out"),
        ),
    )


def test_a_workload_that_rolled_out_and_lost_a_pod_says_how_many_are_left() -> None:
    tally = WorkloadTally()
    tally.add(
        "DaemonSet",
        [
            {
                "metadata": {"name": "agent", "namespace": "kube-system"},
                "status": {
                    "desiredNumberScheduled": 3,
                    "updatedNumberScheduled": 3,
                    "numberAvailable": 3,
                    "numberReady": 2,
                },
            }
        ],
    )
    assert [p.message for p in tally.fact().problems] == ["2 of 3 pods ready"]


def test_a_kind_without_objects_is_counted_as_none_and_one_never_read_is_absent() -> None:
    tally = WorkloadTally()
    tally.add("StatefulSet", [])
    zero = WorkloadCount(total=0, ready=0, desired_replicas=0, ready_replicas=0)
    assert tally.fact() == WorkloadsFact(by_kind={"StatefulSet": zero})


def test_another_kind_is_refused() -> None:
    with pytest.raises(UnsupportedWorkload):
        WorkloadTally().add("Job", [{"metadata": {"name": "x"}}])


def test_facts_of_different_kinds_combine_with_the_worst_problems_of_all() -> None:
    half = WorkloadTally()
    half.add("Deployment", [deployment(f"d{i:02}", 3, 1) for i in range(40)])
    none = WorkloadTally()
    none.add("StatefulSet", [deployment(f"s{i:02}", 1, 0) for i in range(40)])
    fact = combined([half.fact(), none.fact()])
    assert {kind: count.total for kind, count in fact.by_kind.items()} == {
        "Deployment": 40,
        "StatefulSet": 40,
    }
    assert len(fact.problems) == MAX_KEPT
    assert [p.kind for p in fact.problems] == ["StatefulSet"] * 40 + ["Deployment"] * 10
