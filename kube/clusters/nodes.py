from __future__ import annotations

from collections import Counter
from typing import Any

from kube.clusters.ranking import Worst, by_frequency
from kube.clusters.skew import is_skewed
from kube.clusters.snapshot import NodeProblem, NodesFact
from kube.health import node as node_health

SKEWED = "KubeletSkew"


class NodeTally:
    """Counts nodes, page by page."""

    def __init__(self, server_version: str | None) -> None:
        """Measure kubelet versions against `server_version`; None: no skew is found."""
        self._server_version = server_version
        self._total = self._ready = self._unschedulable = self._skewed = 0
        self._pressure: Counter[str] = Counter()
        self._versions: Counter[str] = Counter()
        self._worst: Worst[NodeProblem] = Worst()

    def add(self, nodes: list[dict[str, Any]]) -> None:
        """Count one page of nodes."""
        for node in nodes:
            self._add(node)

    def fact(self) -> NodesFact:
        """Return the counts of all pages so far."""
        return NodesFact(
            total=self._total,
            ready=self._ready,
            unschedulable=self._unschedulable,
            pressure=by_frequency(self._pressure),
            kubelet_versions=by_frequency(self._versions),
            skewed=self._skewed,
            problems=self._worst.values(),
        )

    def _add(self, node: dict[str, Any]) -> None:
        self._total += 1
        ready, cordoned = node_health.is_ready(node), node_health.is_cordoned(node)
        self._ready += ready
        self._unschedulable += cordoned
        pressures = node_health.pressures(node)
        self._pressure.update(pressures)
        version = ((node.get("status") or {}).get("nodeInfo") or {}).get("kubeletVersion")
        if version:
            self._versions[version] += 1
        skewed = is_skewed(version, self._server_version)
        self._skewed += skewed
        if ready and not cordoned and not pressures and not skewed:
            return
        name: str = node["metadata"]["name"]
        reasons = node_health.reasons(node) + ((SKEWED,) if skewed else ())
        self._worst.offer(
            (ready, not pressures, not skewed, name),
            lambda: NodeProblem(name=name, reasons=reasons, message=node_health.message(node)),
        )
