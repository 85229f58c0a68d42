"""Operations on objects that are in the cluster already."""

from __future__ import annotations

from blocks.cluster import Cluster
from kube.objects.selection import ObjectSelection
from kube.operations.delete import plan_of_delete
from kube.operations.selection import Made, check_selection
from kube.planners.delete import DeleteOptions
from kube.plans.plan import Plan
from tasks.seals import journal_of, open_seal
from tasks.step import step


@step
async def plan_deletion(cluster: Cluster, objects: ObjectSelection, options: DeleteOptions) -> Plan:
    """Find the objects that are meant and plan their deletion.

    Raises:
        Refused: The selection means nothing certain.
        OperationError: The run that it names has no sealed plan on this cluster.
    """
    check_selection(objects)
    made = await _made_by(cluster, objects.run_id) if objects.run_id else None
    async with cluster.open() as api:
        return await plan_of_delete(api, objects, options, made)


async def _made_by(cluster: Cluster, run_id: str) -> Made:
    sealed = await open_seal.fn(cluster, run_id)
    journal = await journal_of(cluster, run_id, sealed.plan)
    return Made(sealed.plan, await journal.read())
