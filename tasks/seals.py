"""Sealed plans and the journals beside them, in the record store of their cluster."""

from __future__ import annotations

from datetime import UTC, datetime

from prefect.runtime import flow_run

from blocks.cluster import Cluster
from kube.execution.journal import Journal
from kube.execution.seal import Approval, Sealed
from kube.plans.plan import Plan
from kube.records.storage import PLANS, SEALS
from tasks.errors import OperationError
from tasks.records import load_store
from tasks.step import step


@step
async def seal_plan(
    cluster: Cluster, plan: Plan, approval: Approval | None, area: str = SEALS
) -> str:
    """Put a plan away encrypted under this run; only then may its first write be sent."""
    store = await load_store(cluster.settings.record_store)
    sealed = Sealed(
        run_id=flow_run.get_id() or "",
        cluster=cluster.name,
        sealed_at=datetime.now(UTC),
        plan=plan,
        approval=approval,
    )
    await store.seals().put(sealed, area)
    return sealed.run_id


@step
async def open_seal(cluster: Cluster, run_id: str, area: str = SEALS) -> Sealed:
    """Open the sealed plan of a run.

    Raises:
        OperationError: There is none, or it is another cluster's.
    """
    store = await load_store(cluster.settings.record_store)
    sealed = await store.seals().get(run_id, area)
    if sealed is None:
        raise OperationError(
            f"There is no sealed plan of run {run_id}. The id is that of the run which made it, as "
            "its page shows it."
        )
    if sealed.cluster != cluster.name:
        raise OperationError(
            f"The plan of run {run_id} is of cluster {sealed.cluster!r}, not of {cluster.name!r}."
        )
    return sealed


@step
async def open_plan(cluster: Cluster, run_id: str, digest: str) -> Plan:
    """Open the plan that a run in mode plan showed.

    Raises:
        OperationError: There is none, it is another cluster's, or has another digest.
    """
    plan = (await open_seal.fn(cluster, run_id, PLANS)).plan
    if plan.digest != digest.strip():
        raise OperationError(
            f"The plan of run {run_id} has the digest {plan.digest}, not the one given; nothing "
            "was changed. Look at the plan again."
        )
    return plan


async def journal_of(cluster: Cluster, run_id: str, plan: Plan) -> Journal:
    """Return the journal of a plan in a run; a run that undoes its own plan has two."""
    store = await load_store(cluster.settings.record_store)
    return Journal(store.storage(), f"{run_id}/{plan.digest[-12:]}")
