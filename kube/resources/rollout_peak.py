"""How many pods a workload has before and after a change, and at the most in between."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kube.objects.workload import pod_template

Object = dict[str, Any]
_PERCENT = 100


@dataclass(frozen=True)
class Rollout:
    """The pods of a workload while it changes: `old` ones go, `new` ones come.

    Together they are never more than `most`, unless the old ones alone are.
    """

    old: int
    new: int
    most: int
    replaces: bool

    def end(self, old: int, new: int) -> int:
        """Return how much more is taken in the end than before, by what one pod takes."""
        return self.new * new - self.old * old

    def peak(self, old: int, new: int) -> int:
        """Return how much more is taken at the worst moment than before; never less than 0.

        What is taken grows with either number, so the worst is at a corner: as many new pods as
        can be and old ones beside them, or as many old ones and new ones beside them.
        """
        if not self.replaces:
            return max(0, self.end(old, new))
        beside_new = min(self.old, max(0, self.most - self.new))
        beside_old = min(self.new, max(0, self.most - self.old))
        worst = max(self.new * new + beside_new * old, beside_old * new + self.old * old)
        return max(0, worst - self.old * old)


def rollout_of(before: Object | None, after: Object | None) -> Rollout:
    """Return the pods of a change of a workload or pod; None is no object.

    A new DaemonSet counts one pod, for which nodes it selects only its controller knows; a CronJob
    counts none, for its pods come later.
    """
    old, new = _pods(before, before), _pods(after, before)
    replaces = before is not None and after is not None and _differ(before, after)
    surge = _surge(after, new) if replaces and after is not None else 0
    return Rollout(old=old, new=new, most=new + surge, replaces=replaces)


def _pods(workload: Object | None, live: Object | None) -> int:
    if workload is None:
        return 0
    spec = workload.get("spec") or {}
    match workload.get("kind"):
        case "Deployment" | "StatefulSet" | "ReplicaSet" | "ReplicationController":
            return _or(spec.get("replicas"), 1)
        case "DaemonSet":
            return _or(((live or {}).get("status") or {}).get("desiredNumberScheduled"), 1)
        case "Job":
            parallel = _or(spec.get("parallelism"), 1)
            wanted = min(parallel, _or(spec.get("completions"), parallel))
            return 0 if spec.get("suspend") else wanted
        case "Pod":
            return 1
        case _:
            return 0


def _surge(workload: Object, pods: int) -> int:
    """Return how many pods come on top: maxSurge, a percentage of them rounded up.

    Source: kubernetes pkg/controller/deployment/util (ResolveFenceposts, MaxSurge).
    """
    spec = workload.get("spec") or {}
    if workload.get("kind") == "Deployment":
        strategy, default = spec.get("strategy") or {}, "25%"
        if strategy.get("type") == "Recreate" or spec.get("paused"):
            return 0
    elif workload.get("kind") == "DaemonSet":
        strategy, default = spec.get("updateStrategy") or {}, "0"
    else:
        return 0
    text = str((strategy.get("rollingUpdate") or {}).get("maxSurge", default))
    if text.endswith("%"):
        return -(-pods * int(text[:-1]) // _PERCENT)
    return int(text)


def _differ(before: Object, after: Object) -> bool:
    return pod_template(before) != pod_template(after)


def _or(value: int | None, default: int) -> int:
    return default if value is None else value
