"""A pod as kubectl shows it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from kube.objects.conditions import is_true

Pod = dict[str, Any]
ContainerStatus = dict[str, Any]

SCHEDULING_GATED = "SchedulingGated"
NODE_LOST = "NodeLost"
FINISHED_PHASES = frozenset({"Succeeded", "Failed"})


class PodStatus(NamedTuple):
    """The columns of `kubectl get pods`.

    Attributes:
        reason: The STATUS column ("Running", "Init:0/2", "CrashLoopBackOff").
        ready: Ready containers, sidecars included: the first number of READY.
        containers: Containers and sidecars: the second number of READY.
        restarts: The RESTARTS column, without how long ago.
    """

    reason: str
    ready: int
    containers: int
    restarts: int


class _Part(NamedTuple):
    """What the init or the main containers add to the columns; no reason: it stays as it was."""

    reason: str | None
    ready: int
    restarts: int
    sidecar_restarts: int = 0


def status(pod: Pod) -> PodStatus:
    """Return the columns READY, STATUS and RESTARTS exactly as kubectl prints them.

    Args:
        pod: The object as the API answers it; nothing of it is required.

    Source: kubernetes pkg/printers/internalversion/printers.go (printPod).
    """
    spec, state = pod.get("spec") or {}, pod.get("status") or {}
    phase: str = state.get("phase") or ""
    reason: str = state.get("reason") or phase
    if _is_gated(state):
        reason = SCHEDULING_GATED
    init_containers = spec.get("initContainers") or ()
    sidecars = {c["name"] for c in init_containers if c.get("restartPolicy") == "Always"}
    init = _init_part(state.get("initContainerStatuses") or (), sidecars, len(init_containers))
    ready, restarts = init.ready, init.restarts
    if init.reason is not None:
        reason = init.reason
    if init.reason is None or is_true(pod, "Initialized"):
        main = _main_part(pod, state.get("containerStatuses") or (), reason)
        reason, ready = main.reason or reason, ready + main.ready
        restarts = init.sidecar_restarts + main.restarts
    if (pod.get("metadata") or {}).get("deletionTimestamp"):
        if state.get("reason") == NODE_LOST:
            reason = "Unknown"
        elif phase not in FINISHED_PHASES:
            reason = "Terminating"
    return PodStatus(reason, ready, len(spec.get("containers") or ()) + len(sidecars), restarts)


def is_finished(pod: Pod) -> bool:
    """Return whether the pod has ended for good: it holds no resources any more."""
    return (pod.get("status") or {}).get("phase") in FINISHED_PHASES


def _is_gated(state: dict[str, Any]) -> bool:
    return any(
        entry.get("type") == "PodScheduled" and entry.get("reason") == SCHEDULING_GATED
        for entry in state.get("conditions") or ()
    )


def _init_part(statuses: Sequence[ContainerStatus], sidecars: set[str], total: int) -> _Part:
    """Look at the init containers up to the first that is not done; that one gives the reason."""
    ready = restarts = sidecar_restarts = 0
    for index, container in enumerate(statuses):
        count = container.get("restartCount") or 0
        restarts += count
        sidecar = container.get("name") in sidecars
        if sidecar:
            sidecar_restarts += count
        state = container.get("state") or {}
        ended, waiting = state.get("terminated"), state.get("waiting")
        if ended is not None and not ended.get("exitCode"):
            continue
        if sidecar and container.get("started"):
            ready += bool(container.get("ready"))
            continue
        if ended is not None:
            reason = f"Init:{ending(ended)}"
        elif waiting and waiting.get("reason") not in (None, "", "PodInitializing"):
            reason = f"Init:{waiting['reason']}"
        else:
            reason = f"Init:{index}/{total}"
        return _Part(reason, ready, restarts, sidecar_restarts)
    return _Part(None, ready, restarts, sidecar_restarts)


def _main_part(pod: Pod, statuses: Sequence[ContainerStatus], reason: str) -> _Part:
    """Look at the containers from the last to the first, so that the first has the last word."""
    ready = restarts = 0
    error = ""
    for container in reversed(statuses):
        restarts += container.get("restartCount") or 0
        state = container.get("state") or {}
        waiting, ended = state.get("waiting"), state.get("terminated")
        if waiting and waiting.get("reason"):
            reason = waiting["reason"]
        elif ended is not None:
            reason = ending(ended)
            if ended.get("exitCode"):
                error = reason
        elif container.get("ready") and state.get("running") is not None:
            ready += 1
    if reason == "Completed":
        if ready and is_true(pod, "Ready"):
            reason = "Running"
        elif error:
            reason = error
        elif ready:
            reason = "NotReady"
    return _Part(reason, ready, restarts)


def ending(ended: dict[str, Any]) -> str:
    """Return why a container ended: its reason, else its signal, else its exit code."""
    if ended.get("reason"):
        return str(ended["reason"])
    if ended.get("signal"):
        return f"Signal:{ended['signal']}"
    return f"ExitCode:{ended.get('exitCode', 0)}"
