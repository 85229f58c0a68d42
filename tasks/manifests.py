"""What a person wrote, found where it is, read and planned."""

from __future__ import annotations

from pathlib import Path

from blocks.cluster import Cluster
from kube.manifests.limits import DEFAULT_LIMITS
from kube.operations.apply import plan_of_apply
from kube.operations.origin import with_origin
from kube.planners.apply import ApplyOptions
from kube.plans.plan import Plan
from kube.sources.address import read_address, shown
from kube.sources.bundle import Bundle, ManifestFile, bundle_of
from kube.sources.checkout import read_checkout
from kube.sources.source import ManifestSource
from tasks.step import step


@step
async def read_manifests(source: ManifestSource) -> Bundle:
    """Read the manifests of a text, an address or the checkout.

    Raises:
        Invalid: They are not there, or not good; see `kube.manifests.problems`.
    """
    kind = source.kind
    if kind == "text":
        return bundle_of([ManifestFile(text=source.text or "")], kind, "")
    if kind == "address":
        address = source.address or ""
        file = await read_address(address, source.sha256, DEFAULT_LIMITS.text_bytes)
        return bundle_of([file], kind, shown(address))
    path = source.path or ""
    # A worker runs a deployment with its checkout as the working folder.
    files = read_checkout(Path.cwd(), path, DEFAULT_LIMITS.text_bytes)
    return bundle_of(files, kind, path)


@step
async def plan_manifests(cluster: Cluster, bundle: Bundle, options: ApplyOptions) -> Plan:
    """Read what is live of the objects and what the server would make of them; plan."""
    async with cluster.open() as api:
        return with_origin(await plan_of_apply(api, bundle.documents, options), bundle)
