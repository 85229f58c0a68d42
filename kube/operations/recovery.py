"""After a crash: what of a sealed plan is done, and what is not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from kube.api.client import FIELD_MANAGER, ApiClient
from kube.api.live import Live, read_live
from kube.api.trial import Attempt, Trial, try_all
from kube.objects.ref import Name, ObjectRef
from kube.operations.undo import plan_of_undo, uids_of
from kube.plans.change import Change, Object
from kube.plans.inverse import Conflicts
from kube.plans.normal import comparison_form
from kube.plans.ownership import is_unchanged
from kube.plans.plan import Blocker, Plan
from kube.plans.touched import reversal
from kube.records.record import Outcome

State = Literal["done", "not done", "changed by others"]
Way = Literal["finish", "undo"]


@dataclass(frozen=True)
class Standing:
    """Where one change of an interrupted run stands.

    `reached` tells whether the change came to the cluster, so far as that can be told: an object
    that somebody else made under its name is none of ours. `why` is for those that others changed.
    """

    change: Change
    state: State
    reached: bool
    why: str = ""


async def plan_of_recovery(
    api: ApiClient,
    plan: Plan,
    outcomes: Iterable[Outcome],
    way: Way,
    conflicts: Conflicts = "stop",
) -> Plan:
    """Plan the rest of an interrupted plan, or the way back of what is done of it.

    Args:
        api: The cluster.
        plan: The sealed plan.
        outcomes: What the journal knows of it; it may know less than happened.
        way: Finish it or undo it.
        conflicts: What becomes of fields that somebody else changed since, where it is undone.

    Raises:
        KubeError: See `kube.api.errors`.
    """
    written = list(outcomes)
    standings = await standing_of_plan(api, plan, written)
    found = {"found": {_label(one.change): one.state for one in standings}}
    if way == "finish":
        rest = rest_of_plan(plan, standings)
    else:
        done = [one.change for one in standings if one.reached]
        rest = await plan_of_undo(api, plan, done, written, conflicts)
    return rest.model_copy(update={"options": {**rest.options, **found}})


async def standing_of_plan(
    api: ApiClient, plan: Plan, outcomes: Iterable[Outcome] = ()
) -> tuple[Standing, ...]:
    """Compare the live objects with a sealed plan.

    Raises:
        KubeError: See `kube.api.errors`.
    """
    live = await read_live(api, ((change.resource, change.ref) for change in plan.writes))
    trials = await try_all(
        api,
        (
            Attempt(change.resource, change.ref, change.body, force=change.force)
            for change in plan.writes
            if change.method == "apply" and _is_open(change, live.get(change.ref))
        ),
    )
    return judge_plan(plan, live, {trial.ref: trial for trial in trials}, uids_of(outcomes))


def judge_plan(
    plan: Plan,
    live: Live,
    trials: Mapping[ObjectRef, Trial],
    uids: Mapping[Name, str | None] | None = None,
) -> tuple[Standing, ...]:
    """Tell for each write of a plan whether it is done, by what the objects are now.

    Args:
        plan: The sealed plan.
        live: The objects as they are.
        trials: What applying once more would make of those that cannot be told by sight.
        uids: Of the objects that were written, where the journal has them.
    """
    known = uids or {}
    found = [
        _standing(
            change, live.get(change.ref), trials.get(change.ref), known.get(change.ref.identity)
        )
        for change in plan.writes
    ]
    for places in _written_again(plan.writes):
        judged = _in_a_row([found[place] for place in places])
        for place, standing in zip(places, judged, strict=True):
            found[place] = standing
    return tuple(found)


def _written_again(changes: Iterable[Change]) -> Iterable[list[int]]:
    """Yield the places of the changes whose object is written more than once, as a set's parent."""
    places: defaultdict[Name, list[int]] = defaultdict(list)
    for place, change in enumerate(changes):
        places[change.ref.identity].append(place)
    return (found for found in places.values() if len(found) > 1)


