from prefect import flow

from blocks.cluster import Cluster
from kube.execution.options import RunOptions
from kube.planners.apply import ApplyOptions
from kube.records.findings import Findings
from kube.sources.source import ManifestSource
from tasks.manifests import plan_manifests, read_manifests
from tasks.plans import settle_plan
from tasks.records import recorded


@flow(flow_run_name="apply-yaml-{cluster.name}-{run.mode}")
@recorded
async def apply_yaml(
    cluster: Cluster,
    manifests: ManifestSource,
    options: ApplyOptions = ApplyOptions(),
    run: RunOptions = RunOptions(),
) -> Findings:
    """Apply YAML manifests: planned first, carried out as planned, taken back by undo.

    Args:
        cluster: The registered cluster.
        manifests: A text, an address (https or s3), or a path in the checkout: one of them.
        options: Namespace of objects that name none, and who wins over other managers.
        run: Plan, ask or apply; the default shows what would change and changes nothing.
    """
    bundle = await read_manifests(manifests)
    plan = await plan_manifests(cluster, bundle, options)
    return await settle_plan(cluster, plan, run)
