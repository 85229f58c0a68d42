from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kube.quantity import base_units, parse_nanos


@dataclass(frozen=True, slots=True)
class Usage:
    """What the metrics API measured over `nodes` nodes: CPU in millicores, memory in bytes."""

    nodes: int
    cpu_millicores: int
    memory_bytes: int


class UsageTally:
    """Sums the NodeMetrics of metrics.k8s.io, page by page."""

    def __init__(self) -> None:
        self._nodes = self._cpu = self._memory = 0

    def add(self, node_metrics: list[dict[str, Any]]) -> None:
        """Add one page of NodeMetrics.

        Raises:
            InvalidQuantity: A quantity is not of the form that the API server accepts.
        """
        for item in node_metrics:
            usage = item.get("usage") or {}
            self._nodes += 1
            self._cpu += parse_nanos(usage.get("cpu", "0"))
            self._memory += parse_nanos(usage.get("memory", "0"))

    def total(self) -> Usage:
        """Return the sum over all pages so far, rounded up once."""
        return Usage(
            nodes=self._nodes,
            cpu_millicores=base_units("cpu", self._cpu),
            memory_bytes=base_units("memory", self._memory),
        )
