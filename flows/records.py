from prefect import flow

from kube.operations.records import compared, listed, shown
from kube.records.findings import Findings
from kube.records.selection import RecordFilter
from tasks.lookups import find_record, search_records
from tasks.records import recorded


@flow
@recorded
async def list_records(wanted: RecordFilter = RecordFilter(), record_store: str = "") -> Findings:
    """List what was done: by cluster, object, operation, time, requester and outcome; newest first.

    Args:
        wanted: What the records must satisfy; empty takes all.
        record_store: Name of the record store block to look into; empty looks into every one.
    """
    found, warnings = await search_records(wanted, record_store)
    return listed(found, warnings)


@flow
@recorded
async def show_record(run_id: str, record_store: str = "") -> Findings:
    """Show the record of a run as its page was, also when Prefect has forgotten the run.

    Args:
        run_id: Id of the flow run.
        record_store: Name of the record store block to look into; empty looks into every one.
    """
    return shown(await find_record(run_id, record_store))


@flow
@recorded
async def compare_records(first: str, second: str, record_store: str = "") -> Findings:
    """Compare two runs: parameters, plans, and what became of each object.

    Args:
        first: Id of a flow run.
        second: Id of the flow run to compare it with.
        record_store: Name of the record store block to look into; empty looks into every one.
    """
    return compared(await find_record(first, record_store), await find_record(second, record_store))
