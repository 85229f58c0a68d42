from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime

from prefect.events import emit_event

from blocks.cluster import Cluster
from kube.api.access import missing_permissions
from kube.api.client import ApiClient
from kube.api.errors import KubeError, Refused
from kube.api.retry import RetryPolicy
from kube.clusters.capability import CapabilityLevel, needed_permissions
from kube.clusters.findings import standing_of
from kube.clusters.measurement import measure, unmeasured
from kube.clusters.reach import probe, reach_status
from kube.clusters.snapshot import ClusterSnapshot, Reach
from kube.records.record import Record
from tasks.step import step

NAMED_PERMISSIONS = 12
# A fact that three requests do not bring is told as it is; the next refresh asks again.
MEASURE_ATTEMPTS = 3


@step
async def probe_cluster(cluster: Cluster) -> Reach:
    """Reach a cluster once, without retries, and tell its version or how it failed."""
    began, connection = time.monotonic(), cluster.connection()
    settings = replace(cluster.client_settings(), retry=RetryPolicy(attempts=1))
    try:
        async with ApiClient(connection, settings) as api:
            reach = await probe(api)
    except KubeError as error:  # signing in failed, before there was a request
        reach = Reach(status=reach_status(error), message=str(error))
    return reach.model_copy(update={"seconds": round(time.monotonic() - began, 3)})


@step
async def check_access(cluster: Cluster, level: CapabilityLevel) -> Reach:
    """Prove that a cluster is reached and allows what a capability level needs.

    Raises:
        InvalidKubeconfig: The credentials are malformed.
        Refused: The cluster is not reached, or a permission is missing.
    """
    cluster.connection()
    reach = await probe_cluster.fn(cluster)
    if reach.status != "ok":
        raise Refused(f"The cluster is not reached ({reach.status}): {reach.message}")
    async with cluster.open() as api:
        needed = needed_permissions(level, cluster.settings.allowed_namespaces)
        missing = await missing_permissions(api, needed)
    if missing:
        named = "; ".join(str(permission) for permission in missing[:NAMED_PERMISSIONS])
        more = len(missing) - NAMED_PERMISSIONS
        raise Refused(
            f"The capability {level!r} needs permissions that {api.connection.identity.user!r} "
            f"does not have: {named}{f'; and {more} more' if more > 0 else ''}. Grant them (see "
            f"deployments/rbac/{level}.yaml) or choose a lower capability."
        )
    return reach


@step
async def measure_cluster(
    cluster: Cluster, reach: Reach, earlier: Record | None
) -> ClusterSnapshot:
    """Measure a cluster's state; one that does not answer is a finding, and no error."""
    now, previous = datetime.now(UTC), standing_of(earlier)
    if reach.status != "ok":
        return unmeasured(cluster.facts().server, reach, now, previous)
    settings = replace(cluster.client_settings(), retry=RetryPolicy(attempts=MEASURE_ATTEMPTS))
    async with ApiClient(cluster.connection(), settings) as api:
        return await measure(api, reach, now, previous)


@step
async def announce_health(name: str, snapshot: ClusterSnapshot) -> bool:
    """Emit `capstan.cluster.health-changed` where this refresh changed the cluster's health."""
    standing = snapshot.standing
    if not standing.changed:
        return False
    emit_event(
        "capstan.cluster.health-changed",
        resource={"prefect.resource.id": f"capstan.cluster.{name}", "prefect.resource.name": name},
        payload={
            "from": standing.previous,
            "to": standing.status,
            "reasons": list(snapshot.health.reasons),
        },
    )
    return True
