from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kube.clusters.snapshot import Amount
from kube.clusters.usage import Usage
from kube.health.node import is_schedulable
from kube.health.pod import is_finished
from kube.quantity import NANOS, base_units, parse_nanos
from kube.resources.pod_resources import Nanos, pod_limits, pod_requests

_FIRST = ("cpu", "memory", "pods", "ephemeral-storage")


class ResourceTally:
    """Sums what nodes offer and what pods ask for, page by page and in any order.

    Sums are exact; each figure is rounded once, up, when it is read.
    """

    def __init__(self) -> None:
        self._capacity: Nanos = {}
        self._allocatable: Nanos = {}
        self._schedulable: Nanos = {}
        self._requested: Nanos = {}
        self._limits: Nanos = {}

    def add_nodes(self, nodes: list[dict[str, Any]]) -> None:
        """Add the capacity and allocatable of one page of nodes.

        Raises:
            InvalidQuantity: A quantity is not of the form that the API server accepts.
        """
        for node in nodes:
            state = node.get("status") or {}
            _merge(self._capacity, _nanos(state.get("capacity")))
            allocatable = _nanos(state.get("allocatable"))
            _merge(self._allocatable, allocatable)
            if is_schedulable(node):
                _merge(self._schedulable, allocatable)

    def add_pods(self, pods: list[dict[str, Any]]) -> None:
        """Add the requests and limits of one page of pods: those on a node and not finished.

        Raises:
            InvalidQuantity: A quantity is not of the form that the API server accepts.

        Source: kubectl pkg/describe/describe.go (describeNodeResource): spec.nodeName is set,
            status.phase is neither Succeeded nor Failed.
        """
        placed = 0
        for pod in pods:
            if is_finished(pod) or not (pod.get("spec") or {}).get("nodeName"):
                continue
            placed += 1
            _merge(self._requested, pod_requests(pod))
            _merge(self._limits, pod_limits(pod))
        _merge(self._requested, {"pods": placed * NANOS})

    def merge(self, other: ResourceTally) -> None:
        """Add what another tally has summed up."""
        _merge(self._capacity, other._capacity)
        _merge(self._allocatable, other._allocatable)
        _merge(self._schedulable, other._schedulable)
        _merge(self._requested, other._requested)
        _merge(self._limits, other._limits)

    def amounts(self, usage: Usage | None = None) -> dict[str, Amount]:
        """Return every resource seen so far: CPU, memory, pods, ephemeral storage, the others.

        Args:
            usage: What the metrics API measured; None where it does not answer.
        """
        used: Mapping[str, int] = {}
        if usage is not None:
            used = {"cpu": usage.cpu_millicores, "memory": usage.memory_bytes}
        return {name: self._amount(name, used.get(name)) for name in _ordered(self._names())}

    def _names(self) -> set[str]:
        return {*self._capacity, *self._allocatable, *self._requested, *self._limits}

    def _amount(self, name: str, usage: int | None) -> Amount:
        return Amount(
            capacity=base_units(name, self._capacity.get(name, 0)),
            allocatable=base_units(name, self._allocatable.get(name, 0)),
            schedulable=base_units(name, self._schedulable.get(name, 0)),
            requested=base_units(name, self._requested.get(name, 0)),
            limits=base_units(name, self._limits.get(name, 0)),
            usage=usage,
        )


def _ordered(names: Iterable[str]) -> list[str]:
    known = {name: place for place, name in enumerate(_FIRST)}
    return sorted(names, key=lambda name: (known.get(name, len(known)), name))


def _nanos(amounts: Mapping[str, str] | None) -> Nanos:
    return {name: parse_nanos(text) for name, text in (amounts or {}).items()}


def _merge(total: Nanos, amounts: Nanos) -> None:
    for name, value in amounts.items():
        total[name] = total.get(name, 0) + value