def _in_a_row(found: list[Standing]) -> list[Standing]:
    """Judge the changes of one object: the last that is done tells of those before and after it."""
    states = [one.state for one in found]
    if "done" not in states:
        first = found[0]
        return [replace(first, change=one.change) for one in found]
    last = len(states) - 1 - states[::-1].index("done")
    return [
        Standing(one.change, "done" if place <= last else "not done", reached=place <= last)
        for place, one in enumerate(found)
    ]


def rest_of_plan(plan: Plan, standings: Iterable[Standing]) -> Plan:
    """Return the plan that finishes an interrupted one: what is done is unchanged.

    A change whose object others changed since is a blocker, and so is nothing else.
    """
    judged = list(standings)
    states = {id(one.change): one.state for one in judged}
    changes = tuple(
        change
        if states.get(id(change)) != "done"
        else change.model_copy(update={"action": "unchanged", "reason": "found done"})
        for change in plan.changes
    )
    blockers = tuple(
        Blocker(message=f"{one.why}; plan again", ref=one.change.ref)
        for one in judged
        if one.state == "changed by others"
    )
    options = {**plan.options, "finishes": plan.digest}
    update = {"changes": changes, "blockers": blockers, "options": options, "operation": "recover"}
    return plan.model_copy(update=update)


def changes_done(plan: Plan, outcomes: tuple[Outcome, ...]) -> list[Change]:
    """Return the changes of a plan that reached the cluster."""
    done = {outcome.ref.identity for outcome in outcomes if outcome.status == "changed"}
    return [change for change in plan.writes if change.ref.identity in done]


def _is_open(change: Change, found: Object | None) -> bool:
    """Tell whether only the server can say if an apply is done."""
    if found is None or is_unchanged(change.body, found, FIELD_MANAGER):
        return False
    form = comparison_form(found)
    known = [image for image in (change.before, change.after) if image is not None]
    return not any(comparison_form(image) == form for image in known)


def _standing(
    change: Change, found: Object | None, trial: Trial | None, uid: str | None
) -> Standing:
    if change.action == "delete":
        # One that is on its way out counts as done: there is nothing left to send.
        same = found is not None and found["metadata"]["uid"] == change.preconditions.uid
        leaving = found is not None and "deletionTimestamp" in found["metadata"]
        done = not same or leaving
        return Standing(change, "done" if done else "not done", reached=done)
    if found is None:
        if change.action == "create":
            return Standing(change, "not done", reached=False)
        return _changed(change, "somebody else deleted it since", reached=True)
    if found["metadata"]["uid"] != (uid or change.preconditions.uid or found["metadata"]["uid"]):
        return _changed(change, "somebody else deleted it and made it anew since", reached=True)
    if "deletionTimestamp" in found["metadata"]:
        return _changed(change, "it is being deleted", reached=False)
    if _is_done(change, found, trial):
        return Standing(change, "done", reached=True)
    if change.before is not None and comparison_form(found) == comparison_form(change.before):
        return Standing(change, "not done", reached=False)
    reached = change.action == "update" or uid is not None or _is_ours(found)
    return _changed(change, "somebody else changed it since the plan", reached=reached)


def _is_done(change: Change, found: Object, trial: Trial | None) -> bool:
    if change.method == "apply" and is_unchanged(change.body, found, FIELD_MANAGER):
        return True
    form = comparison_form(found)
    known = [change.after, trial.after if trial else None]
    if any(image is not None and comparison_form(image) == form for image in known):
        return True
    if change.before is None or change.after is None:
        return False
    # Others may have changed what the plan does not touch.
    touched = reversal(found, change.before, change.after).fields
    return bool(touched) and all(field.verdict == "goes back" for field in touched)


def _is_ours(found: Object) -> bool:
    entries = found["metadata"].get("managedFields") or ()
    return any(entry.get("manager") == FIELD_MANAGER for entry in entries)


def _changed(change: Change, why: str, *, reached: bool) -> Standing:
    return Standing(change, "changed by others", reached, why)


def _label(change: Change) -> str:
    return str(change.ref)
