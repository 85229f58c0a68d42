"""Wait until deleted objects are gone, and name what holds up those that are not."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from contextlib import aclosing, suppress
from typing import Any

from kube.api.client import ApiClient
from kube.api.errors import Forbidden, Gone
from kube.api.live import read_live
from kube.api.watch import watch
from kube.health.condition import Condition, one_line
from kube.objects.ref import ObjectRef
from kube.objects.resource import ResourceType
from kube.plans.change import Change

Object = dict[str, Any]
Place = tuple[ResourceType, str | None]
POLL_SECONDS = 1.0


async def wait_gone(
    api: ApiClient, changes: Iterable[Change], *, timeout_seconds: float
) -> dict[ObjectRef, Condition]:
    """Wait until the objects that these changes deleted are gone.

    Most are gone at once and cost one read; each collection that has others is watched, or read
    again and again where the user may not watch it. An object that was made anew under the same
    name has another uid, and counts as gone.

    Args:
        api: The cluster.
        changes: What was carried out; only deletions count.
        timeout_seconds: How long to wait for all of them together.

    Returns:
        The objects that are still there when the time is up, each `progressing` with what holds it
        up: its finalizers, and what is left in a Namespace.

    Raises:
        KubeError: See `kube.api.errors`.
    """
    places: defaultdict[Place, list[Change]] = defaultdict(list)
    for change in changes:
        if change.action == "delete":
            places[change.resource, change.ref.namespace].append(change)
    # Until it was looked at, an object counts as it was before.
    left = {change.ref: change.before or {} for of in places.values() for change in of}
    waits = [asyncio.ensure_future(_wait(api, *place, of, left)) for place, of in places.items()]
    try:
        async with asyncio.timeout(timeout_seconds):
            await asyncio.gather(*waits)
    except TimeoutError:
        pass
    finally:
        for wait in waits:
            wait.cancel()
        await asyncio.gather(*waits, return_exceptions=True)
    return {ref: Condition("progressing", "Deleting", held_by(live)) for ref, live in left.items()}


def held_by(live: Object) -> str:
    """Return the one line that says why an object that was deleted is still there."""
    finalizers = list(live.get("metadata", {}).get("finalizers") or ())
    remains: list[str] = []
    if live.get("kind") == "Namespace":
        finalizers += (live.get("spec") or {}).get("finalizers") or ()
        conditions = (live.get("status") or {}).get("conditions") or ()
        remains = [str(c.get("message", "")) for c in conditions if c.get("status") == "True"]
    named = f"held up by {_counted(finalizers)}" if finalizers else "no finalizer holds it up"
    return one_line("; ".join(("still being deleted", named, *filter(None, remains))))


def _counted(finalizers: list[str]) -> str:
    word = "finalizer" if len(finalizers) == 1 else "finalizers"
    return f"{word} {', '.join(finalizers)}"


async def _wait(
    api: ApiClient,
    resource: ResourceType,
    namespace: str | None,
    changes: list[Change],
    left: dict[ObjectRef, Object],
) -> None:
    """Wait for one collection; `left` is kept true on the way."""
    await _look(api, resource, changes, left)
    try:
        while any(change.ref in left for change in changes):
            await _follow(api, resource, resource.path(namespace), changes, left)
    except Forbidden:  # a user who may delete and read may still not watch
        while any(change.ref in left for change in changes):
            await asyncio.sleep(POLL_SECONDS)
            await _look(api, resource, changes, left)


async def _look(
    api: ApiClient, resource: ResourceType, changes: list[Change], left: dict[ObjectRef, Object]
) -> None:
    open_ones = [change for change in changes if change.ref in left]
    live = await read_live(api, ((resource, change.ref) for change in open_ones))
    for change in open_ones:
        found = live.get(change.ref)
        if found is not None and found["metadata"]["uid"] == change.ref.uid:
            left[change.ref] = found
        else:
            left.pop(change.ref, None)


async def _follow(
    api: ApiClient,
    resource: ResourceType,
    path: str,
    changes: list[Change],
    left: dict[ObjectRef, Object],
) -> None:
    """Watch a collection until all are gone, or the place of the watch is too old."""
    # The place is read first: what goes after it is seen by the watch, what went before is not
    # found any more.
    place = (await api.get(path, {"limit": "1"}))["metadata"]["resourceVersion"]
    await _look(api, resource, changes, left)
    waiting = {change.ref.uid: change.ref for change in changes if change.ref in left}
    query = {}
    if len(waiting) == 1:
        query["fieldSelector"] = f"metadata.name={next(iter(waiting.values())).name}"
    with suppress(Gone):
        async with aclosing(watch(api, path, place, query)) as events:
            while waiting:
                event = await anext(events)
                ref = waiting.get(event.object["metadata"]["uid"])
                if ref is not None and event.type == "DELETED":
                    left.pop(ref, None)
                    del waiting[ref.uid]
                elif ref is not None:
                    left[ref] = event.object
