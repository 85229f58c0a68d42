"""One registered cluster in full: what it is, who we are there, and whether it answers."""

from __future__ import annotations

from collections.abc import Iterable

from kube.clusters.badge import badge
from kube.clusters.capability import CapabilityLevel
from kube.clusters.freeze import FreezeWindow
from kube.clusters.inventory import InventoryRow
from kube.clusters.registration import ClusterSettings
from kube.clusters.snapshot import Frozen, Reach
from kube.records.record import Record
from kube.records.report.figures import ago, span
from kube.records.report.markdown import Markdown, code, join, strong, table, text
from kube.records.report.record import frame, render_record


class Description(Frozen):
    """The shape of `result` in the records of `show-cluster`, `register-` and `update-cluster`.

    `capability` is the level whose permissions were proved, None where none was asked for.
    """

    row: InventoryRow
    settings: ClusterSettings
    reach: Reach
    capability: CapabilityLevel | None = None


def description_report(record: Record) -> str:
    """Render the description of one cluster; a record of a failed run has the frame alone."""
    if "row" not in record.result:
        return render_record(record)
    found = Description.model_validate(record.result)
    rows = [[strong(text(label)), value] for label, value in _lines(found, record)]
    return frame(record, body=(table(("", ""), rows),))


def _lines(found: Description, record: Record) -> list[tuple[str, Markdown]]:
    row, settings, reach = found.row, found.settings, found.reach
    seen = ago(row.refreshed_at, record.finished_at) if row.refreshed_at else "never"
    answers = f"yes, in {span(reach.seconds)}" if reach.status == "ok" else f"no: {reach.message}"
    return [
        ("Server", code(row.server)),
        ("Context", code(row.context)),
        ("User", code(row.user)),
        ("CA", code(row.ca_fingerprint or "the system's")),
        ("Answers now", text(answers, 400)),
        ("Version", text(reach.version or "unknown")),
        ("Proved capability", text(found.capability or "not asked for")),
        ("Health", text(f"{badge(row.health)}, refreshed {seen}")),
        ("Environment", text(settings.environment)),
        ("Labels", _codes(f"{key}={value}" for key, value in sorted(settings.labels.items()))),
        ("Protected namespaces", _codes(settings.protected_namespaces)),
        ("Allowed namespaces", _codes(settings.allowed_namespaces) or text("all")),
        ("Objects per plan", text(f"at most {settings.max_objects_per_plan:,}")),
        ("Deletions without approval", text(_deletions(settings))),
        ("Freeze windows", text("; ".join(map(_freeze, settings.freeze_windows)) or "none", 600)),
        ("Requester may approve", text("yes" if settings.requester_may_approve else "no")),
        ("Requests in flight", text(f"at most {settings.max_requests_in_flight}")),
        ("Work pool", code(settings.work_pool or "default")),
        ("Record store", code(settings.record_store)),
    ]


def _deletions(settings: ClusterSettings) -> str:
    most, percent = settings.max_deletions, settings.max_deleted_percent
    return f"at most {most:,}, and {percent} % of what a plan selects from"


def _freeze(window: FreezeWindow) -> str:
    return f"{window.name}: {window} ({window.verdict})"


def _codes(names: Iterable[str]) -> Markdown:
    return join([code(name) for name in names], " ")
