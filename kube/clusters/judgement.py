"""The health of a cluster, judged from what one refresh measured."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kube.clusters.snapshot import (
    Amount,
    Fact,
    Health,
    NodesFact,
    PodProblem,
    PodsFact,
    Reach,
)
from kube.quantity import show

_NAMED = 3


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Where a cluster begins to be degraded.

    Attributes:
        requested_ratio: Requested / allocatable of schedulable nodes; above it is degraded.
        resources: The resources it holds for. Extended ones (GPUs) are meant to be used up.
    """

    requested_ratio: float = 0.9
    resources: tuple[str, ...] = ("cpu", "memory", "pods")


def judge(
    reach: Reach,
    *,
    nodes: Fact[NodesFact],
    pods: Fact[PodsFact],
    resources: Fact[dict[str, Amount]],
    thresholds: Thresholds = Thresholds(),
) -> Health:
    """Return the health that one refresh found, with its reasons in words.

    A fact that could not be measured neither degrades nor clears: it is named among the reasons,
    also of a healthy cluster. Where neither nodes nor pods could be read for an error, the server
    went away after the probe, and that is no health.

    Returns:
        `unauthorized` on 401 and 403, `unreachable` on every other failed probe, `degraded` for a
        node not ready or under pressure, a failing readyz check, a crash-looping system pod,
        too much requested or neither nodes nor pods told, else `healthy`.
    """
    if reach.status in ("unauthorized", "forbidden"):
        return Health(status="unauthorized", reasons=(_probe(reach),))
    if reach.status != "ok":
        return Health(status="unreachable", reasons=(_probe(reach),))
    found = [f"readyz check {check} fails" for check in reach.failing_checks]
    if nodes.status == pods.status == "error":
        found.append("the API server answered the probe, and then told neither nodes nor pods")
    if nodes.value is not None:
        found.extend(_node_reasons(nodes.value))
    if pods.value is not None:
        found.extend(_crash_reasons(pods.value))
    if resources.value is not None:
        found.extend(_request_reasons(resources.value, thresholds))
    facts: dict[str, Fact[Any]] = {"nodes": nodes, "pods": pods, "resources": resources}
    unknown = [_unmeasured(name, fact) for name, fact in facts.items() if fact.value is None]
    return Health(status="degraded" if found else "healthy", reasons=(*found, *unknown))


def _probe(reach: Reach) -> str:
    return f"{reach.status}: {reach.message}" if reach.message else reach.status


def _unmeasured(name: str, fact: Fact[Any]) -> str:
    return f"{name} not measured: {fact.status}{f', {fact.reason}' if fact.reason else ''}"


def _node_reasons(nodes: NodesFact) -> Iterator[str]:
    unready = nodes.total - nodes.ready
    if unready:
        names = [p.name for p in nodes.problems if {"NotReady", "Unknown"} & set(p.reasons)]
        yield f"{unready} of {_count(nodes.total, 'node')} not ready: {_listed(names, unready)}"
    for kind, count in nodes.pressure.items():
        names = [p.name for p in nodes.problems if kind in p.reasons]
        yield f"{_count(count, 'node')} with {kind}: {_listed(names, count)}"


def _crash_reasons(pods: PodsFact) -> Iterator[str]:
    count = pods.system_crash_loops
    if count:
        names = [f"{p.namespace}/{p.name}" for p in pods.problems if _is_system_crash(p)]
        yield f"{_count(count, 'system pod')} crash-looping: {_listed(names, count)}"


def _is_system_crash(pod: PodProblem) -> bool:
    return pod.system and pod.reason.endswith("CrashLoopBackOff")


def _request_reasons(resources: dict[str, Amount], thresholds: Thresholds) -> Iterator[str]:
    for name in thresholds.resources:
        amount = resources.get(name)
        if amount is None:
            continue
        ratio = amount.requested_ratio
        requested = show(name, amount.requested)
        if ratio is None:
            if amount.requested and amount.capacity:
                yield f"{name}: {requested} requested, nothing schedulable"
        elif ratio > thresholds.requested_ratio:
            yield (
                f"{name}: {requested} of {show(name, amount.schedulable)} requested"
                f" ({_percent(ratio)}, limit {_percent(thresholds.requested_ratio)})"
            )


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _percent(ratio: float) -> str:
    return f"{ratio * 100:.1f}".removesuffix(".0") + " %"


def _listed(names: list[str], count: int) -> str:
    """Return the first names and how many more there are."""
    shown = names[:_NAMED]
    rest = count - len(shown)
    return ", ".join(shown) + (f" and {rest} more" if rest > 0 else "")
