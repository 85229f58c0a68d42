from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import cast

from prefect import get_client

from blocks.cluster import Cluster, ClusterCredentials, ClusterVersion
from kube.clusters.findings import latest_snapshot
from kube.clusters.inventory import Inventory, InventoryRow, row_of
from kube.clusters.registration import (
    ClusterChanges,
    ClusterSettings,
    changed_settings,
    is_cluster_name,
)
from kube.objects.ref import ObjectRef
from kube.records.record import Outcome
from kube.records.storage import StorageError
from tasks.errors import OperationError
from tasks.fan_out import forget_slots
from tasks.records import load_store, read_latest
from tasks.references import parameters_in_use
from tasks.step import step


async def load_cluster(name: str) -> Cluster:
    """Load a registered cluster.

    Raises:
        OperationError: No cluster of that name is registered.
    """
    try:
        return cast(Cluster, await Cluster.aload(name))
    except ValueError as error:
        raise OperationError(
            f"No cluster {name!r} is registered. `list-clusters` shows those that are, "
            "`register-cluster` adds one."
        ) from error


@step
async def read_clusters() -> dict[str, Cluster]:
    """Load every registered cluster, by name in order."""
    async with get_client() as client:
        documents = await client.read_block_documents_by_type(
            Cluster.get_block_type_slug(), include_secrets=True
        )
    clusters = {
        str(document.name): Cluster._from_block_document(document)
        for document in documents
        if document.name
    }
    return dict(sorted(clusters.items()))


@step
async def read_inventory() -> Inventory:
    """Return all registered clusters with what their last refresh found, or why it is unknown."""
    clusters = await read_clusters.fn()
    rows = await asyncio.gather(*(_row(name, cluster) for name, cluster in clusters.items()))
    return Inventory(rows=tuple(rows))


async def _row(name: str, cluster: Cluster) -> InventoryRow:
    """Return one cluster's row; a record store that is gone is this cluster's problem only."""
    try:
        record = await read_latest.fn("refresh-cluster", cluster)
    except StorageError as error:
        return row_of(name, cluster.facts(), None, str(error))
    return row_of(name, cluster.facts(), latest_snapshot(record))


@step
async def new_cluster(
    name: str, credentials: ClusterCredentials, settings: ClusterSettings
) -> Cluster:
    """Make a cluster of credentials and settings; nothing is stored yet.

    Raises:
        OperationError: The name is taken, or no cluster can have it.
    """
    if not is_cluster_name(name):
        raise OperationError(
            f"A cluster cannot be called {name!r}: a name is 1 to 63 lower-case letters, digits "
            "and dashes, with no dash at either end."
        )
    if name in await read_clusters.fn():
        raise OperationError(
            f"A cluster {name!r} is registered already. Change it with `update-cluster`, or forget "
            "it with `remove-clusters` first."
        )
    return Cluster(**_credential_values(credentials), settings=settings)


def updated_cluster(
    cluster: Cluster, changes: ClusterChanges, credentials: ClusterCredentials | None
) -> Cluster:
    """Return the cluster with the changes and, where given, other credentials."""
    values = _credential_values(credentials or cluster)
    if "context" in changes.clear:
        values["context"] = None
    return Cluster(**values, settings=changed_settings(cluster.settings, changes))


@step
async def save_cluster(name: str, cluster: Cluster, earlier: Cluster | None = None) -> None:
    """Save a cluster's block; the `earlier` version that it replaces is kept beside it.

    Raises:
        StorageError: The cluster's settings name a record store that is not there.
    """
    await load_store(cluster.settings.record_store)
    if earlier is not None:
        moment = datetime.now(UTC).strftime("%Y%m%dt%H%M%S%f")
        values = {**_credential_values(earlier), "settings": earlier.settings}
        await ClusterVersion(**values).asave(f"{name}-{moment}")
    await cluster.asave(name, overwrite=earlier is not None)


@step
async def find_references(names: list[str]) -> dict[str, tuple[str, ...]]:
    """Find what points to clusters: deployments and their schedules, by the cluster's name.

    A reference is a slug or a document id anywhere in the parameters. A name that is not registered
    has none.
    """
    clusters = await read_clusters.fn()
    needles = {name: _needles(name, clusters[name]) for name in names if name in clusters}
    found: dict[str, list[str]] = {name: [] for name in needles}
    for place, parameters in (await parameters_in_use()).items():
        for name, texts in needles.items():
            if any(text in parameters for text in texts):
                found[name].append(place)
    return {name: tuple(places) for name, places in found.items()}


@step
async def forget_clusters(
    names: list[str], references: dict[str, tuple[str, ...]], force: bool
) -> tuple[Outcome, ...]:
    """Delete the blocks of clusters that nothing points to; one outcome per name."""
    return tuple([await _forget(name, references, force) for name in dict.fromkeys(names)])


async def _forget(name: str, references: dict[str, tuple[str, ...]], force: bool) -> Outcome:
    ref = ObjectRef(api_version="capstan/v1", kind="Cluster", name=name)
    if name not in references:
        return Outcome(ref=ref, status="failed", reason="no cluster of that name is registered")
    if references[name] and not force:
        used = ", ".join(references[name])
        reason = f"still used by {used}; change those first, or force it"
        return Outcome(ref=ref, status="blocked", reason=reason)
    await Cluster.adelete(name)
    await forget_slots(name)
    return Outcome(ref=ref, status="changed", reason="forgotten; the cluster itself is untouched")


def _needles(name: str, cluster: Cluster) -> Iterable[str]:
    return (f"'{cluster.get_block_type_slug()}/{name}'", str(cluster._block_document_id))


def _credential_values(credentials: ClusterCredentials) -> dict[str, object]:
    return {name: getattr(credentials, name) for name in ClusterCredentials.model_fields}
