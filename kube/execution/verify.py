"""Wait until what was written is healthy: one watch per kind and namespace, and one for pods."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import aclosing
from datetime import datetime
from typing import Any

from kube.api.client import ApiClient
from kube.api.errors import Gone
from kube.api.watch import watch
from kube.health.condition import Condition
from kube.health.pod_problem import is_lasting, problem
from kube.health.workload import ROLLOUTS, rollout
from kube.objects.ref import ObjectRef
from kube.objects.timestamps import parse_timestamp
from kube.objects.workload import POD
from kube.plans.change import Change

Object = dict[str, Any]


async def wait_healthy(
    api: ApiClient, changes: Iterable[Change], *, timeout_seconds: float, now: datetime
) -> dict[ObjectRef, Condition]:
    """Wait for the rollouts of the workloads among these changes.

    Args:
        api: The cluster.
        changes: What was written; kinds without a rollout are left out.
        timeout_seconds: How long to wait for all of them together.
        now: The time of the server, nearly; ages of pods are measured against it.

    Returns:
        The condition of each workload: `done`, `failed` with its cause, or still `progressing`
        when the time was up.

    Raises:
        KubeError: See `kube.api.errors`.
    """
    board = _Board([change for change in changes if change.ref.kind in ROLLOUTS], now)
    if not board.waiting:
        return {}
    watchers = [
        asyncio.ensure_future(_follow(api, resource.path(namespace), board, resource.kind))
        for resource, namespace in board.places
    ]
    watchers += [
        asyncio.ensure_future(_follow(api, POD.path(namespace), board, "Pod"))
        for namespace in {namespace for _, namespace in board.places}
    ]
    settled = asyncio.ensure_future(board.settled.wait())
    try:
        ended, _ = await asyncio.wait(
            [settled, *watchers], timeout=timeout_seconds, return_when=asyncio.FIRST_COMPLETED
        )
        for task in ended:
            task.result()  # a watcher ends by its error only
    finally:
        for task in (settled, *watchers):
            task.cancel()
        await asyncio.gather(settled, *watchers, return_exceptions=True)
    return board.conditions


class _Board:
    """What is known of each workload; `settled` is set once none of them is under way."""

    def __init__(self, changes: list[Change], now: datetime) -> None:
        self._now = now
        self._refs = {change.ref.identity: change.ref for change in changes}
        self._selectors: dict[ObjectRef, tuple[Mapping[str, str], datetime | None]] = {}
        self._ill: dict[str, tuple[Object, Condition]] = {}
        self.places = {(change.resource, change.ref.namespace) for change in changes}
        self.waiting = set(self._refs.values())
        self.conditions: dict[ObjectRef, Condition] = {}
        self.settled = asyncio.Event()

    def see(self, kind: str, found: Object) -> None:
        """Take a workload or a pod as it is now."""
        if kind == "Pod":
            self._see_pod(found)
            return
        metadata = found["metadata"]
        ref = self._refs.get((kind, metadata.get("namespace"), metadata["name"]))
        if ref is None:
            return
        labels = (found["spec"].get("selector") or {}).get("matchLabels") or {}
        self._selectors[ref] = (labels, _last_written(found))
        self._judge(ref, rollout(kind, found))
        for pod, condition in self._ill.values():
            self._blame(ref, pod, condition)

    def _see_pod(self, pod: Object) -> None:
        """Take an ill pod; it may be seen before its workload is, and never change again."""
        metadata = pod["metadata"]
        found = problem(pod, self._now)
        if found is None or not is_lasting(found):
            self._ill.pop(metadata["uid"], None)
            return
        self._ill[metadata["uid"]] = (pod, found)
        for ref in tuple(self._selectors):
            self._blame(ref, pod, found)

    def _blame(self, ref: ObjectRef, pod: Object, found: Condition) -> None:
        """Fail a workload for an ill pod of its own."""
        selector, written = self._selectors[ref]
        metadata = pod["metadata"]
        made = parse_timestamp(metadata.get("creationTimestamp"))
        is_its = ref.namespace == metadata["namespace"] and selector
        # Pods of the former template may crash all they like: they are being replaced.
        is_new = made is None or written is None or made >= written
        if is_its and is_new and selector.items() <= (metadata.get("labels") or {}).items():
            text = f"pod {metadata['name']}: {found.reason}: {found.message}"
            self._judge(ref, Condition("failed", found.reason, text))

    def _judge(self, ref: ObjectRef, condition: Condition) -> None:
        if ref not in self.waiting:
            return
        self.conditions[ref] = condition
        if condition.status != "progressing":
            self.waiting.discard(ref)
        if not self.waiting:
            self.settled.set()


def _last_written(workload: Object) -> datetime | None:
    """Return when our manager last changed it, by the server's clock."""
    times = [
        parse_timestamp(entry.get("time"))
        for entry in workload["metadata"].get("managedFields") or []
        if entry.get("manager") == "capstan" and not entry.get("subresource")
    ]
    return max((time for time in times if time is not None), default=None)


async def _follow(api: ApiClient, path: str, board: _Board, kind: str) -> None:
    """Show a collection and its changes to the board, for ever."""
    while True:
        listed = await api.get(path)
        for item in listed["items"]:
            board.see(kind, item)
        try:
            async with aclosing(watch(api, path, listed["metadata"]["resourceVersion"])) as events:
                async for event in events:
                    if event.type != "DELETED":
                        board.see(kind, event.object)
        except Gone:
            continue
