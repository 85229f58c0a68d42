from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kube.clusters.ranking import MAX_KEPT, Worst
from kube.clusters.snapshot import WorkloadCount, WorkloadProblem, WorkloadsFact
from kube.health.workload import ROLLOUTS, Replicas, replicas, rollout


class WorkloadTally:
    """Counts Deployments, StatefulSets and DaemonSets, page by page.

    A workload is ready if it has the replicas it wants and its rollout has not failed; those that
    are not are problems, the ones with nothing ready first, then those that lack the most.
    """

    def __init__(self) -> None:
        self._counts: dict[str, list[int]] = {}
        self._worst: Worst[WorkloadProblem] = Worst()

    def add(self, kind: str, workloads: list[dict[str, Any]]) -> None:
        """Count one page of workloads of one kind: items of a list do not carry theirs.

        Raises:
            UnsupportedWorkload: `kind` is not one of the three.
        """
        count = self._counts.setdefault(kind, [0, 0, 0, 0])
        for workload in workloads:
            pods, condition = replicas(kind, workload), rollout(kind, workload)
            ready = pods.ready >= pods.desired and condition.status != "failed"
            count[0] += 1
            count[1] += ready
            count[2] += pods.desired
            count[3] += pods.ready
            if not ready:
                done = condition.status == "done"
                text = f"{pods.ready} of {pods.desired} pods ready" if done else condition.message
                self._add_problem(kind, workload, pods, text)

    def fact(self) -> WorkloadsFact:
        """Return the counts of all pages so far; a kind that was never added is not there."""
        by_kind = {
            kind: WorkloadCount(
                total=count[0], ready=count[1], desired_replicas=count[2], ready_replicas=count[3]
            )
            for kind in ROLLOUTS
            if (count := self._counts.get(kind)) is not None
        }
        return WorkloadsFact(by_kind=by_kind, problems=self._worst.values())

    def _add_problem(
        self, kind: str, workload: dict[str, Any], pods: Replicas, message: str
    ) -> None:
        meta = workload["metadata"]
        namespace, name = meta.get("namespace", ""), meta["name"]
        self._worst.offer(
            _rank(kind, namespace, name, pods.desired, pods.ready),
            lambda: WorkloadProblem(
                kind=kind,
                namespace=namespace,
                name=name,
                desired=pods.desired,
                ready=pods.ready,
                message=message,
            ),
        )


def combined(facts: Iterable[WorkloadsFact]) -> WorkloadsFact:
    """Join facts of different kinds; the worst problems of all of them are kept, worst first."""
    listed = list(facts)
    problems = sorted(
        (problem for fact in listed for problem in fact.problems),
        key=lambda p: _rank(p.kind, p.namespace, p.name, p.desired, p.ready),
    )
    return WorkloadsFact(
        by_kind={kind: count for fact in listed for kind, count in fact.by_kind.items()},
        problems=tuple(problems[:MAX_KEPT]),
    )


def _rank(kind: str, namespace: str, name: str, desired: int, ready: int) -> tuple[Any, ...]:
    """Order problems: nothing ready first, then those that lack the most."""
    return (ready > 0, ready - desired, kind, namespace, name)
