"""Applying a set: its inventory is widened first, what left it is deleted, then it is narrowed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kube.api.errors import Refused
from kube.api.live import Live
from kube.manifests.order import LAST_STEP, step_to_delete
from kube.objects.ref import ObjectRef
from kube.objects.resource import ResourceType
from kube.planners.apply import Wanted
from kube.planners.apply_set import (
    ApplySet,
    FoundSet,
    Inventory,
    as_member,
    parent_body,
    part_of,
)
from kube.planners.delete import warnings_of
from kube.plans.change import Change, Object, Preconditions
from kube.plans.deletion import deletion
from kube.plans.plan import Blocker, Plan
from kube.plans.recreation import losses

# The namespace of the parent is made before it, and everything else after it.
_PARENT_STEP = 1
_FIRST_STEP = 2
_PRUNE_STEP = _FIRST_STEP + LAST_STEP + 1
_NARROW_STEP = _PRUNE_STEP + LAST_STEP + 1


def wanted_of_set(wanted: Sequence[Wanted], found: FoundSet) -> tuple[Wanted, ...]:
    """Return the objects as members of a set, and its parent with the inventory widened to them.

    Raises:
        Refused: Nothing is wanted, the parent is among the objects, or one says itself that it is a
            member of another set.
    """
    apply_set = found.apply_set
    if not wanted:
        raise Refused(
            f"There is nothing to apply, and that would delete all of {apply_set}. To do so, "
            "delete the set by its name."
        )
    if any(one.ref == apply_set.ref for one in wanted):
        raise Refused(
            f"{apply_set.ref} is in the manifests, and is the parent of the set too. Leave it out, "
            "or choose another name for the set."
        )
    members = tuple(
        Wanted(one.resource, one.ref, as_member(one.body, apply_set), one.origin) for one in wanted
    )
    widened = found.inventory | inventory_with(members, apply_set)
    body = parent_body(apply_set, widened)
    return (*members, Wanted(apply_set.resource, apply_set.ref, body, str(apply_set)))


def inventory_with(wanted: Iterable[Wanted], apply_set: ApplySet) -> Inventory:
    """Return the inventory of exactly these objects."""
    members = [one for one in wanted if one.ref != apply_set.ref]
    return Inventory(
        frozenset((one.resource.group, one.resource.kind) for one in members),
        frozenset({apply_set.namespace, *(o.ref.namespace for o in members if o.ref.namespace)}),
    )


def plan_prune(plan: Plan, found: FoundSet, wanted: Sequence[Wanted], live: Live) -> Plan:
    """Add to the plan of an apply what keeps its set: members that left it go, and no others.

    Args:
        plan: The plan of applying `wanted`.
        found: The set as it was read.
        wanted: What `wanted_of_set` returned.
        live: What exists of it.

    Returns:
        The plan: the parent first, the deletions after everything else in the reverse order of
        applying, and at the end the narrowed inventory where it names less than before. Objects
        that are members of another set are blockers.
    """
    apply_set = found.apply_set
    changes = [_moved(change, apply_set) for change in plan.changes]
    pruned = _pruned(found, wanted)
    narrowed = parent_body(apply_set, inventory_with(wanted, apply_set))
    # Without the parent, which the server refused, the plan has a blocker and is not carried out.
    parents = [change for change in changes if _is_parent(change.ref, apply_set)]
    too_wide = [parent for parent in parents if parent.body != narrowed]
    return plan.model_copy(
        update={
            "changes": (
                *(change for change in changes if change.writes or change not in too_wide),
                *pruned,
                *(_narrowing(parent, narrowed, apply_set) for parent in too_wide),
            ),
            "warnings": (*plan.warnings, *found.warnings, *_held(pruned)),
            "blockers": (*plan.blockers, *_strangers(apply_set, wanted, live)),
        }
    )


def _is_parent(ref: ObjectRef, apply_set: ApplySet) -> bool:
    return ref.as_named == apply_set.ref


def _moved(change: Change, apply_set: ApplySet) -> Change:
    """Move a change behind the parent, but for the namespace that the parent is in."""
    ref, step = change.ref, change.step + _FIRST_STEP
    if _is_parent(ref, apply_set):
        step = _PARENT_STEP
    elif ref.kind == "Namespace" and ref.name == apply_set.namespace:
        step = 0
    return change.model_copy(update={"step": step})


def _pruned(found: FoundSet, wanted: Sequence[Wanted]) -> list[Change]:
    """Return the deletions of the members that nobody wants any more.

    A member is known by its kind, not by its version. One with a controller got its label from
    its owner, and goes with it; one that is being deleted goes anyway.
    """
    kept = {_identity(one.resource, one.ref.namespace, one.ref.name) for one in wanted}
    changes = []
    for resource, live in found.members:
        metadata = live["metadata"]
        namespace, name = metadata.get("namespace"), metadata["name"]
        owned = any(owner.get("controller") for owner in metadata.get("ownerReferences") or ())
        if (
            part_of(live) != found.apply_set.id
            or _identity(resource, namespace, name) in kept
            or owned
            or metadata.get("deletionTimestamp")
        ):
            continue
        changes.append(
            deletion(
                resource,
                ObjectRef(
                    api_version=resource.api_version,
                    kind=resource.kind,
                    name=name,
                    namespace=namespace,
                ),
                live,
                step=_PRUNE_STEP + step_to_delete(resource.api_version, resource.kind),
                reason=" ".join(
                    (f"it left {found.apply_set}. If it is made again:", *losses(live))
                ),
            )
        )
    return sorted(changes, key=lambda change: (change.step, str(change.ref)))


def _held(pruned: Iterable[Change]) -> list[str]:
    return [told for change in pruned for told in warnings_of(change.ref, change.before)]


def _identity(resource: ResourceType, namespace: str | None, name: str) -> tuple[str, ...]:
    return (resource.group, resource.kind, namespace or "", name)


def _narrowing(parent: Change, body: Object, apply_set: ApplySet) -> Change:
    """Return the last change of a plan: the inventory names only what is left."""
    before = parent.after or parent.body
    metadata = before["metadata"]
    annotations = {**(metadata.get("annotations") or {}), **body["metadata"]["annotations"]}
    # What this plan writes before has no version yet; the fields are nobody else's.
    preconditions = Preconditions(uid=parent.ref.uid) if parent.writes else parent.preconditions
    return parent.model_copy(
        update={
            "action": "update",
            "step": _NARROW_STEP,
            "before": before,
            "after": {**before, "metadata": {**metadata, "annotations": annotations}},
            "body": body,
            "preconditions": preconditions,
            "reason": f"the inventory of {apply_set} is narrowed to what is left",
            "checked": False,
            # A member that could not be deleted must still be found by the next apply.
            "only_after_success": True,
        }
    )


def _strangers(apply_set: ApplySet, wanted: Iterable[Wanted], live: Live) -> list[Blocker]:
    """Return a blocker for each object that is a member of another set: no object is in two."""
    found = [(one, part_of(live.get(one.ref))) for one in wanted]
    return [
        Blocker(
            message=f"it is a member of another ApplySet ({theirs}); take it out of that one first",
            ref=one.ref,
            origin=one.origin,
        )
        for one, theirs in found
        if theirs not in (None, apply_set.id)
    ]
