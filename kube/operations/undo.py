"""The inverse plan of a recorded run, made against what is live now."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping

from kube.api.client import ApiClient
from kube.api.errors import Forbidden
from kube.api.live import Live, read_live
from kube.execution.write import try_change
from kube.objects.ref import Name, ObjectRef
from kube.plans.change import Change, Object
from kube.plans.inverse import Conflicts, undo_change
from kube.plans.masking import Masker
from kube.plans.plan import Blocker, Plan, ReadObject
from kube.records.record import Outcome


async def plan_of_undo(
    api: ApiClient,
    plan: Plan,
    done: Iterable[Change],
    outcomes: Iterable[Outcome] = (),
    conflicts: Conflicts = "stop",
) -> Plan:
    """Plan the way back of what was carried out of a plan.

    Args:
        api: The cluster.
        plan: The plan that was carried out.
        done: Those of its changes that reached the cluster.
        outcomes: What was written down of them: the uid of a created object tells it from another
            that was given its name since.
        conflicts: What becomes of fields that somebody else changed since.

    Raises:
        KubeError: See `kube.api.errors`.
    """
    changes = list(done)
    live = await read_live(api, ((change.resource, change.ref) for change in changes))
    inverse = inverse_plan(plan, changes, live, uids_of(outcomes), conflicts)
    return await _tried(api, inverse)


async def _tried(api: ApiClient, plan: Plan) -> Plan:
    """Let the server check an inverse plan: what it refuses is a blocker, and no surprise later."""
    anew = {change.ref.name for change in plan.writes if change.action == "create"}
    # What lies in a namespace, or is of a kind, that the plan itself makes again comes later; so
    # does the second write of one object.
    firsts = {change.ref.identity: change for change in reversed(plan.writes)}
    changes = [
        change
        for change in firsts.values()
        if change.ref.namespace not in anew
        and f"{change.resource.plural}.{change.resource.group}" not in anew
    ]
    errors = await asyncio.gather(*(try_change(api, change) for change in changes))
    refused = [
        Blocker(message=f"the server refuses to take it back: {error}", ref=change.ref)
        for change, error in zip(changes, errors, strict=True)
        # What is not allowed is told by the guards, with the right that is missing.
        if error is not None and not isinstance(error, Forbidden)
    ]
    if not refused:
        return plan
    return plan.model_copy(update={"blockers": (*plan.blockers, *refused)})


def inverse_plan(
    plan: Plan,
    done: Iterable[Change],
    live: Live,
    uids: Mapping[Name, str | None],
    conflicts: Conflicts = "stop",
) -> Plan:
    """Turn the changes around and the order too: what came last goes first.

    An object that somebody else changed in a touched field is a blocker; one that is already as it
    was before is left out.
    """
    masker, changes, blockers = Masker(plan.secret_texts), [], []
    last = max((change.step for change in plan.changes), default=0)
    then: dict[ObjectRef, Object | None] = dict(live)
    for change in sorted(done, key=lambda change: change.step, reverse=True):
        uid = uids.get(change.ref.identity)
        inverse = undo_change(
            change, then.get(change.ref), uid=uid, masker=masker, conflicts=conflicts
        )
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


def uids_of(outcomes: Iterable[Outcome]) -> dict[Name, str | None]:
    """Return the uid that each written object had, None where that is not known."""
    return {outcome.ref.identity: outcome.ref.uid for outcome in outcomes}
