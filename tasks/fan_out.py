from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from prefect import get_client
from prefect.concurrency.asyncio import ConcurrencySlotAcquisitionError, concurrency
from prefect.deployments import arun_deployment
from prefect.exceptions import ObjectNotFound

from blocks.cluster import Cluster
from kube.objects.ref import ObjectRef
from kube.records.record import Outcome
from tasks.errors import AlreadyRunning, OperationError

DEFAULT_POOL = "default"
# How long a slot outlives a run whose process was killed; the least that Prefect allows.
LEASE_SECONDS = 60.0
RUN_SECONDS = 600.0
POLL_SECONDS = 2.0
PAGE = 200
_OF = ":"  # stands in no name of a cluster


@asynccontextmanager
async def single_run(operation: str, cluster: Cluster) -> AsyncIterator[None]:
    """Hold the one slot that an operation has on a cluster, in all runs of all workers.

    Raises:
        AlreadyRunning: Another run holds it.
        OperationError: Prefect's server does not say who holds it.
    """
    name = f"{operation}{_OF}{cluster.name}"
    async with get_client() as client:
        await client.upsert_global_concurrency_limit_by_name(name, limit=1)
    try:
        # No time limit: one that a slow server exceeds would pass for a slot that is taken.
        async with concurrency(name, max_retries=0, lease_duration=LEASE_SECONDS, strict=True):
            yield
    except ConcurrencySlotAcquisitionError as error:
        if not _is_taken(error):
            raise OperationError(f"Prefect's server gave no slot for {name}: {error}") from error
        raise AlreadyRunning(
            f"Another {operation} of {cluster.name} is under way; this one did nothing."
        ) from None


async def forget_slots(cluster: str) -> None:
    """Remove the slots of all operations on a cluster that is registered no more."""
    async with get_client() as client:
        offset = 0
        names: list[str] = []
        while page := await client.read_global_concurrency_limits(limit=PAGE, offset=offset):
            offset += len(page)
            names.extend(limit.name for limit in page)
        for name in names:
            if name.rpartition(_OF)[2] == cluster and _OF in name:
                await client.delete_global_concurrency_limit_by_name(name)


def _is_taken(error: ConcurrencySlotAcquisitionError) -> bool:
    """Return whether the server answered 423 Locked, and not that something is wrong."""
    answer = getattr(error.__cause__, "response", None)
    return getattr(answer, "status_code", None) == 423


async def run_on_clusters(
    operation: str, clusters: Mapping[str, str | None], max_concurrent: int
) -> tuple[Outcome, ...]:
    """Start an operation's deployment once per cluster and wait for every run.

    Args:
        operation: Name of the flow, such as `refresh-cluster`.
        clusters: The work pool that reaches each cluster, by the cluster's name; None is the
            default pool. The deployment of a flow for a pool has the pool's name.
        max_concurrent: Runs that are under way at the same time.

    Returns:
        One outcome per cluster, in the order given; a run that fails does not stop the others.
    """
    slots = asyncio.Semaphore(max_concurrent)

    async def one(name: str, pool: str | None) -> Outcome:
        async with slots:
            return await _run_on(operation, name, pool or DEFAULT_POOL)

    return tuple(await asyncio.gather(*(one(name, pool) for name, pool in clusters.items())))


async def _run_on(operation: str, name: str, pool: str) -> Outcome:
    ref = ObjectRef(api_version="capstan/v1", kind="Cluster", name=name)
    try:
        run = await arun_deployment(
            f"{operation}/{pool}",
            # By reference: a block object would be sent with its secrets masked, and fail there.
            parameters={"cluster": {"$ref": {"block_document_slug": f"{_SLUG}/{name}"}}},
            timeout=RUN_SECONDS,
            poll_interval=POLL_SECONDS,
        )
    except ObjectNotFound:
        reason = (
            f"no deployment {operation}/{pool}; run `python -m deployments setup --pool {pool}`"
        )
        return Outcome(ref=ref, status="failed", reason=reason)
    state = run.state
    seconds = run.total_run_time.total_seconds()
    if state is not None and state.is_completed():
        return Outcome(ref=ref, status="unchanged", reason=state.message or "", seconds=seconds)
    told = f"{state.name}: {state.message}" if state else "no state"
    if state is None or not state.is_final():
        told = f"no end within {RUN_SECONDS:.0f} s ({told}); is a worker running for pool {pool}?"
    return Outcome(ref=ref, status="failed", reason=told, seconds=seconds)


_SLUG = str(Cluster.get_block_type_slug())
