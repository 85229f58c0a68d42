"""The change that deletes one object, made the same way whoever plans it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from kube.objects.ref import ObjectRef
from kube.objects.resource import ResourceType
from kube.plans.change import Change, Object, Preconditions, Risk
from kube.plans.normal import without_managed_fields

Propagation = Literal["Background", "Foreground", "Orphan"]

_RISK: Mapping[str, Risk] = {
    "CustomResourceDefinition": "high",
    "Namespace": "high",
    "PersistentVolume": "high",
    "PersistentVolumeClaim": "high",
}


def deletion(
    resource: ResourceType,
    ref: ObjectRef,
    live: Object,
    *,
    step: int,
    reason: str,
    propagation: Propagation = "Background",
    origin: str = "",
) -> Change:
    """Return the change that deletes this object, and no other that has its name later.

    Args:
        resource: Its type.
        ref: Its name.
        live: The object as read now; kept as the image that undo makes it again from.
        step: Its step in the plan.
        reason: Why it is deleted.
        propagation: What becomes of the objects that it owns.
        origin: Where it was written down.
    """
    uid = live["metadata"]["uid"]
    return Change(
        ref=ref.model_copy(update={"uid": uid}),
        resource=resource,
        action="delete",
        method="delete",
        step=step,
        before=without_managed_fields(live),
        propagation=propagation,
        preconditions=Preconditions(uid=uid),
        risk=_RISK.get(ref.kind, "medium"),
        reason=reason,
        reversible="recreate",
        origin=origin,
    )
