from __future__ import annotations

from collections import Counter
from collections.abc import Set
from datetime import datetime, timedelta
from typing import Any

from kube.clusters.ranking import Worst, by_frequency
from kube.clusters.snapshot import PodProblem, PodsFact
from kube.health.condition import Condition
from kube.health.pod import PodStatus, is_finished, status
from kube.health.pod_problem import PATIENCE, is_crash_loop, problem

SYSTEM_NAMESPACES = frozenset({"kube-system"})


class PodTally:
    """Counts pods, page by page, and keeps the worst problems.

    The worst are crash loops of the system, then pods that will not get well by themselves, then
    those that have taken too long, then finished ones that failed; the most restarts first.
    """

    def __init__(
        self,
        now: datetime,
        *,
        patience: timedelta = PATIENCE,
        system_namespaces: Set[str] = SYSTEM_NAMESPACES,
    ) -> None:
        """Judge at `now` (with a zone); a passing state counts once it lasts `patience`."""
        self._now = now
        self._patience = patience
        self._system_namespaces = system_namespaces
        self._total = self._system_crash_loops = 0
        self._phases: Counter[str] = Counter()
        self._problems: Counter[str] = Counter()
        self._worst: Worst[PodProblem] = Worst()

    def add(self, pods: list[dict[str, Any]]) -> None:
        """Count one page of pods."""
        self._total += len(pods)
        for pod in pods:
            self._phases[(pod.get("status") or {}).get("phase") or "Unknown"] += 1
            shown = status(pod)
            found = problem(pod, self._now, patience=self._patience, shown=shown)
            if found is not None:
                self._add_problem(pod, found, shown)

    def fact(self) -> PodsFact:
        """Return the counts of all pages so far."""
        return PodsFact(
            total=self._total,
            by_phase=by_frequency(self._phases),
            by_problem=by_frequency(self._problems),
            problems=self._worst.values(),
            system_crash_loops=self._system_crash_loops,
        )

    def _add_problem(self, pod: dict[str, Any], found: Condition, shown: PodStatus) -> None:
        self._problems[found.reason] += 1
        meta = pod["metadata"]
        namespace, name = meta.get("namespace", ""), meta["name"]
        system = namespace in self._system_namespaces
        system_crash = system and is_crash_loop(found)
        self._system_crash_loops += system_crash
        rank = (
            not system_crash,
            is_finished(pod),
            found.status != "failed",
            -shown.restarts,
            namespace,
            name,
        )
        self._worst.offer(
            rank,
            lambda: PodProblem(
                namespace=namespace,
                name=name,
                reason=found.reason,
                message=found.message,
                node=(pod.get("spec") or {}).get("nodeName"),
                restarts=shown.restarts,
                since=found.since,
                system=system,
            ),
        )
