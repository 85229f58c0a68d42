"""The inverse plan of a recorded run, made against what is live now."""

from __future__ import annotations

from collections.abc import Iterable

from kube.api.client import ApiClient
from kube.api.live import Live, read_live
from kube.plans.change import Change
from kube.plans.inverse import undo_change
from kube.plans.masking import Masker
from kube.plans.plan import Blocker, Plan, ReadObject


async def plan_of_undo(api: ApiClient, plan: Plan, done: Iterable[Change]) -> Plan:
    """Plan the way back of what was carried out of a plan.

    Args:
        api: The cluster.
        plan: The plan that was carried out.
        done: Those of its changes that reached the cluster.

    Raises:
        KubeError: See `kube.api.errors`.
    """
    changes = list(done)
    live = await read_live(api, ((change.resource, change.ref) for change in changes))
    return inverse_plan(plan, changes, live)


def inverse_plan(plan: Plan, done: Iterable[Change], live: Live) -> Plan:
    """Turn the changes around and the order too: what came last goes first.

    An object that somebody else changed in a touched field is a blocker; one that is already as it
    was before is left out.
    """
    masker, changes, blockers = Masker(), [], []
    last = max((change.step for change in plan.changes), default=0)
    for change in done:
        inverse = undo_change(change, live.get(change.ref), masker=masker)
        if isinstance(inverse, Blocker):
            blockers.append(inverse)
        elif inverse is not None:
            changes.append(inverse.model_copy(update={"step": last - inverse.step}))
    return Plan(
        operation="undo",
        planner="undo",
        cluster_uid=plan.cluster_uid,
        options={"undoes": plan.digest},
        read=tuple(
            ReadObject(ref=ref, resource_version=found["metadata"]["resourceVersion"])
            for ref, found in sorted(live.items(), key=lambda entry: str(entry[0]))
        ),
        changes=tuple(sorted(changes, key=lambda change: change.step)),
        blockers=tuple(blockers),
    )
