"""Snapshots and records of a small cluster: well, degraded, or not reached."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from kube.clusters.history import HistoryPoint, RefreshResult
from kube.clusters.snapshot import (
    Amount,
    ClaimsFact,
    ClusterSnapshot,
    EventsFact,
    Fact,
    Health,
    NodeProblem,
    NodesFact,
    PodProblem,
    PodsFact,
    Reach,
    ReachStatus,
    Standing,
    WorkloadCount,
    WorkloadProblem,
    WorkloadsFact,
)
from kube.records.record import Record, Verdict

NOW = datetime(2026, 11, 23, 14, 3, 11, tzinfo=UTC)
GIB = 2**30
FACTS = ("nodes", "namespaces", "pods", "workloads", "claims", "events", "usage", "resources")


def ok(value: Any) -> Fact[Any]:
    return Fact(status="ok", value=value)


def amount(schedulable: int, requested: int, usage: int | None = None, limits: int = 0) -> Amount:
    return Amount(
        capacity=schedulable,
        allocatable=schedulable,
        schedulable=schedulable,
        requested=requested,
        limits=limits,
        usage=usage,
    )


def well(**values: Any) -> ClusterSnapshot:
    """A cluster of three nodes in which nothing needs a look."""
    deployments = WorkloadCount(total=14, ready=14, desired_replicas=20, ready_replicas=20)
    fields: dict[str, Any] = {
        "taken_at": NOW,
        "server": "https://k8s.example.com:6443",
        "reach": Reach(status="ok", version="v1.35.0", seconds=0.05),
        "nodes": ok(NodesFact(total=3, ready=3, unschedulable=0, kubelet_versions={"v1.35.0": 3})),
        "namespaces": ok(7),
        "pods": ok(PodsFact(total=61, by_phase={"Running": 61})),
        "workloads": ok(WorkloadsFact(by_kind={"Deployment": deployments})),
        "claims": ok(ClaimsFact(total=4, by_phase={"Bound": 4})),
        "events": ok(EventsFact(window_minutes=15, total=0)),
        "usage": ok(3),
        "resources": ok(
            {
                "cpu": amount(12_000, 4_500, 1_500, 18_000),
                "memory": amount(32 * GIB, 16 * GIB, 8 * GIB),
                "pods": amount(330, 61),
            }
        ),
        "health": Health(status="healthy"),
        "standing": Standing(status="healthy", since=NOW - timedelta(days=9), last_ok_at=NOW),
    }
    return ClusterSnapshot(**fields | values)


def degraded(text: str = "worker-3", **values: Any) -> ClusterSnapshot:
    """A cluster with a problem of every kind; `text` stands for all of the cluster's own text."""
    pods = [
        PodProblem(
            namespace="shop", name=f"{text}-{i}", reason=text, message=text, node=text,
            restarts=40 - i, since=NOW - timedelta(hours=3),
        )
        for i in range(12)
    ]  # fmt: skip
    workload = WorkloadProblem(
        kind="Deployment", namespace="shop", name=text, desired=4, ready=1, message=text
    )
    deployments = WorkloadCount(total=14, ready=13, desired_replicas=20, ready_replicas=17)
    fields: dict[str, Any] = {
        "nodes": ok(
            NodesFact(
                total=3, ready=2, unschedulable=1, pressure={text: 1},
                problems=(NodeProblem(name=text, reasons=("NotReady", text), message=text),),
            )
        ),
        "pods": ok(
            PodsFact(total=61, by_phase={text: 61}, by_problem={text: 30}, problems=tuple(pods))
        ),
        "workloads": ok(WorkloadsFact(by_kind={"Deployment": deployments}, problems=(workload,))),
        "claims": ok(ClaimsFact(total=4, by_phase={"Bound": 3, "Pending": 1}, pending=(text,))),
        "events": ok(EventsFact(window_minutes=15, total=63, by_reason={text: 63})),
        "health": Health(status="degraded", reasons=(f"1 of 3 nodes not ready: {text}",)),
        "standing": Standing(status="degraded", since=NOW - timedelta(minutes=22)),
    }  # fmt: skip
    return well(**fields | values)


def unreached(status: ReachStatus = "timeout", **values: Any) -> ClusterSnapshot:
    """A cluster that did not answer; nothing of it is known."""
    health = "unauthorized" if status in ("unauthorized", "forbidden") else "unreachable"
    fields: dict[str, Any] = {
        **dict.fromkeys(FACTS, Fact(status="error", reason=f"not read: {status}")),
        "reach": Reach(status=status, message="no answer within 3.0 s", seconds=3.01),
        "health": Health(status=health, reasons=(f"{status}: no answer within 3.0 s",)),
        "standing": Standing(
            status=health,
            since=NOW - timedelta(minutes=40),
            last_ok_at=NOW - timedelta(minutes=60),
        ),
    }
    return well(**fields | values)


def past(count: int = 6, **values: Any) -> tuple[HistoryPoint, ...]:
    """Refreshes every 20 minutes before now, the last one 20 minutes ago."""
    fields: dict[str, Any] = {
        "status": "healthy", "cpu_requested_ratio": 0.4, "cpu_usage_ratio": 0.1,
        "memory_requested_ratio": 0.5, "memory_usage_ratio": 0.3, "pods": 60, "nodes": 3,
        "nodes_ready": 3,
    }  # fmt: skip
    return tuple(
        HistoryPoint(taken_at=NOW - timedelta(minutes=20 * ago), **fields | values)
        for ago in range(count, 0, -1)
    )


def refresh_record(
    snapshot: ClusterSnapshot, history: tuple[HistoryPoint, ...] = (), **values: Any
) -> Record:
    result = RefreshResult(snapshot=snapshot, history=history)
    fields: dict[str, Any] = {
        "id": "6f1c2b9e",
        "operation": "refresh-cluster",
        "cluster": "prod-eu",
        "started_at": NOW - timedelta(seconds=1),
        "finished_at": NOW,
        "verdict": Verdict(good=True, name="Completed"),
        "result": result.model_dump(mode="json"),
        "api_calls": 17,
    }
    return Record(**fields | values)
