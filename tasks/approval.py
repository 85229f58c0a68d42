from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

from prefect.exceptions import FlowPauseTimeout
from prefect.flow_runs import apause_flow_run
from prefect.input import RunInput
from pydantic import Field

from kube.execution.options import RunOptions
from kube.execution.seal import Approval
from kube.operations.plan_report import plan_page
from kube.operations.summary import PlanSummary
from tasks.errors import OperationError

POLL_SECONDS = 2
MAX_DESCRIPTION = 60_000


class Decision(RunInput):
    """What a person is asked before a plan is carried out."""

    decision: Literal["approve", "reject"] = Field(description="Shall this plan be carried out?")
    approver: str = Field(description="Your name; it is kept as you type it.", min_length=1)
    digest: str = Field(description="The digest of the plan, copied from above.")
    reason: str = Field(default="", description="Why, if there is something to say.")


async def ask_approval(
    summary: PlanSummary, run: RunOptions, *, by_requester: bool = False
) -> Approval:
    """Pause the run until a person has approved this very plan.

    `by_requester` lets the person who asked approve, too.

    Raises:
        OperationError: It was rejected, another digest was typed, the requester approved and may
            not (where names are given for both), or nobody answered in time.
    """
    shown = plan_page(summary)[:MAX_DESCRIPTION]
    form = Decision.with_initial_data(description=shown)
    try:
        answer = await apause_flow_run(
            wait_for_input=form, timeout=int(run.timeout_seconds), poll_interval=POLL_SECONDS
        )
    except FlowPauseTimeout as error:
        raise OperationError(
            f"Nobody decided within {run.timeout_seconds:.0f} s; nothing was changed."
        ) from error
    return _checked(answer, summary, None if by_requester else run.requested_by)


def _checked(answer: Decision, summary: PlanSummary, requester: str | None) -> Approval:
    if answer.decision == "reject":
        raise OperationError(f"{answer.approver} rejected the plan; nothing was changed.")
    if answer.digest.strip() != summary.digest:
        raise OperationError(
            "The digest that was typed is not that of this plan, so it is no approval of it; "
            "nothing was changed. Copy it from the form."
        )
    if requester and answer.approver.strip().lower() == requester.strip().lower():
        raise OperationError(
            f"{answer.approver} asked for this change and cannot approve it; nothing was changed."
        )
    return Approval(
        digest=summary.digest,
        approver=answer.approver.strip(),
        at=datetime.now(UTC),
        reason=answer.reason,
    )
