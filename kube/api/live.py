from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from kube.api.client import ApiClient
from kube.api.errors import NotFound
from kube.api.listing import PAGE_SIZE, reduce_list
from kube.objects.ref import ObjectRef
from kube.objects.resource import ResourceType

# A list costs one request however many objects are wanted of it, and the whole collection's bytes.
MAX_SINGLE_READS = 3
Located = tuple[ResourceType, ObjectRef]
Live = dict[ObjectRef, dict[str, Any]]


async def read_live(api: ApiClient, wanted: Iterable[Located]) -> Live:
    """Read the live objects of these names; one list per kind and namespace, not one get each.

    Args:
        api: The cluster.
        wanted: Type and name of each object; a ref's uid is ignored.

    Returns:
        The objects that exist, by the ref they were asked with; each carries apiVersion and kind.

    Raises:
        KubeError: See `kube.api.errors`; a missing object or namespace is no error.
    """
    groups: dict[tuple[ResourceType, str | None], list[ObjectRef]] = defaultdict(list)
    for resource, ref in wanted:
        groups[resource, ref.namespace].append(ref)
    read = await asyncio.gather(
        *(_read_group(api, resource, place, refs) for (resource, place), refs in groups.items())
    )
    return {ref: found for group in read for ref, found in group.items()}


async def read_one(api: ApiClient, resource: ResourceType, ref: ObjectRef) -> dict[str, Any] | None:
    """Read one live object, None where it does not exist.

    Raises:
        KubeError: See `kube.api.errors`.
    """
    try:
        found: dict[str, Any] = await api.get(resource.path(ref.namespace, ref.name))
    except NotFound:
        return None
    return found


async def _read_group(
    api: ApiClient, resource: ResourceType, namespace: str | None, refs: list[ObjectRef]
) -> Live:
    if len(refs) <= MAX_SINGLE_READS:
        found = await asyncio.gather(*(read_one(api, resource, ref) for ref in refs))
        return {ref: live for ref, live in zip(refs, found, strict=True) if live is not None}
    picked = await reduce_list(
        api,
        resource.path(namespace),
        lambda: _Picked({ref.name: ref for ref in refs}, resource),
        page_size=PAGE_SIZE,
    )
    return picked.found


class _Picked:
    """Keeps the wanted objects of a list."""

    def __init__(self, wanted: dict[str, ObjectRef], resource: ResourceType) -> None:
        self._wanted = wanted
        self._type = {"apiVersion": resource.api_version, "kind": resource.kind}
        self.found: Live = {}

    def add(self, items: list[dict[str, Any]]) -> None:
        for item in items:
            ref = self._wanted.get(item["metadata"]["name"])
            if ref is not None:
                self.found[ref] = {**self._type, **item}
