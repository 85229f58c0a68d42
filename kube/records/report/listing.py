"""The page of a list of records, and its rows for machines."""

from __future__ import annotations

from kube.records.record import Record
from kube.records.report.figures import count, moment, span
from kube.records.report.markdown import (
    NOTHING,
    Markdown,
    cell,
    code,
    document,
    join,
    sentence,
    table,
    text,
)
from kube.records.report.record import TRIGGERS, frame, render_record
from kube.records.selection import RecordList, RecordRow

Row = dict[str, str | int | float | None]


def listing_report(record: Record) -> str:
    """Render a record of `list-records`; one that found nothing has the frame alone."""
    if "rows" not in record.result:
        return render_record(record)
    found = RecordList.model_validate(record.result)
    headline = text(count(len(found.rows), "record"))
    return frame(record, headline=headline, body=(listing_page(found),))


def listing_page(found: RecordList) -> Markdown:
    """Show records in the order given, each with the id by which it is shown or undone."""
    headers = ("Started", "Operation", "Cluster", "Ended", "Objects", "What", "Asked by", "Run")
    return document(
        _extent(found),
        table(headers, [_cells(row) for row in found.rows]),
        text("No record matches.") if not found.rows else NOTHING,
        sentence(
            "{} shows one of them by its run, {} two against each other, {} takes a run back.",
            code("show-record"),
            code("compare-records"),
            code("undo"),
        ),
    )


def listing_table(record: Record) -> list[Row]:
    """Return one row per record that was found."""
    if "rows" not in record.result:
        return []
    return [
        {
            "started_at": row.started_at.isoformat(),
            "operation": cell(row.operation),
            "cluster": cell(row.cluster or ""),
            "verdict": row.verdict,
            "message": cell(row.message),
            "objects": cell("; ".join(row.objects)),
            "object_count": row.object_count,
            **{status: row.counts.get(status, 0) for status in ("changed", "failed")},
            "requester": cell(row.requester),
            "trigger": row.trigger,
            "seconds": round(row.seconds, 3),
            "run_id": row.run_id,
        }
        for row in RecordList.model_validate(record.result).rows
    ]


def _extent(found: RecordList) -> Markdown:
    read = text(f"{count(found.read, 'record')} read")
    if found.cut_at is None:
        return read
    back = text(f"older than {moment(found.cut_at)} were not looked at: narrow the time for those")
    return join([read, back])


def _cells(row: RecordRow) -> list[Markdown]:
    return [
        text(moment(row.started_at)),
        code(row.operation),
        code(row.cluster or ""),
        text(f"{'✓' if row.good else '✕'} {row.verdict}"),
        _objects(row),
        join([text(row.message, 120), text(span(row.seconds))]),
        text(row.requester, 40) if row.requester else text(TRIGGERS[row.trigger]),
        code(row.run_id),
    ]


def _objects(row: RecordRow) -> Markdown:
    more = row.object_count - len(row.objects)
    named = [text(name, 80) for name in row.objects]
    return join([*named, text(f"and {more:,} more") if more else NOTHING], ", ")
