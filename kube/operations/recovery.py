"""After a crash: what of a sealed plan is done, and what is not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from kube.api.client import FIELD_MANAGER, ApiClient
from kube.api.live import Live, read_live
from kube.api.trial import Attempt, Trial, try_all
from kube.objects.ref import ObjectRef
from kube.plans.change import Change
from kube.plans.normal import comparison_form
from kube.plans.ownership import is_unchanged
from kube.plans.plan import Blocker, Plan
from kube.records.record import Outcome

State = Literal["done", "not done", "changed by others"]


@dataclass(frozen=True)
class Standing:
    """Where one change of an interrupted run stands."""

    change: Change
    state: State


async def standing_of_plan(api: ApiClient, plan: Plan) -> tuple[Standing, ...]:
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
    return judge_plan(plan, live, {trial.ref: trial for trial in trials})


def judge_plan(plan: Plan, live: Live, trials: Mapping[ObjectRef, Trial]) -> tuple[Standing, ...]:
    """Tell for each write of a plan whether it is done, by what the objects are now.

    Args:
        plan: The sealed plan.
        live: The objects as they are.
        trials: What applying once more would make of those that cannot be told by sight.
    """
    states = [
        _state(change, live.get(change.ref), trials.get(change.ref)) for change in plan.writes
    ]
    for places in _written_again(plan.writes):
        judged = _in_a_row([states[place] for place in places])
        for place, state in zip(places, judged, strict=True):
            states[place] = state
    return tuple(Standing(change, state) for change, state in zip(plan.writes, states, strict=True))


def _written_again(changes: Iterable[Change]) -> Iterable[list[int]]:
    """Yield the places of the changes whose object is written more than once, as a set's parent."""
    places: defaultdict[tuple[str, str | None, str], list[int]] = defaultdict(list)
    for place, change in enumerate(changes):
        places[change.ref.kind, change.ref.namespace, change.ref.name].append(place)
    return (found for found in places.values() if len(found) > 1)


def _in_a_row(states: list[State]) -> list[State]:
    """Judge the changes of one object: the last that is done tells of those before and after it."""
    if "done" not in states:
        return [states[0]] * len(states)
    last = len(states) - 1 - states[::-1].index("done")
    return ["done" if place <= last else "not done" for place in range(len(states))]


def _is_open(change: Change, found: dict[str, Any] | None) -> bool:
    """Tell whether only the server can say if an apply is done."""
    if found is None or is_unchanged(change.body, found, FIELD_MANAGER):
        return False
    form = comparison_form(found)
    known = [image for image in (change.before, change.after) if image is not None]
    return not any(comparison_form(image) == form for image in known)


def _state(change: Change, found: dict[str, Any] | None, trial: Trial | None) -> State:
    if found is None:
        return _state_without_object(change)
    if change.action == "delete":
        same = found["metadata"]["uid"] == change.preconditions.uid
        return "not done" if same else "done"
    if change.method == "apply" and is_unchanged(change.body, found, FIELD_MANAGER):
        return "done"
    form = comparison_form(found)
    if change.after is not None and form == comparison_form(change.after):
        return "done"
    if change.before is not None and form == comparison_form(change.before):
        return "not done"
    if trial is not None and trial.after is not None and comparison_form(trial.after) == form:
        return "done"
    return "changed by others"


def _state_without_object(change: Change) -> State:
    if change.action == "delete":
        return "done"
    return "not done" if change.action == "create" else "changed by others"


def done_changes(standings: Iterable[Standing]) -> list[Change]:
    """Return the changes that reached the cluster, those that others changed since included.

    The inverse plan judges them one by one; an object that was changed since is a blocker there.
    """
    return [one.change for one in standings if one.state != "not done"]


def changes_done(plan: Plan, outcomes: tuple[Outcome, ...]) -> list[Change]:
    """Return the changes of a plan that reached the cluster."""
    done = {
        (outcome.ref.kind, outcome.ref.namespace, outcome.ref.name)
        for outcome in outcomes
        if outcome.status == "changed"
    }
    return [c for c in plan.writes if (c.ref.kind, c.ref.namespace, c.ref.name) in done]


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
        Blocker(message="somebody else changed it since the plan; plan again", ref=one.change.ref)
        for one in judged
        if one.state == "changed by others"
    )
    options = {**plan.options, "finishes": plan.digest}
    update = {"changes": changes, "blockers": blockers, "options": options, "operation": "recover"}
    return plan.model_copy(update=update)
