"""The frame of every artifact: who did what to which cluster, how it ended, and the rest folded."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from kube.records.record import Outcome, OutcomeStatus, Record, Trigger
from kube.records.report.figures import count, moment, span
from kube.records.report.markdown import (
    NOTHING,
    Markdown,
    bullets,
    cell,
    code,
    details,
    document,
    fence,
    heading,
    join,
    sentence,
    strong,
    table,
    text,
)

FOLD_ROWS = 20

_MAX_JSON = 20_000
MAX_ROWS = 200
_WORST_FIRST: tuple[OutcomeStatus, ...] = ("failed", "blocked", "changed", "skipped", "unchanged")
_PROBLEMS = frozenset({"failed", "blocked"})
_MARKS: dict[OutcomeStatus, str] = {
    "failed": "✕ failed",
    "blocked": "⊘ blocked",
    "changed": "● changed",
    "skipped": "◇ skipped",
    "unchanged": "○ unchanged",
}
TRIGGERS: dict[Trigger, str] = {
    "schedule": "by schedule",
    "api": "through the API",
    "parent": "by another run",
    "automation": "by an automation",
    "direct": "directly",
}


def render_record(record: Record) -> str:
    """Render a record that has no page of its own: the frame, with its result folded as JSON."""
    return frame(record, body=(_folded_json("Result", record.result),))


def frame(
    record: Record, *, headline: Markdown = NOTHING, body: Sequence[Markdown] = ()
) -> Markdown:
    """Put an operation's own page into the frame that every artifact has.

    Args:
        record: The record; nothing else is shown.
        headline: What matters most, in a few words; without it the title is the operation and
            its verdict.
        body: The blocks of the page, the most important first.

    Returns:
        Title, facts of the run, warnings, outcomes with problems first, body, parameters folded.
    """
    return document(
        heading(2, headline or _verdict_line(record)),
        _facts_line(record, with_verdict=bool(headline)),
        _message(record, known=bool(headline) and record.verdict.good),
        _warnings(record),
        outcome_section(record.outcomes),
        *body,
        _undo(record),
        _folded_json("Parameters", record.parameters),
        _provenance(record),
    )


def outcome_table(record: Record) -> list[dict[str, Any]]:
    """Return one row per object, problems first, for a table that machines read too."""
    return [
        {
            "status": outcome.status,
            "kind": cell(outcome.ref.kind),
            "namespace": cell(outcome.ref.namespace or ""),
            "name": cell(outcome.ref.name),
            "reason": cell(outcome.reason),
            "attempts": outcome.attempts,
            "seconds": round(outcome.seconds, 3),
        }
        for outcome in worst_first(record.outcomes)
    ]


def worst_first(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Sort outcomes by how much they need a look; equal ones stay in order."""
    return sorted(outcomes, key=lambda outcome: _WORST_FIRST.index(outcome.status))


def outcome_section(outcomes: Sequence[Outcome]) -> Markdown:
    """Show what became of each object: counts, problems first, and long tables folded."""
    if not outcomes:
        return NOTHING
    counts = Counter(outcome.status for outcome in outcomes)
    told = ", ".join(f"{counts[status]:,} {status}" for status in _WORST_FIRST if counts[status])
    ordered = worst_first(outcomes)
    title = document(heading(3, text("Objects")), text(f"{told}."))
    if len(ordered) <= FOLD_ROWS:
        return document(title, _outcome_rows(ordered))
    problems = [outcome for outcome in ordered if outcome.status in _PROBLEMS]
    seen = problems[:FOLD_ROWS]
    rest = [*problems[FOLD_ROWS:], *ordered[len(problems) :]]
    label = f"The other {count(len(rest), 'object')}" if seen else f"All {len(rest):,} objects"
    return document(title, _outcome_rows(seen), details(label, _folded_rows(rest)))


def _folded_rows(rest: Sequence[Outcome]) -> Markdown:
    """Show as many rows as somebody would read; all of them are in the table for machines."""
    beyond = len(rest) - MAX_ROWS
    more = f"And {count(beyond, 'object')} more: the table beside this page has all."
    return document(_outcome_rows(rest[:MAX_ROWS]), text(more) if beyond > 0 else NOTHING)


def _outcome_rows(outcomes: Sequence[Outcome]) -> Markdown:
    retried = any(outcome.attempts > 1 for outcome in outcomes)
    headers = ["", "Object", "Why", "Took", *(["Attempts"] if retried else [])]
    rows = (
        [
            text(_MARKS[outcome.status]),
            _name(outcome),
            text(outcome.reason, 240),
            text(span(outcome.seconds)) if outcome.seconds else NOTHING,
            *([text(outcome.attempts)] if retried else []),
        ]
        for outcome in outcomes
    )
    return table(headers, rows, right=(3, 4))


def _name(outcome: Outcome) -> Markdown:
    ref = outcome.ref
    return join(
        [text(ref.kind), code(f"{ref.namespace}/{ref.name}" if ref.namespace else ref.name)], " "
    )


def _mark(record: Record) -> str:
    return "✓" if record.verdict.good else "✕"


def _verdict_line(record: Record) -> Markdown:
    place = sentence(" on {}", text(record.cluster)) if record.cluster else NOTHING
    return sentence(
        "{} {}{}: {}", text(_mark(record)), text(record.operation), place, text(record.verdict.name)
    )


def _facts_line(record: Record, *, with_verdict: bool) -> Markdown:
    verdict = sentence(
        "{} {} {}", code(record.operation), text(_mark(record)), strong(text(record.verdict.name))
    )
    place = sentence("cluster {}", code(record.cluster or "")) if record.cluster else NOTHING
    return join(
        [
            verdict if with_verdict else NOTHING,
            place if with_verdict else NOTHING,
            _requester(record),
            text(f"took {span(record.seconds)}"),
            text(count(record.api_calls, "API call")),
            text(moment(record.finished_at)),
        ]
    )


def _message(record: Record, *, known: bool) -> Markdown:
    """Show the verdict's sentence, where a page's own headline does not say it already."""
    return NOTHING if known or not record.verdict.message else text(record.verdict.message, 1000)


def _requester(record: Record) -> Markdown:
    how = TRIGGERS[record.requester.trigger]
    if not record.requester.name:
        return text(f"requested {how}")
    return sentence("requested by {} {}", strong(text(record.requester.name, 80)), text(how))


def _warnings(record: Record) -> Markdown:
    if not record.warnings:
        return NOTHING
    shown = bullets(sentence("⚠ {}", text(warning, 400)) for warning in record.warnings[:FOLD_ROWS])
    rest = bullets(text(warning, 400) for warning in record.warnings[FOLD_ROWS:])
    return document(shown, details("More warnings", rest))


def _undo(record: Record) -> Markdown:
    return (
        sentence("{} {}", strong(text("To undo:")), text(record.undo)) if record.undo else NOTHING
    )


def _folded_json(label: str, value: dict[str, Any]) -> Markdown:
    if not value:
        return NOTHING
    shown = json.dumps(value, indent=2, ensure_ascii=False, default=str)
    if len(shown) > _MAX_JSON:
        shown = f"{shown[:_MAX_JSON]}\n… cut here; the record holds all {len(shown):,} characters"
    return details(label, fence(shown, "json"))


def _provenance(record: Record) -> Markdown:
    parent = record.requester.parent_run_id
    rows = [
        [text("Record"), code(record.id)],
        [text("Started"), text(moment(record.started_at))],
        [text("Finished"), text(moment(record.finished_at))],
        *([[text("Started by run"), code(parent)]] if parent else []),
    ]
    return details("About this run", table(("", ""), rows))
