"""From a plan, and what became of it, to the findings of an operation that writes."""

from __future__ import annotations

from collections import Counter

from kube.operations.plan_report import plan_report, plan_table
from kube.operations.summary import PlanSummary
from kube.records.findings import Findings, Report
from kube.records.record import Outcome

REPORT = Report(plan_report, plan_table)


def planned(summary: PlanSummary, warnings: tuple[str, ...], api_calls: int) -> Findings:
    """Tell what would change; nothing was changed."""
    counts = Counter(change.action for change in summary.changes)
    told = ", ".join(f"{counts[a]} to {a}" for a in ("create", "update", "delete") if counts[a])
    against = len(summary.blockers) + sum(r.verdict == "refused" for r in summary.rulings)
    message = f"plan {summary.digest[:19]}: {told or 'nothing to change'}"
    if against:
        message += f"; it cannot be carried out ({against} against it)"
    return Findings(
        message=message,
        report=REPORT,
        result=summary.model_dump(mode="json"),
        warnings=warnings,
        api_calls=api_calls,
    )


def refused(summary: PlanSummary, warnings: tuple[str, ...], api_calls: int) -> Findings:
    """Tell why a plan was not carried out; nothing was changed."""
    reasons = [*summary.blockers, *(r.reason for r in summary.rulings if r.verdict == "refused")]
    more = f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
    return Findings(
        message=f"nothing was changed: {reasons[0] if reasons else 'refused'}{more}",
        report=REPORT,
        result=summary.model_dump(mode="json"),
        warnings=warnings,
        api_calls=api_calls,
        failure="Refused",
        writes=True,
    )


def carried_out(
    summary: PlanSummary,
    outcomes: tuple[Outcome, ...],
    warnings: tuple[str, ...],
    api_calls: int,
    *,
    undone: bool = False,
) -> Findings:
    """Tell what became of each object, and how the workloads fared."""
    counts = Counter(outcome.status for outcome in outcomes)
    ill = [one for one in summary.health if one.status != "done"]
    told = ", ".join(f"{number} {status}" for status, number in counts.most_common())
    message = told or "nothing to change"
    if ill:
        message += f"; {ill[0].ref}: {ill[0].message}"
    return Findings(
        message=message,
        report=REPORT,
        result=summary.model_dump(mode="json"),
        outcomes=outcomes,
        warnings=warnings,
        api_calls=api_calls,
        failure=_failure(outcomes, summary, undone),
        writes=True,
    )


def _failure(outcomes: tuple[Outcome, ...], summary: PlanSummary, undone: bool) -> str | None:
    if undone:
        return "RolledBack"
    if any(one.status != "done" for one in summary.health):
        return "Unhealthy"
    return None
