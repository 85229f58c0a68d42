"""The pictures of a refresh: figures at a glance, resources, how they moved, health over time."""

from __future__ import annotations

from collections.abc import Sequence

from kube.clusters.badge import tone
from kube.clusters.history import HistoryPoint
from kube.clusters.snapshot import Amount, ClusterSnapshot
from kube.quantity import show
from kube.records.report.figures import ago, percent
from kube.records.report.markdown import NOTHING, Markdown
from kube.records.report.picture import (
    Bar,
    Line,
    Mark,
    Tile,
    Trend,
    bars,
    strip,
    tiles,
    trends,
)
from kube.records.report.svg import Tone

_FIRST = ("cpu", "memory", "pods")
_NAMES = {
    "cpu": "CPU",
    "memory": "Memory",
    "pods": "Pods",
    "ephemeral-storage": "Ephemeral storage",
}
_MAX_BARS = 8


def resource_order(amounts: dict[str, Amount]) -> list[str]:
    """Return the resource names: CPU, memory and pods first, the rest by name."""
    return [*(n for n in _FIRST if n in amounts), *sorted(n for n in amounts if n not in _FIRST)]


def resource_name(resource: str) -> str:
    """Return a resource's name as a heading writes it."""
    return _NAMES.get(resource, resource)


def overview(snapshot: ClusterSnapshot) -> Markdown:
    """Draw the tiles: nodes, workloads, pods, warning events; unknown ones as "?"."""
    return tiles(
        (
            _nodes_tile(snapshot),
            _workloads_tile(snapshot),
            _pods_tile(snapshot),
            _events_tile(snapshot),
        )
    )


def _number(value: int | None) -> str:
    return "?" if value is None else f"{value:,}"


def _nodes_tile(snapshot: ClusterSnapshot) -> Tile:
    nodes = snapshot.nodes.value
    if nodes is None:
        return Tile("?", "nodes ready")
    return Tile(f"{nodes.ready}/{nodes.total}", "nodes ready", _all(nodes.ready, nodes.total))


def _workloads_tile(snapshot: ClusterSnapshot) -> Tile:
    workloads = snapshot.workloads.value
    if workloads is None:
        return Tile("?", "workloads ready")
    total = sum(kind.total for kind in workloads.by_kind.values())
    ready = sum(kind.ready for kind in workloads.by_kind.values())
    return Tile(f"{ready}/{total}", "workloads ready", _all(ready, total))


def _pods_tile(snapshot: ClusterSnapshot) -> Tile:
    pods = snapshot.pods.value
    if pods is None:
        return Tile("?", "pods")
    troubled = sum(pods.by_problem.values())
    if not troubled:
        return Tile(_number(pods.total), "pods", "good")
    return Tile(_number(pods.total), f"pods, {troubled:,} troubled", "warn")


def _events_tile(snapshot: ClusterSnapshot) -> Tile:
    events = snapshot.events.value
    if events is None:
        return Tile("?", "warning events")
    label = f"warnings, {events.window_minutes} min"
    return Tile(_number(events.total), label, "warn" if events.total else "good")


def _all(ready: int, total: int) -> Tone:
    return "good" if ready >= total else "warn"


def resource_bars(amounts: dict[str, Amount]) -> Markdown:
    """Draw used, requested and limits against what can be scheduled; unused extras are left out."""
    shown = [name for name in resource_order(amounts) if _is_worth_a_bar(name, amounts[name])]
    return bars([_bar(name, amounts[name]) for name in shown[:_MAX_BARS]])


def _is_worth_a_bar(resource: str, amount: Amount) -> bool:
    if resource in _FIRST:
        return True
    return bool(amount.schedulable and (amount.requested or amount.usage or "/" in resource))


def _bar(resource: str, amount: Amount) -> Bar:
    marks = (
        Mark("requested", amount.requested, "wide"),
        Mark("used", amount.usage, "narrow"),
        Mark("limits", amount.limits or None, "tick"),
    )
    return Bar(resource_name(resource), amount.schedulable, marks, _caption(resource, amount))


def _caption(resource: str, amount: Amount) -> str:
    if not amount.schedulable:
        return f"{show(resource, amount.requested)} requested, nothing schedulable"
    words = [
        f"{show(resource, amount.requested)} of {show(resource, amount.schedulable)} requested, "
        f"{percent(amount.requested_ratio)}"
    ]
    if amount.usage is not None:
        words.append(f"{show(resource, amount.usage)} used, {percent(amount.usage_ratio)}")
    if amount.limits:
        words.append(f"limits {percent(amount.limits / amount.schedulable)}")
    return " · ".join(words)


def resource_trends(history: Sequence[HistoryPoint]) -> Markdown:
    """Draw CPU and memory over the last refreshes; one refresh alone is no trend."""
    if len(history) < 2:
        return NOTHING
    cpu = (
        Line("requested", tuple(point.cpu_requested_ratio for point in history)),
        Line("used", tuple(point.cpu_usage_ratio for point in history)),
    )
    memory = (
        Line("requested", tuple(point.memory_requested_ratio for point in history)),
        Line("used", tuple(point.memory_usage_ratio for point in history)),
    )
    start = ago(history[0].taken_at, history[-1].taken_at)
    return trends((Trend("CPU", cpu), Trend("Memory", memory)), start, "now")


def health_strip(history: Sequence[HistoryPoint]) -> Markdown:
    """Draw what each refresh found, oldest first."""
    if len(history) < 2:
        return NOTHING
    healthy = sum(point.status == "healthy" for point in history)
    return strip(
        f"Health over {len(history)} refreshes",
        f"{healthy} of {len(history)} healthy",
        [tone(point.status) for point in history],
        ago(history[0].taken_at, history[-1].taken_at),
        "now",
    )
