from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime

from prefect.runtime import flow_run

from blocks.cluster import Cluster
from kube.api.access import missing_permissions
from kube.execution.carry_out import CarriedOut, carry_out
from kube.execution.journal import Journal
from kube.execution.options import RunOptions
from kube.execution.seal import Approval, Sealed
from kube.execution.verify import wait_healthy
from kube.guards.permissions import needed_permissions
from kube.guards.ruling import GuardFacts, Ruling
from kube.guards.run import judge_plan
from kube.manifests.documents import load
from kube.operations.apply import plan_of_apply
from kube.operations.findings import carried_out, planned, refused
from kube.operations.recovery import done_changes, rest_of_plan, standing_of_plan
from kube.operations.summary import HealthSummary, PlanSummary, summary_of
from kube.operations.undo import plan_of_undo
from kube.planners.apply import ApplyOptions
from kube.plans.change import Change
from kube.plans.plan import Plan
from kube.records.findings import Findings
from kube.records.record import Outcome
from tasks.approval import ask_approval
from tasks.errors import OperationError
from tasks.records import load_store
from tasks.step import step


@step
async def plan_manifests(cluster: Cluster, manifests: str, options: ApplyOptions) -> Plan:
    """Read the manifests, what is live of them and what the server would make of them; plan."""
    async with cluster.open() as api:
        return await plan_of_apply(api, load(manifests), options)


@step
async def guard_plan(cluster: Cluster, plan: Plan) -> tuple[Ruling, ...]:
    """Put a plan before the guards; the permissions of it and of its undo are asked for first."""
    async with cluster.open() as api:
        missing = await missing_permissions(api, needed_permissions(plan))
    return judge_plan(plan, GuardFacts(cluster.settings, missing))


@step
async def seal_plan(
    cluster: Cluster, plan: Plan, approval: Approval | None, area: str = "seals"
) -> str:
    """Put a plan away encrypted under this run; only then may its first write be sent."""
    store = await load_store(cluster.settings.record_store)
    sealed = Sealed(
        run_id=flow_run.get_id() or "",
        cluster=cluster.name,
        sealed_at=datetime.now(UTC),
        plan=plan,
        approval=approval,
    )
    await store.seals().put(sealed, area)
    return sealed.run_id


@step
async def open_seal(cluster: Cluster, run_id: str, area: str = "seals") -> Sealed:
    """Open the sealed plan of a run.

    Raises:
        OperationError: There is none, or it is another cluster's.
    """
    store = await load_store(cluster.settings.record_store)
    sealed = await store.seals().get(run_id, area)
    if sealed is None:
        raise OperationError(
            f"There is no sealed plan of run {run_id}. The id is that of the run which made it, as "
            "its page shows it."
        )
    if sealed.cluster != cluster.name:
        raise OperationError(
            f"The plan of run {run_id} is of cluster {sealed.cluster!r}, not of {cluster.name!r}."
        )
    return sealed


@step
async def write_plan(cluster: Cluster, plan: Plan, run: RunOptions) -> CarriedOut:
    """Write a sealed plan, one outcome per object."""
    journal = await _journal(cluster, flow_run.get_id() or "", plan)
    async with cluster.open() as api:
        return await carry_out(api, plan, journal, on_failure=run.on_failure, clock=time.monotonic)


@step
async def verify_plan(cluster: Cluster, plan: Plan, run: RunOptions) -> list[HealthSummary]:
    """Wait until what was written is healthy, or for the one line of cause."""
    if not run.wait:
        return []
    async with cluster.open() as api:
        conditions = await wait_healthy(
            api,
            [change for change in plan.writes if change.action != "delete"],
            timeout_seconds=run.timeout_seconds,
            now=datetime.now(UTC),
        )
    return [
        HealthSummary(ref=ref, status=found.status, message=found.message)
        for ref, found in conditions.items()
    ]


