"""A cluster is healthy, degraded, unauthorized or unreachable, and says why."""

from typing import Any, get_args

import pytest

from kube.clusters.judgement import Thresholds, judge
from kube.clusters.snapshot import (
    Amount,
    Fact,
    Health,
    NodeProblem,
    NodesFact,
    PodProblem,
    PodsFact,
    Reach,
    ReachStatus,
)

OK = Reach(status="ok", version="v1.36.4")
NODES = NodesFact(total=3, ready=3, unschedulable=0)
PODS = PodsFact(total=10)


def amount(requested: int, schedulable: int = 1000, capacity: int = 1000) -> Amount:
    return Amount(
        capacity=capacity,
        allocatable=capacity,
        schedulable=schedulable,
        requested=requested,
        limits=0,
    )


def health(
    reach: Reach = OK,
    nodes: NodesFact = NODES,
    pods: PodsFact = PODS,
    resources: dict[str, Amount] | None = None,
    **more: Any,
) -> Health:
    return judge(
        reach,
        nodes=Fact(status="ok", value=nodes),
        pods=Fact(status="ok", value=pods),
        resources=Fact(status="ok", value=resources or {}),
        **more,
    )


def degraded(reason: str) -> Health:
    return Health(status="degraded", reasons=(reason,))


def test_a_cluster_without_trouble_is_healthy_without_a_reason() -> None:
    assert health(resources={"cpu": amount(900)}) == Health(status="healthy")


def test_a_server_that_goes_away_after_the_probe_is_no_healthy_cluster() -> None:
    gone: Fact[Any] = Fact(status="error", reason="connection refused")
    found = judge(OK, nodes=gone, pods=gone, resources=gone)
    assert found.status == "degraded"
    assert found.reasons[0].startswith("the API server answered the probe, and then told neither")
    denied: Fact[Any] = Fact(status="denied")
    assert judge(OK, nodes=denied, pods=denied, resources=denied).status == "healthy"


@pytest.mark.parametrize("status", sorted(set(get_args(ReachStatus)) - {"ok"}))
def test_a_failed_probe_decides_alone(status: ReachStatus) -> None:
    found = health(Reach(status=status, message="why"), resources={"cpu": amount(1000)})
    expected = "unauthorized" if status in ("unauthorized", "forbidden") else "unreachable"
    assert found == Health(status=expected, reasons=(f"{status}: why",))


def test_a_failing_readyz_check_degrades() -> None:
    assert health(Reach(status="ok", failing_checks=("etcd",))) == degraded(
        "readyz check etcd fails"
    )


def test_nodes_that_are_not_ready_degrade_and_are_named_up_to_three() -> None:
    problems = tuple(NodeProblem(name=f"n{i}", reasons=("NotReady",)) for i in range(5))
    nodes = NodesFact(total=9, ready=4, unschedulable=0, problems=problems)
    assert health(nodes=nodes) == degraded("5 of 9 nodes not ready: n0, n1, n2 and 2 more")


def test_pressure_degrades_and_a_cordon_or_an_old_kubelet_does_not() -> None:
    nodes = NodesFact(
        total=3,
        ready=3,
        unschedulable=1,
        skewed=1,
        pressure={"DiskPressure": 1},
        problems=(
            NodeProblem(name="full", reasons=("DiskPressure",)),
            NodeProblem(name="off", reasons=("SchedulingDisabled",)),
        ),
    )
    assert health(nodes=nodes) == degraded("1 node with DiskPressure: full")


def test_only_crash_loops_of_the_system_degrade() -> None:
    crash = PodProblem(namespace="shop", name="web", reason="CrashLoopBackOff")
    pods = PodsFact(total=2, by_problem={"CrashLoopBackOff": 1}, problems=(crash,))
    assert health(pods=pods).status == "healthy"
    system = crash.model_copy(update={"namespace": "kube-system", "name": "dns", "system": True})
    pods = PodsFact(total=2, problems=(system, crash), system_crash_loops=1)
    assert health(pods=pods) == degraded("1 system pod crash-looping: kube-system/dns")


@pytest.mark.parametrize(
    ("resources", "reason"),
    [
        ({"cpu": amount(901)}, "cpu: 901m of 1 core requested (90.1 %, limit 90 %)"),
        ({"pods": amount(950)}, "pods: 950 of 1000 requested (95 %, limit 90 %)"),
        ({"cpu": amount(500, schedulable=0)}, "cpu: 500m requested, nothing schedulable"),
        ({"cpu": amount(0, schedulable=0)}, None),
        ({"cpu": amount(5, schedulable=0, capacity=0)}, None),
        ({"nvidia.com/gpu": amount(1000)}, None),
    ],
)
def test_too_much_requested_degrades(resources: dict[str, Amount], reason: str | None) -> None:
    expected = degraded(reason) if reason else Health(status="healthy")
    assert health(resources=resources) == expected


def test_the_thresholds_are_settings() -> None:
    limits = Thresholds(requested_ratio=0.5, resources=("nvidia.com/gpu",))
    resources = {"cpu": amount(990), "nvidia.com/gpu": amount(501)}
    assert health(resources=resources, thresholds=limits) == degraded(
        "nvidia.com/gpu: 501 of 1000 requested (50.1 %, limit 50 %)"
    )


def test_what_was_not_measured_is_named_and_judged_neither_way() -> None:
    found = judge(
        OK,
        nodes=Fact(status="denied", reason="nodes is forbidden"),
        pods=Fact(status="ok", value=PODS),
        resources=Fact(status="error"),
    )
    assert found == Health(
        status="healthy",
        reasons=("nodes not measured: denied, nodes is forbidden", "resources not measured: error"),
    )


def test_all_reasons_are_given() -> None:
    found = health(
        Reach(status="ok", failing_checks=("etcd", "informer-sync")),
        nodes=NodesFact(total=1, ready=0, unschedulable=0),
        resources={"cpu": amount(1000), "memory": amount(1000)},
    )
    assert len(found.reasons) == 5
