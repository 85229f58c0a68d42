from prefect import flow

from blocks.cluster import Cluster
from blocks.variables import Variables
from kube.execution.options import RunOptions
from kube.operations.rerun import RerunChanges
from kube.planners.apply import ApplyOptions
from kube.records.findings import Findings
from kube.sources.source import ManifestSource
from tasks.manifests import plan_manifests
from tasks.plans import settle_plan
from tasks.records import recorded
from tasks.sources import keep_source, open_source, read_again, read_manifests
from tasks.templates import note_use


@flow(flow_run_name="apply-yaml-{cluster.name}-{run.mode}")
@recorded
async def apply_yaml(
    cluster: Cluster,
    manifests: ManifestSource,
    options: ApplyOptions = ApplyOptions(),
    run: RunOptions = RunOptions(),
    secrets: Variables | None = None,
) -> Findings:
    """Apply YAML manifests: planned first, carried out as planned, taken back by undo.

    Args:
        cluster: The registered cluster.
        manifests: A template with variables, a text, an address (https or s3), or a path in the
            checkout: one of them.
        options: Namespace of objects that name none, and who wins over other managers.
        run: Plan, ask or apply; the default shows what would change and changes nothing.
        secrets: Block with the values of the template's secret variables.
    """
    bundle = await read_manifests(manifests, secrets)
    plan = await plan_manifests(cluster, bundle, options)
    await keep_source(cluster, manifests, bundle, secrets, options)
    await note_use(cluster, plan.source, run)
    return await settle_plan(cluster, plan, run)


@flow(flow_run_name="rerun-{cluster.name}-{run.mode}")
@recorded
async def rerun(
    cluster: Cluster,
    run_id: str,
    changes: RerunChanges = RerunChanges(),
    run: RunOptions = RunOptions(),
    secrets: Variables | None = None,
) -> Findings:
    """Apply what an earlier run applied once more, with the same or other variables; planned first.

    Args:
        cluster: The cluster of that run.
        run_id: Id of the run of apply-yaml or rerun.
        changes: Another version of the template, or other values of variables.
        run: Plan, ask or apply; the default shows what would change and changes nothing.
        secrets: Another block with secret variables; empty takes that of the earlier run.
    """
    kept = await open_source(cluster, run_id)
    manifests, bundle, block = await read_again(kept, changes, secrets)
    plan = await plan_manifests(cluster, bundle, kept.options)
    await keep_source(cluster, manifests, bundle, block, kept.options)
    await note_use(cluster, plan.source, run)
    return await settle_plan(cluster, plan, run)
