"""The findings of the operations that look at records."""

from __future__ import annotations

from kube.operations.pages import page_of
from kube.records.comparison import compare
from kube.records.findings import Findings, Report, Row
from kube.records.record import Record
from kube.records.report.comparison import comparison_report, comparison_table, told
from kube.records.report.figures import count
from kube.records.report.listing import listing_report, listing_table
from kube.records.report.record import render_record
from kube.records.selection import RecordList

_SHOWN = "shown"


def shown(record: Record) -> Findings:
    """Show a kept record: its page is the page of the run that made it."""
    verdict = record.verdict
    return Findings(
        message=f"{record.operation}: {verdict.name}: {verdict.message}",
        report=Report(_shown_report, _shown_table),
        result={_SHOWN: record.model_dump(mode="json")},
    )


def listed(found: RecordList, warnings: tuple[str, ...]) -> Findings:
    """Tell which records were found."""
    return Findings(
        message=f"{count(len(found.rows), 'record')} of {found.read:,} read",
        report=Report(listing_report, listing_table),
        result=found.model_dump(mode="json"),
        warnings=warnings,
    )


def compared(first: Record, second: Record) -> Findings:
    """Tell what is different between two runs."""
    found = compare(first, second)
    return Findings(
        message=told(found),
        report=Report(comparison_report, comparison_table),
        result=found.model_dump(mode="json"),
    )


def _shown_report(record: Record) -> str:
    """Render the record that was found; of a run that found none, its own."""
    found = _shown_record(record)
    return render_record(record) if found is None else page_of(found).markdown(found)


def _shown_table(record: Record) -> list[Row]:
    found = _shown_record(record)
    table = page_of(found).table if found else None
    return table(found) if found and table else []


def _shown_record(record: Record) -> Record | None:
    kept = record.result.get(_SHOWN)
    return Record.model_validate(kept) if kept else None
