from prefect import flow

from blocks.cluster import Cluster
from kube.execution.options import RunOptions
from kube.objects.selection import ObjectSelection
from kube.planners.delete import DeleteOptions
from kube.records.findings import Findings
from tasks.objects import plan_deletion
from tasks.plans import settle_plan
from tasks.records import recorded


@flow(flow_run_name="delete-objects-{cluster.name}-{run.mode}")
@recorded
async def delete_objects(
    cluster: Cluster,
    objects: ObjectSelection,
    options: DeleteOptions = DeleteOptions(),
    run: RunOptions = RunOptions(),
) -> Findings:
    """Delete objects in the reverse order of applying them, and wait until they are gone.

    Args:
        cluster: The registered cluster.
        objects: Which ones: by name, by selector, by the run that made them, or by their ApplySet.
        options: What becomes of the objects they own, and of names that do not exist.
        run: Plan, ask or apply; the default shows what would change and changes nothing.
    """
    plan = await plan_deletion(cluster, objects, options)
    return await settle_plan(cluster, plan, run)
