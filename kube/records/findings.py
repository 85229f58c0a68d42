from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kube.records.record import Outcome, Record, Requester, Verdict

Row = dict[str, Any]


@dataclass(frozen=True)
class Report:
    """How the records of one operation are shown: for people, and as rows for machines."""

    markdown: Callable[[Record], str]
    table: Callable[[Record], list[Row]] | None = None


@dataclass(frozen=True)
class Findings:
    """What the steps of an operation found or did, before it is a record.

    `message` is the one sentence that the run's state shows. `failure` names a failure of the
    operation as a whole ("Unreachable"); failures of single objects are told by `outcomes`.
    `writes` says that the operation is one that changes objects, `undoable` that `undo` can take
    back what it changed, `skipped` that another run of it made this one superfluous.
    """

    message: str
    report: Report
    result: dict[str, Any] = field(default_factory=dict)
    outcomes: tuple[Outcome, ...] = ()
    warnings: tuple[str, ...] = ()
    failure: str | None = None
    writes: bool = False
    undoable: bool = False
    skipped: bool = False


@dataclass(frozen=True)
class RunContext:
    """What is known of a run before its first step."""

    id: str
    operation: str
    cluster: str | None
    requester: Requester
    parameters: dict[str, Any]
    started_at: datetime


def verdict_of(findings: Findings) -> Verdict:
    """Judge an operation by the outcomes of its objects.

    All good: Completed, or Unchanged where a writing operation had nothing to change. Some failed:
    PartialFailure. None got through: Failed, or Refused where every object was blocked.
    """
    statuses = [outcome.status for outcome in findings.outcomes]
    bad = [status for status in statuses if status in ("failed", "blocked")]
    if findings.failure is not None:
        return Verdict(good=False, name=findings.failure, message=findings.message)
    if findings.skipped:
        return Verdict(good=True, name="Skipped", message=findings.message)
    if not bad:
        unchanged = findings.writes and all(s in ("unchanged", "skipped") for s in statuses)
        name = "Unchanged" if unchanged else "Completed"
        return Verdict(good=True, name=name, message=findings.message)
    if len(bad) < len(statuses):
        return Verdict(good=False, name="PartialFailure", message=findings.message)
    name = "Refused" if all(status == "blocked" for status in bad) else "Failed"
    return Verdict(good=False, name=name, message=findings.message)


def record_of(
    run: RunContext, findings: Findings, finished_at: datetime, api_calls: int = 0
) -> Record:
    """Join what was known before a run with what it found and the requests that it sent."""
    return Record(
        id=run.id,
        operation=run.operation,
        cluster=run.cluster,
        requester=run.requester,
        parameters=run.parameters,
        started_at=run.started_at,
        finished_at=finished_at,
        verdict=verdict_of(findings),
        outcomes=findings.outcomes,
        warnings=findings.warnings,
        result=findings.result,
        api_calls=api_calls,
        undo=_way_back(run) if findings.undoable else None,
    )


def _way_back(run: RunContext) -> str:
    place = f"cluster={run.cluster} and " if run.cluster else ""
    return f"run the flow undo with {place}run_id={run.id}; it shows its plan first"
