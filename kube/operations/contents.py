"""What goes with a Namespace or a CustomResourceDefinition, beyond what a plan names itself."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from kube.api.client import ApiClient
from kube.api.discovery import Discovery
from kube.api.errors import InvalidRequest, NotFound
from kube.api.listing import METADATA_ONLY
from kube.guards.deletion import WITH_CONTENT, deleted
from kube.objects.ref import ObjectRef
from kube.objects.resource import ResourceType
from kube.operations.listing import Denials, listed
from kube.plans.change import Change
from kube.plans.plan import Plan

Contents = Mapping[str, int] | None
_KEPT_BY_THE_SERVER = {("ConfigMap", "kube-root-ca.crt"), ("ServiceAccount", "default")}
_PASSING = frozenset({"Event", "Endpoints", "EndpointSlice", "Lease", "ControllerRevision"})


async def contents_of(api: ApiClient, plan: Plan) -> Mapping[ObjectRef, Contents]:
    """Count by kind what the deletions of a plan would take with them.

    Objects that have an owner go with it and are not counted, nor what every namespace has.

    Returns:
        The counts by the ref of the deleted object; None where nothing was found and not all of it
        could be read.

    Raises:
        KubeError: See `kube.api.errors`; Forbidden is no error here.
    """
    heavy = [change for change in deleted(plan) if change.ref.kind in WITH_CONTENT]
    if not heavy:
        return {}
    named = {change.ref.identity for change in deleted(plan)}
    types = await Discovery(api).types()
    found = await asyncio.gather(*(_content(api, change, types, named) for change in heavy))
    return {change.ref: content for change, content in zip(heavy, found, strict=True)}


async def _content(
    api: ApiClient, change: Change, types: Iterable[ResourceType], named: set[Any]
) -> Contents:
    places = list(_places(change, types))
    denials = Denials()

    def count(kind: str) -> Any:
        def keep(item: dict[str, Any]) -> str | None:
            metadata = item["metadata"]
            name = (kind, metadata.get("namespace"), metadata["name"])
            is_extra = name not in named and (kind, name[2]) not in _KEPT_BY_THE_SERVER
            return kind if is_extra and not metadata.get("ownerReferences") else None

        return keep

    async def read(kind: str, path: str) -> list[str]:
        try:
            return await listed(api, path, path, denials, count(kind), METADATA_ONLY)
        except (NotFound, InvalidRequest):
            return []  # a kind that is not stored has no content

    kinds = await asyncio.gather(*(read(kind, path) for kind, path in places))
    counts = Counter(kind for some in kinds for kind in some)
    return None if not counts and denials.sentences else counts


def _places(change: Change, types: Iterable[ResourceType]) -> Iterable[tuple[str, str]]:
    """Return the kinds that may hold content, and where they are listed, each kind once."""
    if change.ref.kind == "Namespace":
        first: dict[tuple[str, str], ResourceType] = {}
        for each in types:
            if each.namespaced and "list" in each.verbs and each.kind not in _PASSING:
                first.setdefault((each.group, each.plural), each)
        return [(each.kind, each.path(change.ref.name)) for each in first.values()]
    spec = (change.before or {}).get("spec") or {}
    served = [str(each["name"]) for each in spec.get("versions") or () if each.get("served")]
    if not served:
        return []
    kind, plural = str(spec["names"]["kind"]), str(spec["names"]["plural"])
    resource = ResourceType(str(spec["group"]), served[0], kind, plural, namespaced=False)
    return [(kind, resource.path())]
