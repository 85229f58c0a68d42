"""The page of two runs against each other, and its rows for machines."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kube.records.comparison import Comparison, Difference, Side
from kube.records.record import Record
from kube.records.report.figures import count, moment, span
from kube.records.report.markdown import (
    NOTHING,
    Markdown,
    cell,
    code,
    document,
    heading,
    join,
    table,
    text,
)
from kube.records.report.record import frame, render_record

Row = dict[str, str | None]
_SAME_PLAN = {True: "the same", False: "different", None: "not both have one"}


def comparison_report(record: Record) -> str:
    """Render a record of `compare-records`; one without a comparison has the frame alone."""
    if "first" not in record.result:
        return render_record(record)
    found = Comparison.model_validate(record.result)
    return frame(record, headline=text(told(found)), body=(comparison_page(found),))


def told(found: Comparison) -> str:
    """Tell in one line how much is different."""
    if not (found.parameters or found.objects or found.findings):
        return "nothing differs but the time"
    parts = (
        (len(found.parameters), "parameter"),
        (len(found.objects), "object"),
        (len(found.findings), "finding"),
    )
    return ", ".join(count(number, noun) for number, noun in parts if number) + " differ"


def comparison_page(found: Comparison) -> Markdown:
    """Show the two runs side by side, then what differs."""
    objects = (
        [
            join([text(one.kind), code(f"{one.namespace}/{one.name}".lstrip("/"))], " "),
            _side(one.first),
            _side(one.second),
            text("each changes it in another way") if one.other_change else NOTHING,
        ]
        for one in found.objects
    )
    return document(
        _sides(found),
        text("There are more differences than are shown here.") if found.cut else NOTHING,
        _section("Parameters", found.parameters),
        heading(3, text("Objects")) if found.objects or found.same_objects else NOTHING,
        table(("Object", "First", "Second", ""), objects),
        text(f"{count(found.same_objects, 'object')} fared the same.")
        if found.same_objects
        else NOTHING,
        _section("Findings", found.findings),
    )


def comparison_table(record: Record) -> list[Row]:
    """Return one row per difference."""
    if "first" not in record.result:
        return []
    found = Comparison.model_validate(record.result)
    rows = [("parameter", one.path, one.first, one.second) for one in found.parameters]
    rows += [
        ("object", f"{one.kind} {one.namespace}/{one.name}", one.first, one.second)
        for one in found.objects
    ]
    rows += [("finding", one.path, one.first, one.second) for one in found.findings]
    return [
        {
            "what": what,
            "name": cell(name),
            "first": None if first is None else cell(first),
            "second": None if second is None else cell(second),
        }
        for what, name, first, second in rows
    ]


def _sides(found: Comparison) -> Markdown:
    facts: dict[str, Callable[[Side], Markdown]] = {
        "Run": lambda side: code(side.run_id),
        "Operation": _operation,
        "Started": lambda side: text(moment(side.started_at)),
        "Took": lambda side: text(span(side.seconds)),
        "Asked by": lambda side: text(side.requester, 80),
        "Ended": _end,
        "Plan": lambda side: code(side.digest[:19]),
    }
    rows = [[text(name), fact(found.first), fact(found.second)] for name, fact in facts.items()]
    shown = [row for row in rows if row[1] or row[2]]
    plan = text(f"Their plans: {_SAME_PLAN[found.same_plan]}.")
    return document(table(("", "First", "Second"), shown), plan)


def _operation(side: Side) -> Markdown:
    return join([code(side.operation), code(side.cluster or "")], " on ")


def _end(side: Side) -> Markdown:
    return join([text(side.verdict), text(side.message, 200)], ": ")


def _section(title: str, found: Sequence[Difference]) -> Markdown:
    rows = ([code(one.path), _value(one.first), _value(one.second)] for one in found)
    body = table(("", "First", "Second"), rows)
    return document(heading(3, text(title)), body) if body else NOTHING


def _value(value: str | None) -> Markdown:
    return text("not there") if value is None else code(value, 160)


def _side(value: str | None) -> Markdown:
    return text(value or "not there")
