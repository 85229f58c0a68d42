"""What needs a look in a cluster, worst first: counts, then the items, then the rest folded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from kube.clusters.snapshot import (
    ClaimsFact,
    ClusterSnapshot,
    EventsFact,
    Fact,
    NodeProblem,
    NodesFact,
    PodProblem,
    PodsFact,
    WorkloadProblem,
    WorkloadsFact,
)
from kube.records.report.figures import ago, count
from kube.records.report.markdown import (
    NOTHING,
    Markdown,
    code,
    details,
    document,
    heading,
    join,
    sentence,
    strong,
    table,
    text,
)

SHOWN = 10

_MESSAGE = 200
_NAMED_REASONS = 8

T = TypeVar("T")


def problems(snapshot: ClusterSnapshot) -> Markdown:
    """Show what needs a look, or say that nothing does; facts not measured are not called fine."""
    facts: dict[str, Fact[Any]] = {
        "nodes": snapshot.nodes,
        "pods": snapshot.pods,
        "workloads": snapshot.workloads,
        "claims": snapshot.claims,
        "warning events": snapshot.events,
    }
    sections = document(
        _nodes(snapshot.nodes.value) if snapshot.nodes.value else NOTHING,
        _pods(snapshot.pods.value, snapshot.taken_at) if snapshot.pods.value else NOTHING,
        _workloads(snapshot.workloads.value) if snapshot.workloads.value else NOTHING,
        _claims(snapshot.claims.value) if snapshot.claims.value else NOTHING,
        _events(snapshot.events.value) if snapshot.events.value else NOTHING,
    )
    if sections:
        return sections
    checked = [name for name, fact in facts.items() if fact.value is not None]
    if not checked:
        return NOTHING
    return text(f"✓ Nothing needs a look among {_listed(checked)}.")


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _section(title: str, told: Markdown, body: Markdown) -> Markdown:
    return document(heading(3, text(title)), told, body)


def _nodes(nodes: NodesFact) -> Markdown:
    if not nodes.problems and nodes.ready >= nodes.total:
        return NOTHING
    counts = [
        (nodes.total - nodes.ready, "not ready"),
        (nodes.unschedulable, "cordoned"),
        *((number, kind) for kind, number in nodes.pressure.items()),
        (nodes.skewed, "with an unsupported kubelet version"),
    ]
    told = text(", ".join(f"{number} {what}" for number, what in counts if number))
    return _section(
        f"Nodes: {nodes.ready} of {nodes.total} ready",
        told,
        _worst(nodes.problems, ("Node", "Reasons", "Message"), _node_row),
    )


def _node_row(node: NodeProblem) -> list[Markdown]:
    reasons = strong(text(", ".join(node.reasons)))
    return [code(node.name), reasons, text(node.message, _MESSAGE)]


def _pods(pods: PodsFact, now: datetime) -> Markdown:
    troubled = sum(pods.by_problem.values())
    if not troubled and not pods.problems:
        return NOTHING
    crashes = pods.system_crash_loops
    system = strong(text(f"{count(crashes, 'system pod')} crash-looping")) if crashes else NOTHING
    return _section(
        f"Pods: {max(troubled, len(pods.problems)):,} of {pods.total:,} need a look",
        join([system, by_count(pods.by_problem)]),
        _worst(
            pods.problems,
            ("Pod", "Status", "Message"),
            lambda pod: _pod_row(pod, now),
            all_of=troubled,
        ),
    )


def _pod_row(pod: PodProblem, now: datetime) -> list[Markdown]:
    """Return three cells, not six: an artifact's page is narrow."""
    restarts = text(count(pod.restarts, "restart")) if pod.restarts else NOTHING
    since = text(ago(pod.since, now)) if pod.since else NOTHING
    place = sentence("on {}", code(pod.node)) if pod.node else NOTHING
    return [
        code(f"{pod.namespace}/{pod.name}"),
        join([strong(text(pod.reason)), restarts, since]),
        join([text(pod.message, _MESSAGE), place]),
    ]


def _workloads(workloads: WorkloadsFact) -> Markdown:
    lacking = sum(kind.total - kind.ready for kind in workloads.by_kind.values())
    if not lacking and not workloads.problems:
        return NOTHING
    total = sum(kind.total for kind in workloads.by_kind.values())
    return _section(
        f"Workloads: {max(lacking, len(workloads.problems)):,} of {total:,} not ready",
        NOTHING,
        _worst(
            workloads.problems,
            ("Workload", "Ready", "Message"),
            _workload_row,
            right=(1,),
            all_of=lacking,
        ),
    )


def _workload_row(workload: WorkloadProblem) -> list[Markdown]:
    name = join([text(workload.kind), code(f"{workload.namespace}/{workload.name}")], " ")
    return [name, text(f"{workload.ready}/{workload.desired}"), text(workload.message, _MESSAGE)]


def _claims(claims: ClaimsFact) -> Markdown:
    waiting = sum(number for phase, number in claims.by_phase.items() if phase != "Bound")
    if not waiting and not claims.pending:
        return NOTHING
    others = {phase: number for phase, number in claims.by_phase.items() if phase != "Bound"}
    return _section(
        f"Claims: {max(waiting, len(claims.pending)):,} of {claims.total:,} not bound",
        by_count(others),
        _worst(
            claims.pending,
            ("Pending claim",),
            lambda name: [code(name)],
            all_of=others.get("Pending", 0),
        ),
    )


def _events(events: EventsFact) -> Markdown:
    if not events.total:
        return NOTHING
    return _section(
        f"Warning events: {events.total:,} in {events.window_minutes} min",
        by_count(events.by_reason),
        NOTHING,
    )


def by_count(counts: dict[str, int]) -> Markdown:
    """Name what is most frequent, each with its number, and how many more kinds there are."""
    ordered = sorted(counts.items(), key=lambda item: -item[1])
    named = [sentence("{} {}", text(name), strong(text(f"{n:,}"))) for name, n in ordered]
    rest = len(named) - _NAMED_REASONS
    more = text(f"and {count(rest, 'other reason')}") if rest > 0 else NOTHING
    return join([*named[:_NAMED_REASONS], more])


def _worst(
    items: Sequence[T],
    headers: Sequence[str],
    row: Callable[[T], list[Markdown]],
    *,
    right: tuple[int, ...] = (),
    all_of: int = 0,
) -> Markdown:
    """Show the first items, fold the rest that was kept, and say how many were not."""
    rows = [row(item) for item in items]
    empty = {i for i in range(len(headers)) if not any(cells[i] for cells in rows)}
    kept = [i for i in range(len(headers)) if i not in empty]
    names = [headers[i] for i in kept]
    slim = [[cells[i] for i in kept] for cells in rows]
    numbers = [kept.index(i) for i in right if i in kept]
    unkept = all_of - len(rows)
    note = text(f"… and {unkept:,} more, not listed here.") if unkept > 0 and rows else NOTHING
    return document(
        table(names, slim[:SHOWN], right=numbers),
        details(f"{len(slim) - SHOWN} more", table(names, slim[SHOWN:], right=numbers)),
        note,
    )
