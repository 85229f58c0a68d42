"""What a person wrote, found where it is, read and planned."""

from __future__ import annotations

from pathlib import Path

from blocks.cluster import Cluster
from kube.manifests.limits import DEFAULT_LIMITS
from kube.manifests.problems import InvalidSource
from kube.operations.apply import plan_of_apply
from kube.operations.origin import with_origin
from kube.planners.apply import ApplyOptions
from kube.plans.plan import Plan
from kube.sources.address import read_address, shown
from kube.sources.bundle import Bundle, ManifestFile, bundle_of
from kube.sources.checkout import read_checkout
from kube.sources.source import ManifestSource
from tasks.step import step


async def read_files(source: ManifestSource) -> tuple[ManifestFile, ...]:
    """Read the text of a source, its address or its path in the checkout.

    Raises:
        InvalidSource: It is not there or may not be read; or the source is a template.
    """
    match source.kind:
        case "text":
            return (ManifestFile(text=source.text or ""),)
        case "address":
            address, limit = source.address or "", DEFAULT_LIMITS.text_bytes
            return (await read_address(address, source.sha256, limit),)
        case "path":
            # A worker runs a deployment with its checkout as the working folder.
            return read_checkout(Path.cwd(), source.path or "", DEFAULT_LIMITS.text_bytes)
        case _:
            raise InvalidSource.because("A template is made of a text, an address or a path.")


def bundle_of_files(source: ManifestSource, files: tuple[ManifestFile, ...]) -> Bundle:
    """Take the texts of a source apart into objects.

    Raises:
        Invalid: They are no good; see `kube.manifests.problems`.
    """
    name = shown(source.address) if source.address else source.path or ""
    return bundle_of(files, source.kind, name)


@step
async def plan_manifests(cluster: Cluster, bundle: Bundle, options: ApplyOptions) -> Plan:
    """Read what is live of the objects and what the server would make of them; plan."""
    async with cluster.open() as api:
        return with_origin(await plan_of_apply(api, bundle.documents, options), bundle)
