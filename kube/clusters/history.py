"""The few figures of each refresh that are kept to show how a cluster fared over time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from kube.clusters.snapshot import Amount, ClusterSnapshot, Frozen, HealthStatus

HISTORY_LENGTH = 48


class HistoryPoint(Frozen):
    """One refresh in short. A figure that was not measured is None, never 0.

    `status` is what that refresh found, before hysteresis. Ratios are of the schedulable amount.
    """

    taken_at: datetime
    status: HealthStatus
    cpu_requested_ratio: float | None = None
    cpu_usage_ratio: float | None = None
    memory_requested_ratio: float | None = None
    memory_usage_ratio: float | None = None
    pods: int | None = None
    nodes: int | None = None
    nodes_ready: int | None = None


class RefreshResult(Frozen):
    """The shape of `result` in a record of `refresh-cluster`.

    `history` is oldest first; it may end with this refresh or before it.
    """

    snapshot: ClusterSnapshot
    history: tuple[HistoryPoint, ...] = ()


def point_of(snapshot: ClusterSnapshot) -> HistoryPoint:
    """Return what of a snapshot is kept in the history."""
    amounts = snapshot.resources.value or {}
    cpu, memory = amounts.get("cpu"), amounts.get("memory")
    nodes, pods = snapshot.nodes.value, snapshot.pods.value
    return HistoryPoint(
        taken_at=snapshot.taken_at,
        status=snapshot.health.status,
        cpu_requested_ratio=_requested(cpu),
        cpu_usage_ratio=_usage(cpu),
        memory_requested_ratio=_requested(memory),
        memory_usage_ratio=_usage(memory),
        pods=pods.total if pods else None,
        nodes=nodes.total if nodes else None,
        nodes_ready=nodes.ready if nodes else None,
    )


def extended(
    history: Iterable[HistoryPoint], snapshot: ClusterSnapshot
) -> tuple[HistoryPoint, ...]:
    """Return the history with this snapshot as its last point, at most 48 points.

    Points of the same moment or later are replaced, so that extending twice changes nothing.
    """
    earlier = sorted(
        (point for point in history if point.taken_at < snapshot.taken_at),
        key=lambda point: point.taken_at,
    )
    return (*earlier, point_of(snapshot))[-HISTORY_LENGTH:]


def _requested(amount: Amount | None) -> float | None:
    return amount.requested_ratio if amount else None


def _usage(amount: Amount | None) -> float | None:
    return amount.usage_ratio if amount else None