@step
async def open_plan(cluster: Cluster, run_id: str, digest: str) -> Plan:
    """Open the plan that a run in mode plan showed.

    Raises:
        OperationError: There is none, it is another cluster's, or has another digest.
    """
    plan = (await open_seal.fn(cluster, run_id, "plans")).plan
    if plan.digest != digest.strip():
        raise OperationError(
            f"The plan of run {run_id} has the digest {plan.digest}, not the one given; nothing "
            "was changed. Look at the plan again."
        )
    return plan


@step
async def plan_undo_of(cluster: Cluster, sealed: Sealed) -> Plan:
    """Plan the way back of a run, by what of its sealed plan is found in the cluster."""
    outcomes = await (await _journal(cluster, sealed.run_id, sealed.plan)).read()
    async with cluster.open() as api:
        standings = await standing_of_plan(api, sealed.plan)
        return await plan_of_undo(api, sealed.plan, done_changes(standings), outcomes)


@step
async def plan_rest(cluster: Cluster, sealed: Sealed) -> Plan:
    """Plan the rest of an interrupted run, by what of its sealed plan is found in the cluster."""
    async with cluster.open() as api:
        return rest_of_plan(sealed.plan, await standing_of_plan(api, sealed.plan))


@step
async def plan_undo(cluster: Cluster, plan: Plan, written: CarriedOut) -> Plan:
    """Plan the way back of what was carried out of a plan just now."""
    done = changes_done(plan, written.outcomes)
    async with cluster.open() as api:
        return await plan_of_undo(api, plan, done, written.outcomes)


async def _journal(cluster: Cluster, run_id: str, plan: Plan) -> Journal:
    """Return the journal of a plan in a run; a run that undoes its own plan has two."""
    store = await load_store(cluster.settings.record_store)
    return Journal(store.storage(), f"{run_id}/{plan.digest[-12:]}")


@dataclass(frozen=True)
class _Course:
    """What is known of a plan on its way."""

    plan: Plan
    rulings: tuple[Ruling, ...]

    def summary(self, run: RunOptions, approval: Approval | None = None) -> PlanSummary:
        return summary_of(self.plan, run.mode, rulings=self.rulings, approval=approval)

    @property
    def is_refused(self) -> bool:
        return bool(self.plan.blockers) or any(r.verdict == "refused" for r in self.rulings)


async def settle_plan(cluster: Cluster, plan: Plan, run: RunOptions) -> Findings:
    """Take a plan the one way: guard, approve, seal, execute, verify. Every writing flow ends here.

    Mode `plan` stores the plan for `apply-plan` and stops. A guard that asks for approval turns
    `apply` into `ask`.
    """
    course = _Course(plan, await guard_plan(cluster, plan))
    if run.mode == "plan":
        await seal_plan(cluster, plan, None, "plans")
        return planned(course.summary(run), plan.warnings, 0)
    if course.is_refused:
        return refused(course.summary(run), plan.warnings, 0)
    approval = None
    if plan.writes and (run.mode == "ask" or course.rulings):
        approval = await ask_approval(course.summary(run), run)
    if not plan.writes:
        return carried_out(course.summary(run), _unchanged(plan), plan.warnings, 0)
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
    return carried_out(summary, written.outcomes, plan.warnings, 0, undone=bool(undone))


async def _undo(cluster: Cluster, plan: Plan, written: CarriedOut, run: RunOptions) -> bool:
    """Take back what was done, sealed like any other plan; return whether all of it went back."""
    inverse = await plan_undo(cluster, plan, written)
    await seal_plan(cluster, inverse, None, "undo-seals")
    back = await write_plan(cluster, inverse, run)
    return not inverse.blockers and not back.failed


def changes_done(plan: Plan, outcomes: tuple[Outcome, ...]) -> list[Change]:
    """Return the changes of a plan that reached the cluster."""
    done = {
        (outcome.ref.kind, outcome.ref.namespace, outcome.ref.name)
        for outcome in outcomes
        if outcome.status == "changed"
    }
    return [c for c in plan.writes if (c.ref.kind, c.ref.namespace, c.ref.name) in done]


def _unchanged(plan: Plan) -> tuple[Outcome, ...]:
    return tuple(Outcome(ref=c.ref, status="unchanged", attempts=0) for c in plan.changes)
