"""Read an ApplySet: its parent, and the members that its inventory leads to."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from kube.api.client import ApiClient
from kube.api.discovery import Discovery
from kube.api.errors import Refused
from kube.api.listing import list_all
from kube.api.live import read_one
from kube.objects.resource import ResourceType
from kube.planners.apply import Wanted
from kube.planners.apply_set import PART_OF, ApplySet, FoundSet, GroupKind, inventory_of


async def read_apply_set(api: ApiClient, discovery: Discovery, apply_set: ApplySet) -> FoundSet:
    """Read a set: one request for its parent, and one list per kind and namespace of it.

    Raises:
        Refused: The parent is no parent of this set, the set is another tool's, or an API that
            serves a kind of its members does not answer.
        KubeError: See `kube.api.errors`.
    """
    parent = await read_one(api, apply_set.resource, apply_set.ref)
    inventory = inventory_of(apply_set, parent)
    types = await discovery.types()
    served = {(one.group, one.kind): one for one in reversed(types)}
    unknown = sorted(inventory.kinds - served.keys())
    _refuse_stale(unknown, discovery.stale_groups, apply_set)
    places = [
        (served[each], namespace)
        for each in sorted(inventory.kinds & served.keys())
        for namespace in (sorted(inventory.namespaces) if served[each].namespaced else (None,))
    ]
    read = await asyncio.gather(
        *(_members(api, resource, namespace, apply_set) for resource, namespace in places)
    )
    return FoundSet(
        apply_set=apply_set,
        parent=parent,
        inventory=inventory,
        members=tuple(member for group in read for member in group),
        warnings=tuple(
            f"{apply_set} had members of the kind {kind}, which the cluster does not serve any "
            "more; none of them is left."
            for _, kind in unknown
        ),
    )


def apply_set_of(name: str, namespace: str | None, wanted: Iterable[Wanted]) -> ApplySet:
    """Return the set of this name: in the namespace given, or in the one that all objects share.

    Raises:
        Refused: No namespace is given, and the objects do not share one.
    """
    shared = {one.ref.namespace for one in wanted if one.ref.namespace}
    if namespace is None and len(shared) != 1:
        raise Refused(
            f"The ApplySet {name} has its parent in a namespace. Name the namespace: the objects "
            f"are in {len(shared)}."
        )
    return ApplySet.named(name, namespace or shared.pop())


def _refuse_stale(unknown: list[GroupKind], stale: tuple[str, ...], apply_set: ApplySet) -> None:
    groups = {name.rpartition("/")[0] for name in stale}
    lost = [kind for group, kind in unknown if group in groups]
    if lost:
        raise Refused(
            f"{apply_set} has members of the kinds {', '.join(lost)}, whose API does not answer "
            "now. Bring it up first: what is not seen cannot be judged."
        )


async def _members(
    api: ApiClient, resource: ResourceType, namespace: str | None, apply_set: ApplySet
) -> list[tuple[ResourceType, dict[str, Any]]]:
    query = {"labelSelector": f"{PART_OF}={apply_set.id}"}
    kind = {"apiVersion": resource.api_version, "kind": resource.kind}
    listed = await list_all(api, resource.path(namespace), query)
    return [(resource, {**kind, **item}) for item in listed]
