"""Find the objects that a selection means: by name, by selector, by their run or by their set."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from kube.api.client import ApiClient
from kube.api.discovery import Discovery
from kube.api.errors import Refused
from kube.api.listing import list_all
from kube.api.live import Live, read_live
from kube.objects.ref import ObjectRef
from kube.objects.resource import ResourceType
from kube.objects.selection import ObjectName, ObjectSelection
from kube.objects.selector import parse_selector
from kube.operations.apply_set import read_apply_set
from kube.operations.undo import uids_of
from kube.planners.apply_set import ApplySet
from kube.planners.delete import Target
from kube.plans.plan import Plan
from kube.records.record import Outcome


@dataclass(frozen=True)
class Made:
    """What a run made: its sealed plan, and the uids that its journal knows."""

    plan: Plan
    outcomes: tuple[Outcome, ...] = ()


@dataclass
class Found:
    """The objects that are meant, and those of them that exist.

    `selected_from` counts the objects that a selector chose from, None where there was none.
    """

    targets: list[Target] = field(default_factory=list)
    live: Live = field(default_factory=dict)
    selected_from: int | None = None

    def add(self, resource: ResourceType, item: dict[str, Any], reason: str) -> None:
        """Take an object as it was listed."""
        metadata = item["metadata"]
        ref = ObjectRef(
            api_version=resource.api_version,
            kind=resource.kind,
            name=metadata["name"],
            namespace=metadata.get("namespace"),
        )
        self.targets.append(Target(resource, ref, reason))
        self.live[ref] = {"apiVersion": resource.api_version, "kind": resource.kind, **item}


def check_selection(selection: ObjectSelection) -> None:
    """Refuse a selection that means nothing certain, before anything is read.

    Raises:
        Refused: Not exactly one way of choosing is used, or an empty selector is not confirmed.
        InvalidSelector: The selector is malformed.
    """
    ways = [selection.refs, selection.kinds, selection.run_id, selection.apply_set]
    if sum(map(bool, ways)) != 1:
        raise Refused(
            "Choose the objects in exactly one way: refs, kinds (with a selector), run_id or "
            "apply_set."
        )
    parse_selector(selection.selector)
    if selection.kinds and not selection.selector.strip() and not selection.all:
        raise Refused(
            f"No selector is given, and that means every object of {', '.join(selection.kinds)}. "
            "Give a selector, or set `all` if you mean it."
        )
    if selection.apply_set and len(selection.namespaces) != 1:
        raise Refused("Name the one namespace of the ApplySet's parent.")


async def find_objects(api: ApiClient, selection: ObjectSelection, made: Made | None) -> Found:
    """Read what a selection means.

    Args:
        api: The cluster.
        selection: What is meant; it was checked before.
        made: For a selection by run: what that run made.

    Raises:
        Refused: A namespaced object is named without its namespace, kinds are selected in none, the
            run made nothing, or the ApplySet is another tool's.
        KubeError: See `kube.api.errors`; UnknownKind for a kind that is not served.
    """
    discovery = Discovery(api)
    if selection.refs:
        return await _named(api, discovery, selection)
    if selection.kinds:
        return await _selected(api, discovery, selection)
    if made is not None:
        return await _made(api, made)
    return await _of_set(api, discovery, selection)


async def _named(api: ApiClient, discovery: Discovery, selection: ObjectSelection) -> Found:
    own = selection.namespaces[0] if len(selection.namespaces) == 1 else None
    targets = await asyncio.gather(*(_target(discovery, name, own) for name in selection.refs))
    live = await read_live(api, ((one.resource, one.ref) for one in targets))
    return Found(list(targets), live)


async def _target(discovery: Discovery, name: ObjectName, own: str | None) -> Target:
    resource = await discovery.find(name.kind, name.api_version)
    namespace = (name.namespace or own) if resource.namespaced else None
    if resource.namespaced and namespace is None:
        raise Refused(f"{resource.kind} {name.name} is in a namespace. Name it.")
    ref = ObjectRef(
        api_version=resource.api_version, kind=resource.kind, name=name.name, namespace=namespace
    )
    return Target(resource, ref, "It was named.")


async def _selected(api: ApiClient, discovery: Discovery, selection: ObjectSelection) -> Found:
    resources = await asyncio.gather(*(discovery.find(kind) for kind in selection.kinds))
    places = list(_places(resources, selection.namespaces))
    selector = str(parse_selector(selection.selector))
    query = {"labelSelector": selector} if selector else {}
    listed = await asyncio.gather(
        *(list_all(api, resource.path(namespace), query) for resource, namespace in places)
    )
    counts = await asyncio.gather(
        *(_count(api, resource.path(namespace)) for resource, namespace in places)
    )
    found = Found(selected_from=sum(counts))
    reason = f"It matches {selector}." if selector else "All were named."
    for (resource, _), items in zip(places, listed, strict=True):
        for item in items:
            found.add(resource, item, reason)
    return found


async def _count(api: ApiClient, path: str) -> int:
    """Count a collection by one short page, which tells how many come after it."""
    page = await api.get(path, {"limit": "1"})
    return len(page["items"] or ()) + int(page["metadata"].get("remainingItemCount") or 0)


def _places(
    resources: Iterable[ResourceType], namespaces: tuple[str, ...]
) -> Iterable[tuple[ResourceType, str | None]]:
    for resource in dict.fromkeys(resources):
        if resource.namespaced and not namespaces:
            raise Refused(f"Name the namespaces in which objects of {resource.kind} are selected.")
        for namespace in dict.fromkeys(namespaces) if resource.namespaced else (None,):
            yield resource, namespace


async def _made(api: ApiClient, made: Made) -> Found:
    uids = uids_of(made.outcomes)
    targets = [
        Target(
            change.resource,
            change.ref.model_copy(update={"uid": uids.get(change.ref.identity)}),
            "The run made it.",
        )
        for change in made.plan.writes
        if change.action == "create"
    ]
    if not targets:
        raise Refused(
            "That run made no objects: it changed or deleted some that were there. Use undo to "
            "take back what it did, or name the objects."
        )
    return Found(targets, await read_live(api, ((one.resource, one.ref) for one in targets)))


async def _of_set(api: ApiClient, discovery: Discovery, selection: ObjectSelection) -> Found:
    apply_set = ApplySet.named(selection.apply_set, selection.namespaces[0])
    read = await read_apply_set(api, discovery, apply_set)
    found = Found()
    for resource, item in read.members:
        found.add(resource, item, f"It is a member of {apply_set}.")
    ref = apply_set.ref
    found.targets.append(Target(apply_set.resource, ref, f"It is the parent of {apply_set}."))
    if read.parent is not None:
        found.live[ref] = read.parent
    return found
