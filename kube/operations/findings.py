"""From a plan, and what became of it, to the findings of an operation that writes."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

from kube.operations.plan_report import plan_report, plan_table
from kube.operations.summary import PlanSummary, change_counts
from kube.records.findings import Findings, Report
from kube.records.record import Outcome

REPORT = Report(plan_report, plan_table)


def planned(summary: PlanSummary, warnings: tuple[str, ...]) -> Findings:
    """Tell what would change; nothing was changed."""
    against = len(summary.blockers) + _refusals(summary)
    message = f"plan {summary.digest[:19]}: {change_counts(summary.changes)}"
    if against:
        message += f"; it cannot be carried out ({against} against it)"
    return _findings(summary, warnings, message)


def checked(summary: PlanSummary, warnings: tuple[str, ...]) -> Findings:
    """Tell whether a plan could be carried out; one that could not is a failure."""
    found = planned(summary, warnings)
    failure = "Invalid" if summary.blockers or _refusals(summary) else None
    return replace(found, failure=failure, message=f"checked, nothing was changed: {found.message}")


def _refusals(summary: PlanSummary) -> int:
    return sum(ruling.verdict == "refused" for ruling in summary.rulings)


def refused(summary: PlanSummary, warnings: tuple[str, ...]) -> Findings:
    """Tell why a plan was not carried out; nothing was changed."""
    reasons = [*summary.blockers, *(r.reason for r in summary.rulings if r.verdict == "refused")]
    more = f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
    message = f"nothing was changed: {reasons[0] if reasons else 'refused'}{more}"
    return _findings(summary, warnings, message, failure="Refused", writes=True)


def carried_out(
    summary: PlanSummary,
    outcomes: tuple[Outcome, ...],
    warnings: tuple[str, ...],
    *,
    undone: bool = False,
) -> Findings:
    """Tell what became of each object, and how the workloads fared."""
    counts = Counter(outcome.status for outcome in outcomes)
    ill = [one for one in summary.health if one.status != "done"]
    told = ", ".join(f"{number} {status}" for status, number in counts.most_common())
    message = told or "nothing to change"
    failed = [outcome for outcome in outcomes if outcome.status == "failed"]
    if failed:
        message += f"; {failed[0].ref}: {failed[0].reason}"
    elif ill:
        message += f"; {ill[0].ref}: {ill[0].message}"
    failure = "RolledBack" if undone else "Unhealthy" if ill else None
    return _findings(
        summary,
        warnings,
        message,
        outcomes=outcomes,
        failure=failure,
        writes=True,
        undoable=counts["changed"] > 0 and not undone,
    )


def _findings(
    summary: PlanSummary, warnings: tuple[str, ...], message: str, **more: Any
) -> Findings:
    result = summary.model_dump(mode="json")
    return Findings(message=message, report=REPORT, result=result, warnings=warnings, **more)
