"""The change that a JSON merge patch makes to one live object."""

from __future__ import annotations

from typing import Any

from kube.objects.ref import ObjectRef
from kube.objects.resource import ResourceType
from kube.plans.change import Change, Object, Preconditions
from kube.plans.normal import without_managed_fields
from kube.plans.values import equal


def merged(value: Any, patch: Any) -> Any:
    """Return a JSON value after a merge patch; neither is changed.

    Source: RFC 7386: maps are merged, None takes a key away, everything else is replaced.
    """
    if not isinstance(patch, dict):
        return patch
    result = dict(value) if isinstance(value, dict) else {}
    for key, part in patch.items():
        if part is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), part)
    return result


def merge_change(
    resource: ResourceType, live: Object, patch: Object, *, reason: str = "", step: int = 0
) -> Change:
    """Plan a merge patch of an object, `unchanged` where it is already so.

    Args:
        resource: Its type.
        live: The object as it was read, alone or from a list.
        patch: The merge patch; what it leaves out stays.
        reason: Why, in words.
        step: When it is sent.
    """
    kind = {"apiVersion": resource.api_version, "kind": resource.kind}
    before: Object = {**kind, **without_managed_fields(live)}
    after, metadata = merged(before, patch), before["metadata"]
    return Change(
        ref=ObjectRef(
            api_version=resource.api_version,
            kind=resource.kind,
            name=metadata["name"],
            namespace=metadata.get("namespace"),
            uid=metadata["uid"],
        ),
        resource=resource,
        action="unchanged" if equal(before, after) else "update",
        method="merge-patch",
        step=step,
        before=before,
        after=after,
        body=patch,
        preconditions=Preconditions(
            uid=metadata["uid"], resource_version=metadata["resourceVersion"]
        ),
        reason=reason,
    )
