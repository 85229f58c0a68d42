"""The way back of a run, and the rest of an interrupted one, planned by what is live."""

from __future__ import annotations

from blocks.cluster import Cluster
from kube.execution.carry_out import CarriedOut
from kube.execution.seal import Sealed
from kube.operations.recovery import changes_done, done_changes, rest_of_plan, standing_of_plan
from kube.operations.undo import plan_of_undo
from kube.plans.plan import Plan
from tasks.seals import journal_of
from tasks.step import step


@step
async def plan_undo_of(cluster: Cluster, sealed: Sealed) -> Plan:
    """Plan the way back of a run, by what of its sealed plan is found in the cluster."""
    outcomes = await (await journal_of(cluster, sealed.run_id, sealed.plan)).read()
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
