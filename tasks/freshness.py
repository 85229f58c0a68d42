"""A plan that waited, for an approval or in the store, is carried out only if it still holds."""

from __future__ import annotations

from blocks.cluster import Cluster
from kube.api.errors import Refused
from kube.operations.freshness import stale_objects
from kube.plans.plan import Plan
from tasks.step import step

MAX_NAMED = 5


@step
async def check_fresh(cluster: Cluster, plan: Plan) -> None:
    """Read the objects of a plan again, before its first write.

    Raises:
        Refused: Some of them changed since the plan was made.
    """
    async with cluster.open() as api:
        stale = await stale_objects(api, plan)
    if stale:
        more = f"; and {len(stale) - MAX_NAMED} more" if len(stale) > MAX_NAMED else ""
        raise Refused(
            f"The plan is stale, so nothing was changed: {'; '.join(stale[:MAX_NAMED])}{more}. An "
            "approval holds for what was shown only. Plan again and look at the new plan."
        )
