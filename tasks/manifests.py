"""What a person wrote, read and planned."""

from __future__ import annotations

from blocks.cluster import Cluster
from kube.manifests.documents import load
from kube.operations.apply import plan_of_apply
from kube.planners.apply import ApplyOptions
from kube.plans.plan import Plan
from tasks.step import step


@step
async def plan_manifests(cluster: Cluster, manifests: str, options: ApplyOptions) -> Plan:
    """Read the manifests, what is live of them and what the server would make of them; plan."""
    async with cluster.open() as api:
        return await plan_of_apply(api, load(manifests), options)
