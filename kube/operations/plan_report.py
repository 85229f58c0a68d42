"""The page of a plan: what would change, what speaks against it, and what became of it."""

from __future__ import annotations

from kube.operations.summary import ChangeSummary, PlanSummary, change_counts
from kube.plans.plan import PlanSource
from kube.records.record import Record
from kube.records.report.figures import count
from kube.records.report.markdown import (
    NOTHING,
    Markdown,
    bullets,
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
from kube.records.report.record import frame, outcome_table, render_record

Row = dict[str, object]
OPEN_DIFFS = 10
_SIGNS = {"create": "+ create", "update": "~ update", "delete": "- delete"}


def plan_report(record: Record) -> str:
    """Render the record of an operation that writes; one without a plan has the frame alone."""
    if "digest" not in record.result:
        return render_record(record)
    found = PlanSummary.model_validate(record.result)
    return frame(record, headline=_headline(found, record.verdict.name), body=(plan_page(found),))


def plan_page(found: PlanSummary) -> Markdown:
    """Render a plan: what stands against it first, then each change with its diff."""
    return document(
        _digest(found),
        _source(found.source),
        _against(found),
        _found(found),
        _health(found),
        heading(3, text("Changes")) if found.changes else NOTHING,
        *(_change(change) for change in found.changes[:OPEN_DIFFS]),
        _rest(found.changes[OPEN_DIFFS:]),
    )


def plan_table(record: Record) -> list[Row]:
    """Return one row per change of a plan, or per outcome where it was carried out."""
    if record.outcomes or "digest" not in record.result:
        return list(outcome_table(record))
    found = PlanSummary.model_validate(record.result)
    return [
        {
            "action": change.action,
            "kind": change.ref.kind,
            "namespace": change.ref.namespace or "",
            "name": change.ref.name,
            "risk": change.risk,
            "reason": change.reason,
        }
        for change in found.changes
    ]


def _headline(found: PlanSummary, verdict: str) -> Markdown:
    plan = change_counts(found.changes)
    if verdict == "RolledBack":
        return text(f"Carried out and taken back: {plan}")
    if found.carried_out:
        return text(f"Carried out: {plan}")
    return text(f"A plan, nothing was changed: {plan}, {found.unchanged} unchanged")


def _digest(found: PlanSummary) -> Markdown:
    approved = (
        sentence(" · approved by {}", strong(text(found.approval.approver)))
        if found.approval
        else NOTHING
    )
    return sentence("Plan {}{}", code(found.digest), approved)


def _source(source: PlanSource | None) -> Markdown:
    if source is None:
        return NOTHING
    version = f", version {source.version}" if source.version else ""
    told = sentence("From {} {}{}", text(source.kind), code(source.name or "-"), text(version))
    values = table(
        ("variable", "value"),
        [[code(name), code(value, 200)] for name, value in source.variables.items()],
    )
    return document(
        sentence("{} · {}", told, code(source.digest)), values if source.variables else NOTHING
    )


def _against(found: PlanSummary) -> Markdown:
    blockers = bullets(text(blocker, 600) for blocker in found.blockers)
    rulings = bullets(
        sentence("{}: {}", strong(text(ruling.verdict)), text(ruling.reason, 600))
        for ruling in found.rulings
    )
    return document(
        heading(3, text("It cannot be carried out")) if found.blockers else NOTHING,
        blockers,
        heading(3, text("What the guards say")) if found.rulings else NOTHING,
        rulings,
    )


def _found(found: PlanSummary) -> Markdown:
    """Say of each object of an earlier plan whether it is done, not done or changed by others."""
    if not found.found:
        return NOTHING
    rows = [[text(state), code(name)] for name, state in sorted(found.found.items())]
    body = table(("What was found", "Object"), rows)
    return details(f"What was found of {count(len(rows), 'object')}", body)


def _health(found: PlanSummary) -> Markdown:
    if not found.health:
        return NOTHING
    rows = [
        [text(one.status), join([text(one.ref.kind), code(_name(one.ref))], " "), text(one.message)]
        for one in sorted(found.health, key=lambda one: one.status == "done")
    ]
    return document(heading(3, text("Health")), table(("", "Workload", "Why"), rows))


def _change(change: ChangeSummary) -> Markdown:
    title = join(
        [
            text(_SIGNS.get(change.action, change.action)),
            text(change.ref.kind),
            code(_name(change.ref)),
        ],
        " ",
    )
    notes = [change.reason, "" if change.checked else "checked when its turn comes", change.origin]
    told = "; ".join(note for note in notes if note)
    return document(
        heading(4, title),
        text(told) if told else NOTHING,
        fence(change.diff, "diff") if change.diff else NOTHING,
    )


def _rest(changes: tuple[ChangeSummary, ...]) -> Markdown:
    if not changes:
        return NOTHING
    body = document(*(_change(change) for change in changes))
    return details(f"The other {count(len(changes), 'change')}", body)


def _name(ref: object) -> str:
    return str(ref).partition(" ")[2]
