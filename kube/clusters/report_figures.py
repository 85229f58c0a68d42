"""The figures of a refresh: as rows for machines, and as tables that a person may unfold."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from pydantic import ValidationError

from kube.clusters.badge import fact_mark
from kube.clusters.history import RefreshResult
from kube.clusters.report_gaps import facts_of
from kube.clusters.report_pictures import resource_name, resource_order
from kube.clusters.snapshot import (
    Amount,
    ClaimsFact,
    ClusterSnapshot,
    EventsFact,
    NodesFact,
    PodsFact,
    WorkloadsFact,
)
from kube.quantity import show
from kube.records.record import Record
from kube.records.report.figures import count, percent
from kube.records.report.markdown import (
    NOTHING,
    Markdown,
    cell,
    code,
    details,
    document,
    table,
    text,
)

Row = dict[str, str | int | float | None]
Figures = Iterator[tuple[str, int | float, str]]

_UNITS = {"cpu": "millicores", "memory": "bytes", "ephemeral-storage": "bytes"}


def measured(record: Record) -> RefreshResult | None:
    """Return what a refresh measured; None for a record of another or an older shape."""
    try:
        return RefreshResult.model_validate(record.result)
    except ValidationError:
        return None


def facts_table(record: Record) -> list[Row]:
    """Return every figure of a `refresh-cluster` record, one row each.

    Returns:
        Rows of `name` ("nodes.ready", "cpu.requested"), `value`, `unit` and `status`; a fact that
        was not measured is one row whose value is None. Empty for a record without a snapshot.
    """
    found = measured(record)
    if found is None:
        return []
    snapshot = found.snapshot
    rows: list[Row] = [
        _row("health", snapshot.health.status, "", "ok"),
        _row("reach", snapshot.reach.status, "", "ok"),
        _row("reach.seconds", snapshot.reach.seconds, "seconds", "ok"),
        _row("version", snapshot.reach.version, "", "ok" if snapshot.reach.version else "error"),
    ]
    for name, fact in facts_of(snapshot).items():
        if fact.value is None:
            rows.append(_row(name, None, "", fact.status))
        else:
            figures = _FIGURES[name](fact.value)
            rows.extend(_row(key, value, unit, fact.status) for key, value, unit in figures)
    return rows


def _row(name: str, value: str | int | float | None, unit: str, status: str) -> Row:
    return {"name": cell(name), "value": value, "unit": unit, "status": status}


def _node_figures(nodes: NodesFact) -> Figures:
    yield "nodes.total", nodes.total, "nodes"
    yield "nodes.ready", nodes.ready, "nodes"
    yield "nodes.unschedulable", nodes.unschedulable, "nodes"
    yield "nodes.skewed", nodes.skewed, "nodes"
    yield from _counted("nodes.pressure", nodes.pressure, "nodes")
    yield from _counted("nodes.kubelet", nodes.kubelet_versions, "nodes")


def _pod_figures(pods: PodsFact) -> Figures:
    yield "pods.total", pods.total, "pods"
    yield from _counted("pods.phase", pods.by_phase, "pods")
    yield from _counted("pods.problem", pods.by_problem, "pods")
    yield "pods.system_crash_loops", pods.system_crash_loops, "pods"


def _workload_figures(workloads: WorkloadsFact) -> Figures:
    for kind, found in workloads.by_kind.items():
        yield f"workloads.{kind}.total", found.total, "workloads"
        yield f"workloads.{kind}.ready", found.ready, "workloads"
        yield f"workloads.{kind}.desired_replicas", found.desired_replicas, "replicas"
        yield f"workloads.{kind}.ready_replicas", found.ready_replicas, "replicas"


def _claim_figures(claims: ClaimsFact) -> Figures:
    yield "claims.total", claims.total, "claims"
    yield from _counted("claims.phase", claims.by_phase, "claims")


def _event_figures(events: EventsFact) -> Figures:
    yield "events.warnings", events.total, "events"
    yield from _counted("events.reason", events.by_reason, "events")


def _amount_figures(amounts: dict[str, Amount]) -> Figures:
    for name in resource_order(amounts):
        amount, unit = amounts[name], _UNITS.get(name, "units")
        for field in ("capacity", "allocatable", "schedulable", "requested", "limits"):
            yield f"{name}.{field}", getattr(amount, field), unit
        if amount.usage is not None:
            yield f"{name}.usage", amount.usage, unit
        if amount.requested_ratio is not None:
            yield f"{name}.requested_ratio", round(amount.requested_ratio, 4), "ratio"
        if amount.usage_ratio is not None:
            yield f"{name}.usage_ratio", round(amount.usage_ratio, 4), "ratio"


def _counted(prefix: str, counts: dict[str, int], unit: str) -> Figures:
    return ((f"{prefix}.{name}", number, unit) for name, number in counts.items())


def _one(name: str, unit: str) -> Callable[[Any], Figures]:
    return lambda value: iter([(name, value, unit)])


_FIGURES: dict[str, Callable[[Any], Figures]] = {
    "nodes": _node_figures,
    "namespaces": _one("namespaces.total", "namespaces"),
    "pods": _pod_figures,
    "workloads": _workload_figures,
    "claims": _claim_figures,
    "events": _event_figures,
    "usage": _one("usage.nodes", "nodes"),
    "resources": _amount_figures,
}


def tables(snapshot: ClusterSnapshot) -> Markdown:
    """Return what was measured as folded tables: facts, resources, pods, workloads, kubelets."""
    pods, workloads, nodes = snapshot.pods.value, snapshot.workloads.value, snapshot.nodes.value
    return document(
        details("What was measured, and what was not", _fact_rows(snapshot)),
        details("Resources", _resource_rows(snapshot.resources.value or {})),
        details("Workloads by kind", _workload_rows(workloads) if workloads else NOTHING),
        details("Pods by phase", _counts("Phase", "Pods", pods.by_phase) if pods else NOTHING),
        details(
            "Kubelet versions",
            _counts("Version", "Nodes", nodes.kubelet_versions) if nodes else NOTHING,
        ),
    )


def _fact_rows(snapshot: ClusterSnapshot) -> Markdown:
    rows = [
        [
            text(name),
            text(fact_mark(fact.status)),
            text(_told(name, fact.value)),
            text(fact.reason, 200),
        ]
        for name, fact in facts_of(snapshot).items()
    ]
    return table(("Fact", "Status", "Measured", "Why not"), rows)


def _told(name: str, value: Any) -> str:
    """Return what a fact found in a few words; nothing for what was not measured."""
    match value:
        case NodesFact():
            return f"{value.ready} of {value.total} ready, {value.unschedulable} cordoned"
        case PodsFact():
            return f"{value.total:,}, {sum(value.by_problem.values()):,} need a look"
        case WorkloadsFact():
            kinds = value.by_kind.values()
            return f"{sum(k.ready for k in kinds):,} of {sum(k.total for k in kinds):,} ready"
        case ClaimsFact():
            return f"{value.total:,}, {value.by_phase.get('Bound', 0):,} bound"
        case EventsFact():
            return f"{value.total:,} warnings in {value.window_minutes} min"
        case int():
            return count(value, "namespace") if name == "namespaces" else count(value, "node")
        case dict():
            return count(len(value), "resource")
        case _:
            return ""


def _resource_rows(amounts: dict[str, Amount]) -> Markdown:
    headers = (
        "Resource",
        "Schedulable",
        "Requested",
        "",
        "Used",
        "",
        "Limits",
        "Allocatable",
        "Capacity",
    )
    rows = (
        [
            text(resource_name(name)),
            text(show(name, amount.schedulable)),
            text(show(name, amount.requested)),
            text(percent(amount.requested_ratio)) if amount.schedulable else NOTHING,
            text(show(name, amount.usage)) if amount.usage is not None else text("not measured"),
            text(percent(amount.usage_ratio)) if amount.usage_ratio is not None else NOTHING,
            text(show(name, amount.limits)),
            text(show(name, amount.allocatable)),
            text(show(name, amount.capacity)),
        ]
        for name, amount in ((name, amounts[name]) for name in resource_order(amounts))
    )  # fmt: skip
    return table(headers, rows, right=range(1, 9))


def _workload_rows(workloads: WorkloadsFact) -> Markdown:
    rows = (
        [text(kind), text(f"{found.ready:,} of {found.total:,}"),
         text(f"{found.ready_replicas:,} of {found.desired_replicas:,}")]
        for kind, found in workloads.by_kind.items()
    )  # fmt: skip
    return table(("Kind", "Ready", "Replicas ready"), rows, right=(1, 2))


def _counts(what: str, unit: str, counts: dict[str, int]) -> Markdown:
    rows = ([code(name), text(f"{number:,}")] for name, number in counts.items())
    return table((what, unit), rows, right=(1,))
