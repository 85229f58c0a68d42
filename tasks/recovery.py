"""The way back of a run, and the rest of an interrupted one, planned by what is live."""

from __future__ import annotations

from blocks.cluster import Cluster
from kube.execution.carry_out import CarriedOut
from kube.execution.seal import Sealed
from kube.operations.recovery import Way, changes_done, plan_of_recovery
from kube.operations.undo import plan_of_undo
from kube.plans.inverse import Conflicts
from kube.plans.plan import Plan
from tasks.seals import journal_of
from tasks.step import step


@step
async def plan_recovery(
    cluster: Cluster, sealed: Sealed, way: Way, conflicts: Conflicts = "stop"
) -> Plan:
    """Plan the rest of a run or its way back, by what of its sealed plan is found."""
    outcomes = await (await journal_of(cluster, sealed.run_id, sealed.plan)).read()
    async with cluster.open() as api:
        return await plan_of_recovery(api, sealed.plan, outcomes, way, conflicts)


@step
async def plan_undo(cluster: Cluster, plan: Plan, written: CarriedOut) -> Plan:
    """Plan the way back of what was carried out of a plan just now."""
    done = changes_done(plan, written.outcomes)
    async with cluster.open() as api:
        return await plan_of_undo(api, plan, done, written.outcomes)
