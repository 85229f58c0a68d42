from prefect import flow

from blocks.cluster import Cluster
from kube.execution.options import RunOptions
from kube.operations.recovery import Way
from kube.plans.inverse import Conflicts
from kube.records.findings import Findings
from tasks.freshness import check_fresh
from tasks.plans import settle_plan
from tasks.records import recorded
from tasks.recovery import plan_recovery
from tasks.seals import open_plan, open_seal


@flow(flow_run_name="apply-plan-{cluster.name}")
@recorded
async def apply_plan(
    cluster: Cluster, run_id: str, digest: str, run: RunOptions = RunOptions(mode="apply")
) -> Findings:
    """Carry out exactly the plan that an earlier run showed, if its objects are still the same.

    Args:
        cluster: The cluster that the plan is of.
        run_id: Id of the run in mode plan that made it.
        digest: The plan's digest; another one is refused.
        run: Apply, or ask for approval before.
    """
    plan = await open_plan(cluster, run_id, digest)
    await check_fresh(cluster, plan)
    return await settle_plan(cluster, plan, run)


@flow(flow_run_name="undo-{cluster.name}-{run.mode}")
@recorded
async def undo(
    cluster: Cluster, run_id: str, conflicts: Conflicts = "stop", run: RunOptions = RunOptions()
) -> Findings:
    """Take back what a run changed: created objects go, changed fields return, deleted ones too.

    Args:
        cluster: The cluster that was changed.
        run_id: Id of the run to undo.
        conflicts: Where somebody else changed the same field since: stop, keep theirs, or force
            what was before.
        run: Plan, ask or apply; the default shows what would change and changes nothing.
    """
    sealed = await open_seal(cluster, run_id)
    plan = await plan_recovery(cluster, sealed, "undo", conflicts)
    return await settle_plan(cluster, plan, run)


@flow(flow_run_name="recover-{cluster.name}-{run.mode}")
@recorded
async def recover(
    cluster: Cluster, run_id: str, way: Way = "finish", run: RunOptions = RunOptions()
) -> Findings:
    """Finish or undo what a killed run began, after comparing its sealed plan with what is live.

    Args:
        cluster: The cluster that was changed.
        run_id: Id of the run that was interrupted.
        way: Carry out what is not done, or take back what is.
        run: Plan, ask or apply; the default shows what would change and changes nothing.
    """
    sealed = await open_seal(cluster, run_id)
    plan = await plan_recovery(cluster, sealed, way)
    return await settle_plan(cluster, plan, run)
