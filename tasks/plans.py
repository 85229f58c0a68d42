"""The one way that every change takes: plan, guard, approve, seal, execute, verify."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from blocks.cluster import Cluster
from kube.execution.carry_out import CarriedOut
from kube.execution.options import RunOptions
from kube.execution.seal import Approval
from kube.guards.ruling import Ruling, Verdict
from kube.guards.run import judge_plan
from kube.operations.findings import carried_out, checked, planned, refused
from kube.operations.guard_facts import facts_of_plan
from kube.operations.summary import PlanSummary, summary_of
from kube.plans.plan import Plan
from kube.records.findings import Findings
from kube.records.storage import PLANS, UNDO_SEALS
from tasks.approval import ask_approval
from tasks.execution import verify_plan, write_plan
from tasks.freshness import check_fresh
from tasks.recovery import plan_undo
from tasks.seals import seal_plan
from tasks.step import step


@step
async def guard_plan(cluster: Cluster, plan: Plan, run: RunOptions) -> tuple[Ruling, ...]:
    """Put a plan before the guards, with what they ask of the cluster for it."""
    async with cluster.open() as api:
        facts = await facts_of_plan(
            api, plan, cluster.settings, at=datetime.now(UTC), wait=run.wait
        )
    return judge_plan(plan, facts)


@dataclass(frozen=True)
class _Course:
    """What is known of a plan on its way."""

    plan: Plan
    rulings: tuple[Ruling, ...]

    def summary(self, run: RunOptions, approval: Approval | None = None) -> PlanSummary:
        return summary_of(self.plan, run.mode, rulings=self.rulings, approval=approval)

    @property
    def is_refused(self) -> bool:
        return bool(self.plan.blockers) or self._has("refused")

    @property
    def needs_approval(self) -> bool:
        return self._has("needs approval")

    def _has(self, verdict: Verdict) -> bool:
        return any(ruling.verdict == verdict for ruling in self.rulings)


async def check_plan(cluster: Cluster, plan: Plan) -> Findings:
    """Put a plan before the guards and tell what stands against it; it is not even kept."""
    run = RunOptions()
    course = _Course(plan, await guard_plan(cluster, plan, run))
    return checked(course.summary(run), plan.warnings)


async def settle_plan(cluster: Cluster, plan: Plan, run: RunOptions) -> Findings:
    """Take a plan the one way: guard, approve, seal, execute, verify. Every writing flow ends here.

    Mode `plan` stores the plan for `apply-plan` and stops. A guard that asks for approval turns
    `apply` into `ask`.
    """
    course = _Course(plan, await guard_plan(cluster, plan, run))
    if run.mode == "plan":
        await seal_plan(cluster, plan, None, PLANS)
        return planned(course.summary(run), plan.warnings)
    if course.is_refused:
        return refused(course.summary(run), plan.warnings)
    approval = None
    if plan.writes and (run.mode == "ask" or course.needs_approval):
        by_requester = cluster.settings.requester_may_approve
        approval = await ask_approval(course.summary(run), run, by_requester=by_requester)
        # It may have taken hours: the plan must still hold, and so must what the guards said.
        await check_fresh(cluster, plan)
        course = _Course(plan, await guard_plan(cluster, plan, run))
        if course.is_refused:
            return refused(course.summary(run, approval), plan.warnings)
    if not plan.writes:
        return carried_out(course.summary(run), CarriedOut.of_nothing(plan).outcomes, plan.warnings)
    await seal_plan(cluster, plan, approval)
    return await _write_and_verify(cluster, course, run, approval)


async def _write_and_verify(
    cluster: Cluster, course: _Course, run: RunOptions, approval: Approval | None
) -> Findings:
    plan = course.plan
    written = await write_plan(cluster, plan, run)
    health = [] if written.failed else await verify_plan(cluster, plan, run)
    ill = written.failed or any(one.status != "done" for one in health)
    undone = ill and run.on_failure == "undo" and await _undo(cluster, plan, written, run)
    summary = summary_of(
        plan, run.mode, rulings=course.rulings, approval=approval, carried_out=True, health=health
    )
    return carried_out(summary, written.outcomes, plan.warnings, undone=bool(undone))


async def _undo(cluster: Cluster, plan: Plan, written: CarriedOut, run: RunOptions) -> bool:
    """Take back what was done, sealed like any other plan; return whether all of it went back."""
    inverse = await plan_undo(cluster, plan, written)
    if inverse.blockers:
        return False
    await seal_plan(cluster, inverse, None, UNDO_SEALS)
    back = await write_plan(cluster, inverse, run)
    return not back.failed
