from prefect import flow

from blocks.cluster import Cluster
from kube.execution.options import RunOptions
from kube.planners.apply import ApplyOptions
from kube.records.findings import Findings
from tasks.manifests import plan_manifests
from tasks.plans import settle_plan
from tasks.records import recorded


@flow(flow_run_name="apply-yaml-{cluster.name}-{run.mode}")
@recorded
async def apply_yaml(
    cluster: Cluster,
    manifests: str,
    options: ApplyOptions = ApplyOptions(),
    run: RunOptions = RunOptions(),
) -> Findings:
    """Apply YAML manifests: planned first, carried out as planned, taken back by undo.

    Args:
        cluster: The registered cluster.
        manifests: YAML documents; Lists are taken apart. At most 512 KB with all parameters.
        options: Namespace of objects that name none, and who wins over other managers.
        run: Plan, ask or apply; the default shows what would change and changes nothing.
    """
    plan = await plan_manifests(cluster, manifests, options)
    return await settle_plan(cluster, plan, run)
