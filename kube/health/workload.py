"""Whether a Deployment, StatefulSet or DaemonSet has rolled out, by `kubectl rollout status`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from kube.health.condition import Condition, one_line
from kube.objects.conditions import find_condition, is_true

Workload = dict[str, Any]


class UnsupportedWorkload(ValueError):
    """A kind without rollout rules here; `kind` names it."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        super().__init__(f"{kind or 'no kind'} has no rollout; {', '.join(ROLLOUTS)} have one")


class Replicas(NamedTuple):
    """How many pods a workload wants, and how many of them are ready."""

    desired: int
    ready: int


def rollout(kind: str, workload: Workload) -> Condition:
    """Return where the rollout of a workload stands.

    Args:
        kind: "Deployment", "StatefulSet" or "DaemonSet"; items of a list do not carry their own.
        workload: The object, as an `apps/v1` list or get answers it.

    Raises:
        UnsupportedWorkload: `kind` is another one.
    """
    rule = ROLLOUTS.get(kind)
    if rule is None:
        raise UnsupportedWorkload(kind)
    return rule(workload)


def replicas(kind: str, workload: Workload) -> Replicas:
    """Return the pods a workload wants and has ready; a workload scaled to zero wants 0.

    Raises:
        UnsupportedWorkload: `kind` has no rollout rules here.
    """
    if kind not in ROLLOUTS:
        raise UnsupportedWorkload(kind)
    state = _state(workload)
    if kind == "DaemonSet":
        return Replicas(state.get("desiredNumberScheduled", 0), state.get("numberReady", 0))
    return Replicas(_wanted(workload), state.get("readyReplicas", 0))


def deployment(workload: Workload) -> Condition:
    """Return where the rollout of a Deployment stands.

    Beyond kubectl, a paused rollout and a ReplicaFailure (quota, admission) are named.

    Source: kubectl pkg/polymorphichelpers/rollout_status.go (DeploymentStatusViewer).
    """
    if not _observed(workload):
        return _waiting("NotObserved", "the new spec is not observed yet")
    state, wanted = _state(workload), _wanted(workload)
    progress = find_condition(workload, "Progressing") or {}
    if progress.get("reason") == "ProgressDeadlineExceeded":
        text = progress.get("message") or "no progress within its deadline"
        return Condition("failed", "ProgressDeadlineExceeded", one_line(text + _cause(workload)))
    total, updated = state.get("replicas", 0), state.get("updatedReplicas", 0)
    available = state.get("availableReplicas", 0)
    if updated < wanted:
        text = f"{updated} of {wanted} new replicas updated{_cause(workload)}"
        if (workload.get("spec") or {}).get("paused"):
            return _waiting("Paused", f"paused with {text}")
        return _waiting("Updating", text)
    if total > updated:
        return _waiting("OldReplicas", f"{total - updated} old replicas pending termination")
    if available < updated:
        text = f"{available} of {updated} updated replicas available{_cause(workload)}"
        return _waiting("NotAvailable", text)
    return Condition("done", "Complete", f"{updated} replicas updated and available")


def stateful_set(workload: Workload) -> Condition:
    """Return where the rollout of a StatefulSet stands.

    A partition ends the rollout at its ordinal, as in kubectl. OnDelete, where kubectl gives up,
    is done once the pods are ready: nothing more happens until somebody deletes one, and the
    message says how many still run the old template.

    Source: kubectl pkg/polymorphichelpers/rollout_status.go (StatefulSetStatusViewer).
    """
    state, wanted = _state(workload), _wanted(workload)
    if not state.get("observedGeneration") or not _observed(workload):
        return _waiting("NotObserved", "the new spec is not observed yet")
    ready, updated = state.get("readyReplicas", 0), state.get("updatedReplicas", 0)
    if ready < wanted:
        return _waiting("NotReady", f"{ready} of {wanted} pods ready")
    strategy = _strategy(workload)
    if strategy.get("type", "RollingUpdate") == "OnDelete":
        return _on_delete(updated, wanted)
    rolling = strategy.get("rollingUpdate")
    if rolling is not None:
        due = wanted - (rolling.get("partition") or 0)
        if updated < due:
            return _waiting("Updating", f"{updated} of {due} new pods updated")
        reason = "Complete" if due == wanted else "PartitionComplete"
        return Condition("done", reason, f"{updated} of {wanted} pods updated, all ready")
    current, update = state.get("currentRevision", ""), state.get("updateRevision", "")
    if update != current:
        return _waiting("Updating", f"{updated} of {wanted} pods at revision {update}")
    return Condition("done", "Complete", f"{wanted} pods ready at revision {current}")


def daemon_set(workload: Workload) -> Condition:
    """Return where the rollout of a DaemonSet stands.

    OnDelete, where kubectl gives up, is done once the pods are available.

    Source: kubectl pkg/polymorphichelpers/rollout_status.go (DaemonSetStatusViewer).
    """
    if not _observed(workload):
        return _waiting("NotObserved", "the new spec is not observed yet")
    state = _state(workload)
    wanted, updated = state.get("desiredNumberScheduled", 0), state.get("updatedNumberScheduled", 0)
    available = state.get("numberAvailable", 0)
    on_delete = _strategy(workload).get("type", "RollingUpdate") == "OnDelete"
    if updated < wanted and not on_delete:
        return _waiting("Updating", f"{updated} of {wanted} new pods updated")
    if available < wanted:
        pods = "pods" if on_delete else "updated pods"
        return _waiting("NotAvailable", f"{available} of {wanted} {pods} available")
    if on_delete:
        return _on_delete(updated, wanted)
    return Condition("done", "Complete", f"{wanted} pods updated and available")


ROLLOUTS: Mapping[str, Callable[[Workload], Condition]] = {
    "Deployment": deployment,
    "StatefulSet": stateful_set,
    "DaemonSet": daemon_set,
}


def _waiting(reason: str, message: str) -> Condition:
    return Condition("progressing", reason, one_line(message))


def _on_delete(updated: int, wanted: int) -> Condition:
    text = f"updates on delete: {max(wanted - updated, 0)} of {wanted} pods run the old template"
    return Condition("done", "OnDelete", text)


def _observed(workload: Workload) -> bool:
    generation = (workload.get("metadata") or {}).get("generation", 0)
    return bool(generation <= _state(workload).get("observedGeneration", 0))


def _cause(workload: Workload) -> str:
    """Return why no pod could be made (quota, admission), as the end of a sentence."""
    if not is_true(workload, "ReplicaFailure"):
        return ""
    entry = find_condition(workload, "ReplicaFailure") or {}
    return f" ({entry.get('reason', 'ReplicaFailure')}: {entry.get('message', '')})"


def _wanted(workload: Workload) -> int:
    """Return `spec.replicas`; where it is absent the API server means 1."""
    wanted = (workload.get("spec") or {}).get("replicas")
    return 1 if wanted is None else int(wanted)


def _strategy(workload: Workload) -> dict[str, Any]:
    return dict((workload.get("spec") or {}).get("updateStrategy") or {})


def _state(workload: Workload) -> dict[str, Any]:
    return dict(workload.get("status") or {})
