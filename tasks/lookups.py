"""Find kept records, in one record store or in all of them."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

from prefect import get_client

from blocks.record_store import RecordStore
from kube.records.record import Record
from kube.records.selection import RecordFilter, RecordList, merged, select
from kube.records.storage import StorageError
from tasks.errors import OperationError
from tasks.records import load_store
from tasks.step import step


@step
async def find_record(run_id: str, store: str = "") -> Record:
    """Return the record of a run.

    Args:
        run_id: Id of the flow run.
        store: Name of a record store block; "" looks into every one.

    Raises:
        OperationError: No run of this id has left a record that could be looked up.
    """
    run_id, problems, sealed = run_id.strip(), list[str](), False
    for name in await _stores(store):
        try:
            block = await load_store(name)
            found = await block.open().find(run_id)
            sealed = sealed or await block.storage().get(f"seals/{run_id}") is not None
        except StorageError as error:
            problems.append(f" The store {name!r} could not be looked into: {error}")
            continue
        if found is not None:
            return found
    raise OperationError(_no_record(run_id, sealed) + "".join(problems))


def _no_record(run_id: str, sealed: bool) -> str:
    if sealed:
        return (
            f"The run {run_id} sealed a plan and has left no record: it is under way, or it was "
            "killed. In that case `recover` compares its plan with the cluster and finishes it."
        )
    return (
        f"No record of a run {run_id} is kept. The id is the flow run's, as its page and "
        "`list-records` show it; a run leaves its record when it ends."
    )


@step
async def search_records(
    wanted: RecordFilter, store: str = ""
) -> tuple[RecordList, tuple[str, ...]]:
    """Return what a filter finds, newest first, and what could not be looked into.

    Raises:
        StorageError: The store that was named is missing or cannot be read.
    """
    stores = await _stores(store)
    ends = await asyncio.gather(*(_search(name, wanted) for name in stores), return_exceptions=True)
    lists: list[RecordList] = []
    warnings: list[str] = []
    for name, end in zip(stores, ends, strict=True):
        if isinstance(end, RecordList):
            lists.append(end)
        elif isinstance(end, StorageError) and not store:
            warnings.append(f"The store {name!r} could not be looked into: {end}")
        else:
            raise end
    return merged(lists, wanted.limit), tuple(warnings)


async def _search(store: str, wanted: RecordFilter) -> RecordList:
    kept = (await load_store(store)).open()
    records = kept.newest(wanted.operation, wanted.cluster, wanted.since, wanted.until)
    async with aclosing(records):
        return await select(records, wanted)


async def _stores(name: str) -> list[str]:
    """Return the store of a name, or the names of all there are, in order."""
    if name:
        return [name]
    async with get_client() as client:
        documents = await client.read_block_documents_by_type(
            RecordStore.get_block_type_slug(), include_secrets=False
        )
    return sorted(str(document.name) for document in documents if document.name)
