"""The inverse plan of a recorded run, made against what is live now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kube.api.client import ApiClient
from kube.api.live import Live, read_live
from kube.objects.ref import ObjectRef
from kube.plans.change import Change, Object
from kube.plans.inverse import undo_change
from kube.plans.masking import Masker
from kube.plans.plan import Blocker, Plan, ReadObject
from kube.records.record import Outcome

Name = tuple[str, str | None, str]


async def plan_of_undo(
    api: ApiClient, plan: Plan, done: Iterable[Change], outcomes: Iterable[Outcome] = ()
) -> Plan:
    """Plan the way back of what was carried out of a plan.

    Args:
        api: The cluster.
        plan: The plan that was carried out.
        done: Those of its changes that reached the cluster.
        outcomes: What was written down of them: the uid of a created object tells it from another
            that was given its name since.

    Raises:
        KubeError: See `kube.api.errors`.
    """
    changes = list(done)
    live = await read_live(api, ((change.resource, change.ref) for change in changes))
    uids = {_name(outcome.ref): outcome.ref.uid for outcome in outcomes}
    return inverse_plan(plan, changes, live, uids)


def inverse_plan(
    plan: Plan, done: Iterable[Change], live: Live, uids: Mapping[Name, str | None]
) -> Plan:
    """Turn the changes around and the order too: what came last goes first.

    An object that somebody else changed in a touched field is a blocker; one that is already as it
    was before is left out.
    """
    masker, changes, blockers = Masker(plan.secret_texts), [], []
    last = max((change.step for change in plan.changes), default=0)
    then: dict[ObjectRef, Object | None] = dict(live)
    for change in sorted(done, key=lambda change: change.step, reverse=True):
        uid = uids.get(_name(change.ref))
        inverse = undo_change(change, then.get(change.ref), uid=uid, masker=masker)
        if isinstance(inverse, Blocker):
            blockers.append(inverse)
        elif inverse is not None:
            changes.append(inverse.model_copy(update={"step": last - inverse.step}))
            # An object that was written twice goes back twice, each time from where it then is.
            then[change.ref] = _with_owners(inverse.after, live.get(change.ref))
    return Plan(
        operation="undo",
        planner="undo",
        cluster_uid=plan.cluster_uid,
        options={"undoes": plan.digest},
        secret_texts=plan.secret_texts,
        read=tuple(
            ReadObject(ref=ref, resource_version=found["metadata"]["resourceVersion"])
            for ref, found in sorted(live.items(), key=lambda entry: str(entry[0]))
        ),
        changes=tuple(sorted(changes, key=lambda change: change.step)),
        blockers=tuple(blockers),
    )


def _with_owners(after: Object | None, live: Object | None) -> Object | None:
    """Return an object as it will be, with the managedFields that it has now."""
    if after is None or live is None:
        return after
    fields = live["metadata"].get("managedFields")
    return {**after, "metadata": {**after["metadata"], "managedFields": fields}}


def _name(ref: ObjectRef) -> Name:
    return (ref.kind, ref.namespace, ref.name)
