"""The plan of deleting objects: pure, from what was named and what is live of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from kube.api.live import Live
from kube.manifests.order import step_to_delete
from kube.objects.ref import ObjectRef
from kube.objects.resource import ResourceType
from kube.plans.change import Change
from kube.plans.deletion import Propagation, deletion
from kube.plans.plan import Blocker, Plan, ReadObject
from kube.plans.recreation import losses


class DeleteOptions(BaseModel):
    """How objects are deleted."""

    model_config = ConfigDict(frozen=True)

    propagation: Propagation = Field(
        default="Background",
        description="What becomes of the objects they own. Background: deleted after them. "
        "Foreground: deleted before them. Orphan: kept.",
    )
    missing: Literal["unchanged", "error"] = Field(
        default="unchanged",
        description="An object that does not exist is unchanged, for it is already gone; or an "
        "error.",
    )


@dataclass(frozen=True)
class Target:
    """One object to delete; its ref has a uid where it must be that very object."""

    resource: ResourceType
    ref: ObjectRef
    reason: str = ""


def plan_delete(
    targets: Sequence[Target],
    live: Live,
    *,
    cluster_uid: str,
    options: DeleteOptions,
    selected_from: int | None = None,
) -> Plan:
    """Plan the deletion of objects, in the reverse order of applying them.

    Args:
        targets: What was named; an object that is named twice is deleted once.
        live: What exists of it, by the refs of the targets.
        cluster_uid: Identity of the cluster.
        options: As given.
        selected_from: How many objects a selector chose from, None where none did.

    Returns:
        One change per object with its image, so that undo makes it again; `unchanged` for what is
        already gone or on its way. Warnings name owners that make an object anew.
    """
    once = {_identity(target, live): target for target in reversed(targets)}
    named = sorted(once.values(), key=lambda target: str(target.ref))
    blockers = [
        Blocker(message=f"{_gone(one, live)}; leave it out, or let missing ones pass", ref=one.ref)
        for one in named
        if _gone(one, live) and options.missing == "error"
    ]
    changes = [_change(one, live.get(one.ref), _gone(one, live), options) for one in named]
    return Plan(
        operation="delete-objects",
        planner="delete",
        cluster_uid=cluster_uid,
        options=options.model_dump(mode="json"),
        selected_from=selected_from,
        read=tuple(
            ReadObject(ref=one.ref, resource_version=live[one.ref]["metadata"]["resourceVersion"])
            for one in named
            if one.ref in live
        ),
        changes=tuple(sorted(changes, key=lambda change: change.step)),
        warnings=tuple(
            warning for one in named for warning in warnings_of(one.ref, live.get(one.ref))
        ),
        blockers=tuple(blockers),
    )


def _identity(target: Target, live: Live) -> str | ObjectRef:
    """Return what is the same for two names of one object, such as those of two API groups."""
    found = live.get(target.ref)
    return found["metadata"]["uid"] if found is not None else target.ref


def _gone(target: Target, live: Live) -> str:
    """Return why there is nothing to delete, "" where there is."""
    found = live.get(target.ref)
    if found is None:
        return "it does not exist"
    if target.ref.uid not in (None, found["metadata"]["uid"]):
        return "it is gone, and another object has its name"
    return ""


def _change(
    target: Target, live: dict[str, Any] | None, gone: str, options: DeleteOptions
) -> Change:
    ref = target.ref
    step = step_to_delete(ref.api_version, ref.kind)
    nothing = f"already gone: {gone}" if gone else "already being deleted" if _ends(live) else ""
    if live is None or nothing:
        return Change(
            ref=ref,
            resource=target.resource,
            action="unchanged",
            method="delete",
            step=step,
            reason=nothing,
        )
    return deletion(
        target.resource,
        ref,
        live,
        step=step,
        reason=" ".join(filter(None, (target.reason, "If it is made again:", *losses(live)))),
        propagation=options.propagation,
    )


def _ends(live: dict[str, Any] | None) -> bool:
    return live is not None and bool(live["metadata"].get("deletionTimestamp"))


def warnings_of(ref: ObjectRef, live: dict[str, Any] | None) -> list[str]:
    """Return what stands in the way of deleting an object: its owner, and its finalizers."""
    metadata = live["metadata"] if live is not None else {}
    finalizers = ", ".join(metadata.get("finalizers") or ())
    if metadata.get("deletionTimestamp"):
        held = f", and held by finalizer {finalizers}" if finalizers else ""
        return [f"{ref} is already being deleted{held}."]
    told = []
    for owner in metadata.get("ownerReferences") or ():
        if owner.get("controller"):
            told.append(
                f"{ref} belongs to {owner['kind']} {owner['name']}, which makes it anew; delete "
                "or change that one instead."
            )
    if finalizers:
        told.append(f"{ref} goes only when the owner of finalizer {finalizers} has let it go.")
    return told
