"""The page of one refresh: how the cluster is, what needs a look, and the figures behind it."""

from __future__ import annotations

from kube.clusters.badge import dot
from kube.clusters.history import HistoryPoint, extended
from kube.clusters.report_figures import facts_table, measured, tables
from kube.clusters.report_gaps import denied, host_of, unreached
from kube.clusters.report_pictures import (
    health_strip,
    overview,
    resource_bars,
    resource_trends,
)
from kube.clusters.report_problems import problems
from kube.clusters.snapshot import ClusterSnapshot
from kube.records.record import Record
from kube.records.report.figures import ago, moment
from kube.records.report.markdown import (
    NOTHING,
    Markdown,
    bullets,
    code,
    document,
    heading,
    join,
    sentence,
    text,
)
from kube.records.report.record import frame, render_record

__all__ = ["cluster_report", "facts_table"]


def cluster_report(record: Record) -> str:
    """Render a record of `refresh-cluster` as Markdown.

    Args:
        record: Its `result` is a `RefreshResult` as JSON; one without (the refresh itself failed,
            or an older shape) is shown by the common frame alone.

    Returns:
        Health in words, then problems, then pictures, then tables to unfold.
    """
    found = measured(record)
    if found is None:
        return render_record(record)
    snapshot = found.snapshot
    history = extended(found.history, snapshot)
    name = record.cluster or host_of(snapshot.server)
    body = _reached(snapshot, history) if _is_reached(snapshot) else _unreached(snapshot, history)
    return frame(record, headline=_headline(name, snapshot), body=(_why(snapshot), body))


def _is_reached(snapshot: ClusterSnapshot) -> bool:
    return snapshot.reach.status == "ok"


def _headline(name: str, snapshot: ClusterSnapshot) -> Markdown:
    status = snapshot.health.status
    words = "not authorized" if status == "unauthorized" else status
    return sentence("{} {} is {}", text(dot(status)), text(name), text(words))


def _why(snapshot: ClusterSnapshot) -> Markdown:
    """Say since when, and for which reasons; the reasons of a failed probe have their own place."""
    reasons = snapshot.health.reasons if _is_reached(snapshot) else ()
    return document(_standing(snapshot), bullets(text(reason, 400) for reason in reasons))


def _standing(snapshot: ClusterSnapshot) -> Markdown:
    """Tell the health the cluster is known by, where one refresh alone does not tell it."""
    standing, found = snapshot.standing, snapshot.health.status
    since = f"{moment(standing.since)} ({ago(standing.since, snapshot.taken_at)})"
    if standing.changed and standing.previous:
        return text(f"Changed from {standing.previous} to {standing.status} in this refresh.")
    if standing.status != found:
        return text(
            f"Still known as {standing.status}, since {since}: "
            "one refresh alone does not change that."
        )
    return text(f"{standing.status.capitalize()} since {since}.")


def _reached(snapshot: ClusterSnapshot, history: tuple[HistoryPoint, ...]) -> Markdown:
    return document(
        overview(snapshot),
        problems(snapshot),
        denied(snapshot),
        _resources(snapshot, history),
        health_strip(history),
        tables(snapshot),
        _origin(snapshot),
    )


def _resources(snapshot: ClusterSnapshot, history: tuple[HistoryPoint, ...]) -> Markdown:
    amounts = snapshot.resources.value
    pictures = document(resource_bars(amounts) if amounts else NOTHING, resource_trends(history))
    if not pictures:
        return NOTHING
    if not amounts:
        return document(heading(3, text("Resources: not measured now")), pictures)
    notes = {
        "absent": "Use is unknown: the cluster serves no metrics API.",
        "denied": "Use is unknown: the metrics API may not be read.",
        "error": "Use is unknown: the metrics API did not answer.",
    }
    note = notes.get(snapshot.usage.status, "")
    return document(heading(3, text("Resources")), text(note) if note else NOTHING, pictures)


def _unreached(snapshot: ClusterSnapshot, history: tuple[HistoryPoint, ...]) -> Markdown:
    return document(unreached(snapshot, history), health_strip(history), resource_trends(history))


def _origin(snapshot: ClusterSnapshot) -> Markdown:
    version, uid = snapshot.reach.version, snapshot.cluster_uid
    return join(
        [
            sentence("API server {}", code(host_of(snapshot.server))),
            sentence("version {}", code(version)) if version else NOTHING,
            text(f"answered in {snapshot.reach.seconds:.2f} s"),
            sentence("cluster {}", code(uid)) if uid else NOTHING,
        ]
    )
