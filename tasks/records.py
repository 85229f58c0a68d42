from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from functools import wraps
from inspect import signature
from typing import Any, ParamSpec, cast
from uuid import UUID

from prefect import get_client, get_run_logger
from prefect.artifacts import acreate_markdown_artifact, acreate_table_artifact
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed
from pydantic import ValidationError

from blocks.cluster import Cluster
from blocks.record_store import RecordStore
from kube.api.counting import counted_requests
from kube.api.errors import KubeError, Refused
from kube.manifests.problems import Invalid
from kube.objects.selector import InvalidSelector
from kube.records.findings import Findings, Report, RunContext, record_of
from kube.records.record import Record
from kube.records.report.record import render_record
from kube.records.selection import namespaces_of
from kube.records.storage import StorageError
from tasks.errors import AlreadyRunning, OperationError, OperationFailed
from tasks.memory import keep_imports
from tasks.run import describe_run
from tasks.step import step

P = ParamSpec("P")
DEFAULT_STORE = "default"
MAX_NAMESPACE_TAGS = 20  # a page of the UI shows them all; the record has the rest
EXPECTED_ERRORS = (
    KubeError,
    OperationError,
    StorageError,
    Invalid,
    InvalidSelector,
)


def recorded(steps: Callable[P, Awaitable[Findings]]) -> Callable[P, Awaitable[Record]]:
    """Make a flow of the steps that end in findings: the record is made, kept and shown.

    Put it under `@flow`. The run's state says what the record says; a typed error becomes a record
    too, so that a refused or failed operation is as findable as one that went well.
    """

    @wraps(steps)
    async def operation(*args: P.args, **kwargs: P.kwargs) -> Any:
        keep_imports()
        parameters = dict(signature(steps).bind(*args, **kwargs).arguments)
        run = describe_run(parameters)
        await tag_run(run.id, [f"operation:{run.operation}", *_cluster_tags(run)])
        with counted_requests() as requests:
            findings = await _found(steps(*args, **kwargs))
        record = record_of(run, findings, datetime.now(UTC), requests.total())
        await tag_run(run.id, _namespace_tags(record))
        await keep_record(record, store_name(parameters))
        await show_record(record, findings.report)
        return state_of(record)

    return operation


async def _found(steps: Awaitable[Findings]) -> Findings:
    """Await the steps; an error that says what is wrong becomes findings."""
    try:
        return await steps
    except AlreadyRunning as error:
        return Findings(message=str(error), report=Report(render_record), skipped=True)
    except EXPECTED_ERRORS as error:
        get_run_logger().error("%s", error)
        return Findings(
            message=str(error),
            report=Report(render_record),
            failure="Refused" if isinstance(error, Refused) else "Failed",
        )


def store_name(parameters: dict[str, Any]) -> str:
    """Return the record store of the cluster among the parameters, or the default one."""
    clusters = [value for value in parameters.values() if isinstance(value, Cluster)]
    return clusters[0].settings.record_store if clusters else DEFAULT_STORE


async def tag_run(run_id: str, tags: Sequence[str]) -> None:
    """Add tags to a run, so that it is found by them in the UI and by API."""
    if not tags:
        return
    async with get_client() as client:
        flow_run = await client.read_flow_run(UUID(run_id))
        await client.update_flow_run(UUID(run_id), tags=sorted({*flow_run.tags, *tags}))


def _cluster_tags(run: RunContext) -> list[str]:
    return [f"cluster:{run.cluster}"] if run.cluster else []


def _namespace_tags(record: Record) -> list[str]:
    """Return the tags of the namespaces in which a run changed something, or planned to."""
    return [f"namespace:{name}" for name in namespaces_of(record)[:MAX_NAMESPACE_TAGS]]


@step
async def keep_record(record: Record, store: str) -> str:
    """Store the record for ever and return its key.

    Raises:
        StorageError: The store is missing or cannot be written.
    """
    return await (await load_store(store)).open().put(record)


@step
async def read_latest(operation: str, cluster: Cluster) -> Record | None:
    """Return the newest record with a result of an operation on a cluster, None where none is.

    A run that was skipped or that failed early leaves a record too; it says nothing of the cluster.

    Raises:
        StorageError: The store is missing or cannot be read.
    """
    store = (await load_store(cluster.settings.record_store)).open()
    return next(iter(await store.latest(operation, cluster.name, 1, with_result=True)), None)


async def load_store(name: str) -> RecordStore:
    """Load a record store block.

    Raises:
        StorageError: There is no such block, or its settings make no sense.
    """
    try:
        return cast(RecordStore, await RecordStore.aload(name))
    except RuntimeError as error:  # Prefect's, about a validation
        told = error.__cause__.errors() if isinstance(error.__cause__, ValidationError) else []
        reasons = (
            "; ".join(str(one["msg"]).removeprefix("Value error, ") for one in told)
            or "it is malformed"
        )
        raise StorageError(f"The record store block {name!r} cannot be used: {reasons}.") from None
    except ValueError as error:
        raise StorageError(
            f"There is no record store block {name!r}. Make it with `python -m deployments setup`, "
            "or name another one in the cluster's block."
        ) from error


@step
async def show_record(record: Record, report: Report) -> None:
    """Show the record as artifacts of the run: markdown for people, a table for machines."""
    key = "-".join(filter(None, (record.operation, record.cluster)))
    await acreate_markdown_artifact(
        report.markdown(record), key=key, description=record.verdict.message
    )
    if report.table is not None:
        await acreate_table_artifact(report.table(record), key=f"{key}-table")


def state_of(record: Record) -> State[Record]:
    """Return the run state that says what the record says."""
    verdict = record.verdict
    if verdict.good:
        return Completed(name=verdict.name, message=verdict.message, data=record)
    error = OperationFailed(verdict.message, record)  # what a flow that calls this one gets
    return Failed(name=verdict.name, message=verdict.message, data=error)
