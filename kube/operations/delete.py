"""Delete objects: find what is meant, and plan. What is planned is carried out by the one way."""

from __future__ import annotations

from kube.api.client import ApiClient
from kube.api.identity import cluster_uid
from kube.objects.selection import ObjectSelection
from kube.operations.selection import Made, find_objects
from kube.planners.delete import DeleteOptions, plan_delete
from kube.plans.plan import Plan


async def plan_of_delete(
    api: ApiClient, selection: ObjectSelection, options: DeleteOptions, made: Made | None = None
) -> Plan:
    """Read what a selection means and plan its deletion; nothing is written.

    Args:
        api: The cluster.
        selection: What is meant; `kube.operations.selection.check_selection` let it pass.
        options: How.
        made: What the selection's run made, where it names one.

    Raises:
        Refused: The selection means nothing certain.
        KubeError: See `kube.api.errors`.
    """
    found = await find_objects(api, selection, made)
    return plan_delete(
        found.targets,
        found.live,
        cluster_uid=await cluster_uid(api),
        options=options,
        selected_from=found.selected_from,
    )
