"""The list of registered clusters: as a page, and as rows for machines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from pydantic import ValidationError

from kube.clusters.badge import badge
from kube.clusters.inventory import Inventory, InventoryRow
from kube.clusters.report_gaps import host_of
from kube.clusters.snapshot import HealthStatus
from kube.records.record import Record
from kube.records.report.figures import ago, count
from kube.records.report.markdown import (
    Markdown,
    cell,
    code,
    details,
    document,
    join,
    sentence,
    strong,
    table,
    text,
)
from kube.records.report.record import frame, render_record

Row = dict[str, str | int | float | None]

_WORST_FIRST: tuple[HealthStatus | None, ...] = (
    "unreachable", "unauthorized", "degraded", None, "healthy",
)  # fmt: skip
_FINGERPRINT = 12


def inventory_report(record: Record) -> str:
    """Render a record of `list-clusters`, whose `result` is an `Inventory` as JSON."""
    inventory = _inventory(record)
    if inventory is None:
        return render_record(record)
    rows = inventory.rows
    headline = text(count(len(rows), "cluster"))
    body = inventory_page(rows, record.finished_at)
    return frame(record, headline=headline, body=(body,))


def inventory_page(rows: Sequence[InventoryRow], now: datetime) -> Markdown:
    """Show clusters, those in trouble first, with ages as of `now`; identities are folded."""
    if not rows:
        return text("No cluster matches. Without a filter, list-clusters shows all of them.")
    ordered = sorted(rows, key=lambda row: (_WORST_FIRST.index(row.health), row.name))
    return document(
        _counts(ordered),
        table(
            ("Cluster", "Health", "Refreshed", "Environment", "Version", "Nodes ready", "Labels"),
            [_state_row(row, now) for row in ordered],
            right=(5,),
        ),
        details(
            "Servers and identities",
            table(
                ("Cluster", "Server", "Context", "User", "CA", "Work pool"),
                [_identity_row(row) for row in ordered],
            ),
        ),
    )


def inventory_table(record: Record) -> list[Row]:
    """Return one row per cluster of a `list-clusters` record; empty for one without inventory."""
    inventory = _inventory(record) or Inventory()
    return [_machine_row(row, record.finished_at) for row in inventory.rows]


def _inventory(record: Record) -> Inventory | None:
    """Return the inventory of a record; None for one of another or an older shape."""
    if "rows" not in record.result:
        return None
    try:
        return Inventory.model_validate(record.result)
    except ValidationError:
        return None


def _counts(rows: Sequence[InventoryRow]) -> Markdown:
    counts = Counter(row.health for row in rows)
    present = [status for status in _WORST_FIRST if counts[status]]
    return join([sentence("{} {}", text(badge(s)), strong(text(counts[s]))) for s in present])


def _state_row(row: InventoryRow, now: datetime) -> list[Markdown]:
    labels = join([code(f"{key}={value}") for key, value in sorted(row.labels.items())], " ")
    return [
        strong(text(row.name)),
        text(badge(row.health)),
        text(_age(row, now)),
        text(row.environment),
        text(row.version or "unknown"),
        text(_nodes(row)),
        labels,
    ]


def _identity_row(row: InventoryRow) -> list[Markdown]:
    return [
        strong(text(row.name)),
        code(host_of(row.server)),
        code(row.context),
        code(row.user),
        code(_short(row.ca_fingerprint)),
        code(row.work_pool) if row.work_pool else text("default"),
    ]


def _age(row: InventoryRow, now: datetime) -> str:
    if row.problem:
        return "unknown"
    return ago(row.refreshed_at, now) if row.refreshed_at else "never"


def _nodes(row: InventoryRow) -> str:
    if row.nodes is None:
        return "unknown"
    return f"{row.nodes_ready}/{row.nodes}"


def _short(fingerprint: str | None) -> str:
    """Return the first digits of a fingerprint, enough to tell two clusters apart."""
    return (fingerprint or "").removeprefix("sha256:")[:_FINGERPRINT]


def _machine_row(row: InventoryRow, now: datetime) -> Row:
    seconds = (now - row.refreshed_at).total_seconds() if row.refreshed_at else None
    return {
        "cluster": cell(row.name),
        "health": row.health,
        "refreshed": _age(row, now),
        "refreshed_seconds_ago": None if seconds is None else round(seconds),
        "environment": row.environment,
        "version": row.version,
        "nodes": row.nodes,
        "nodes_ready": row.nodes_ready,
        "labels": cell(",".join(f"{k}={v}" for k, v in sorted(row.labels.items()))),
        "server": cell(host_of(row.server)),
        "context": cell(row.context),
        "user": cell(row.user),
        "ca_fingerprint": row.ca_fingerprint,
        "work_pool": row.work_pool,
        "problem": cell(row.problem),
    }
