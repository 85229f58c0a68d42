"""Which pods need a look, and the one line why."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from kube.health.condition import Condition, one_line
from kube.health.pod import SCHEDULING_GATED, Pod, PodStatus, ending, status
from kube.objects.conditions import find_condition, is_true
from kube.objects.timestamps import parse_timestamp

PATIENCE = timedelta(minutes=5)
"""How long a pod may be pending, starting, unready or terminating before it counts."""

_FINE = frozenset({"Succeeded", SCHEDULING_GATED})
_PASSING = frozenset(
    {
        "",
        "Completed",
        "ContainerCreating",
        "NotReady",
        "Pending",
        "PodInitializing",
        "Running",
        "Terminating",
    }
)
# What a pod does not get over by itself; other waits may still end well.
_LASTING = ("CrashLoopBackOff", "ImagePullBackOff", "ErrImagePull", "InvalidImageName")
_COUNTING = re.compile(r"Init:\d+/\d+")


def problem(
    pod: Pod, now: datetime, *, patience: timedelta = PATIENCE, shown: PodStatus | None = None
) -> Condition | None:
    """Return why a pod needs a look, or None.

    A pod that crashes, cannot start or failed counts at once; one that is pending, starting,
    terminating or unready counts after `patience`. Gated pods wait by design and do not count.

    Args:
        pod: The object as the API answers it.
        now: The present, with a zone.
        patience: How long a passing state may last.
        shown: `status(pod)`, where the caller has it.

    Returns:
        `failed` for a pod that will not get well by itself, `progressing` for one that has taken
        too long. The reason is kubectl's STATUS, but "NotReady" for a pod that runs unready, a
        crash that STATUS hides behind "Completed", and why a failed pod failed.
    """
    reason = (shown or status(pod)).reason
    if reason == "Running" and not _is_unready(pod):
        return None
    phase = (pod.get("status") or {}).get("phase")
    if reason in _FINE or phase == "Succeeded":
        return None
    if phase == "Failed":
        return _failed(pod, reason)
    if reason == "Completed":
        reason = _hidden_trouble(pod) or reason
    if reason in _PASSING or _COUNTING.fullmatch(reason):
        return _overdue(pod, reason, now - patience)
    return Condition("failed", reason, _container_message(pod, reason), _unready_since(pod))


def is_lasting(found: Condition) -> bool:
    """Tell whether whoever waits for a pod may give up: it does not get over this by itself."""
    return found.reason.endswith(_LASTING)  # an init container has "Init:" before its reason


def is_crash_loop(condition: Condition) -> bool:
    """Return whether a container of the pod, also an init container, crashes over and over."""
    return condition.reason in ("CrashLoopBackOff", "Init:CrashLoopBackOff")


def _failed(pod: Pod, reason: str) -> Condition:
    state = pod.get("status") or {}
    if reason in ("Completed", "Running"):
        reason = state.get("reason") or "Failed"
    text = one_line(state.get("message") or "") or _container_message(pod, reason)
    return Condition("failed", reason, text, _unready_since(pod))


def _overdue(pod: Pod, reason: str, limit: datetime) -> Condition | None:
    """Return the problem of a passing state that began before `limit`."""
    if reason == "Terminating":
        since = parse_timestamp(pod["metadata"]["deletionTimestamp"])
    elif (pod.get("status") or {}).get("phase") == "Running":
        since = _unready_since(pod)
    else:
        since = _changed_at(find_condition(pod, "PodScheduled")) or _created_at(pod)
    if since is None or since > limit:
        return None
    word = "NotReady" if reason == "Running" else reason or "Pending"
    return Condition("progressing", word, _waiting_message(pod, word), since)


def _waiting_message(pod: Pod, reason: str) -> str:
    if reason == "Terminating":
        finalizers = ", ".join(pod["metadata"].get("finalizers") or ())
        return f"held by finalizers {finalizers}" if finalizers else "still there after its grace"
    scheduled = find_condition(pod, "PodScheduled") or {}
    if scheduled.get("status") == "False":
        return one_line(f"{scheduled.get('reason', '')}: {scheduled.get('message', '')}")
    text = _container_message(pod, reason)
    return text or one_line((find_condition(pod, "Ready") or {}).get("message") or "")


def _containers(pod: Pod) -> Iterator[dict[str, Any]]:
    state = pod.get("status") or {}
    yield from state.get("initContainerStatuses") or ()
    yield from state.get("containerStatuses") or ()


def _hidden_trouble(pod: Pod) -> str | None:
    """Return the waiting reason of a container that an ended first container hides in STATUS."""
    for container in _containers(pod):
        reason = ((container.get("state") or {}).get("waiting") or {}).get("reason")
        if reason and reason not in _PASSING:
            return str(reason)
    return None


def _container_message(pod: Pod, reason: str) -> str:
    """Return what the container that gave the reason says of itself, its last exit first."""
    wanted = reason.removeprefix("Init:")
    for container in _containers(pod):
        state = container.get("state") or {}
        waiting, ended = state.get("waiting") or {}, state.get("terminated")
        if wanted != (ending(ended) if ended else waiting.get("reason")):
            continue
        last = ended or (container.get("lastState") or {}).get("terminated")
        parts = [_exit(last)] if last else []
        if text := (ended or waiting).get("message"):
            parts.append(text)
        return one_line(f"{container.get('name', '')}: {'; '.join(parts)}") if parts else ""
    return ""


def _exit(ended: dict[str, Any]) -> str:
    reason = f" ({ended['reason']})" if ended.get("reason") else ""
    return f"exit code {ended.get('exitCode', 0)}{reason}"


def _is_unready(pod: Pod) -> bool:
    """Return whether the pod says that it is not ready; a pod that says nothing is not."""
    entry = find_condition(pod, "Ready")
    return entry is not None and entry.get("status") != "True"


def _unready_since(pod: Pod) -> datetime | None:
    """Return since when the pod is not ready, None where it is."""
    return (
        None
        if is_true(pod, "Ready")
        else _changed_at(find_condition(pod, "Ready")) or _created_at(pod)
    )


def _changed_at(entry: dict[str, Any] | None) -> datetime | None:
    return parse_timestamp((entry or {}).get("lastTransitionTime"))


def _created_at(pod: Pod) -> datetime | None:
    return parse_timestamp((pod.get("metadata") or {}).get("creationTimestamp"))
