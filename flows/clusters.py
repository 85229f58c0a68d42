from typing import Annotated

from prefect import flow
from pydantic import Field

from blocks.cluster import Cluster, ClusterCredentials
from kube.clusters.capability import CapabilityLevel
from kube.clusters.findings import (
    inventory_findings,
    refresh_findings,
    refreshes_findings,
    registration_findings,
    removal_findings,
    show_findings,
)
from kube.clusters.registration import ClusterChanges, ClusterSettings, Environment
from kube.clusters.snapshot import HealthStatus
from kube.records.findings import Findings
from tasks.cluster_blocks import (
    find_references,
    forget_clusters,
    new_cluster,
    read_inventory,
    save_cluster,
    updated_cluster,
)
from tasks.clusters import announce_health, check_access, measure_cluster, probe_cluster
from tasks.fan_out import run_on_clusters, single_run
from tasks.records import read_latest, recorded


@flow(flow_run_name="register-cluster-{name}")
@recorded
async def register_cluster(
    name: str,
    credentials: ClusterCredentials,
    settings: ClusterSettings = ClusterSettings(),
    capability: CapabilityLevel = "read",
) -> Findings:
    """Register a cluster after its credentials were proved; a refused one is not stored.

    Args:
        name: Name of the cluster: lower-case letters, digits and dashes.
        credentials: Block with the kubeconfig or token; it is copied and may be deleted afterwards.
        settings: What the cluster is, and what may be done to it.
        capability: What Capstan shall be able to do there; the needed permissions are checked.
    """
    cluster = await new_cluster(name, credentials, settings)
    reach = await check_access(cluster, capability)
    await save_cluster(name, cluster)
    return registration_findings(name, cluster.facts(), reach, capability)


@flow(flow_run_name="update-cluster-{cluster.name}")
@recorded
async def update_cluster(
    cluster: Cluster,
    changes: ClusterChanges = ClusterChanges(),
    credentials: ClusterCredentials | None = None,
    capability: CapabilityLevel = "read",
) -> Findings:
    """Change a cluster's settings or credentials; the new ones are proved before they are saved.

    Args:
        cluster: The registered cluster.
        changes: Settings to change; what is not named stays, what is in clear becomes empty.
        credentials: Block with new credentials; none keeps the present ones.
        capability: What Capstan shall be able to do there; the needed permissions are checked.
    """
    updated = updated_cluster(cluster, changes, credentials)
    reach = await check_access(updated, capability)
    await save_cluster(cluster.name, updated, earlier=cluster)
    return registration_findings(cluster.name, updated.facts(), reach, capability)


@flow
@recorded
async def remove_clusters(names: list[str], force: bool = False) -> Findings:
    """Forget registered clusters; the clusters themselves are not touched.

    Args:
        names: Names of the clusters to forget.
        force: Forget a cluster although deployments or schedules point to it.
    """
    references = await find_references(names)
    return removal_findings(await forget_clusters(names, references, force))


@flow
@recorded
async def list_clusters(
    selector: str = "",
    environment: Environment | None = None,
    health: HealthStatus | None = None,
) -> Findings:
    """List the registered clusters with their health and the age of the last refresh.

    Args:
        selector: Label selector, such as team=shop,region in (eu,us); empty takes all.
        environment: Only clusters of this environment.
        health: Only clusters of this health at their last refresh.
    """
    inventory = await read_inventory()
    return inventory_findings(inventory.selected(selector, environment, health))


@flow(flow_run_name="show-cluster-{cluster.name}")
@recorded
async def show_cluster(cluster: Cluster) -> Findings:
    """Show one cluster: settings, identity, last refresh, and whether it answers now.

    Args:
        cluster: The registered cluster; its credentials are never shown.
    """
    reach = await probe_cluster(cluster)
    refreshed = await read_latest("refresh-cluster", cluster)
    return show_findings(cluster.name, cluster.facts(), reach, refreshed)


@flow(flow_run_name="refresh-cluster-{cluster.name}")
@recorded
async def refresh_cluster(cluster: Cluster, fail_when_unreachable: bool = False) -> Findings:
    """Measure a cluster's nodes, pods, workloads, resources and health; changes nothing.

    Args:
        cluster: The registered cluster.
        fail_when_unreachable: Let the run fail where the cluster does not answer; otherwise that
            is a finding, and the run completes.
    """
    async with single_run("refresh-cluster", cluster):
        earlier = await read_latest("refresh-cluster", cluster)
        reach = await probe_cluster(cluster)
        snapshot = await measure_cluster(cluster, reach, earlier)
        await announce_health(cluster.name, snapshot)
    return refresh_findings(
        cluster.name, snapshot, earlier, fail_when_unreachable=fail_when_unreachable
    )


@flow
@recorded
async def refresh_clusters(
    selector: str = "",
    environment: Environment | None = None,
    max_concurrent: Annotated[int, Field(ge=1, le=50)] = 4,
) -> Findings:
    """Refresh many clusters, each in a run of its own; one that fails does not stop the others.

    Args:
        selector: Label selector of the clusters; empty takes all.
        environment: Only clusters of this environment.
        max_concurrent: Refreshes that run at the same time.
    """
    chosen = (await read_inventory()).selected(selector, environment)
    outcomes = await run_on_clusters("refresh-cluster", chosen.work_pools, max_concurrent)
    return refreshes_findings(outcomes)
