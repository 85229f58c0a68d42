from __future__ import annotations

from collections import Counter
from functools import partial
from typing import Any

from kube.clusters.ranking import Worst, by_frequency
from kube.clusters.snapshot import ClaimsFact


class ClaimTally:
    """Counts PersistentVolumeClaims, page by page."""

    def __init__(self) -> None:
        self._phases: Counter[str] = Counter()
        self._pending: Worst[str] = Worst()

    def add(self, claims: list[dict[str, Any]]) -> None:
        """Count one page of claims."""
        for claim in claims:
            phase = (claim.get("status") or {}).get("phase") or "Pending"
            self._phases[phase] += 1
            if phase == "Pending":
                name = _name(claim["metadata"])
                self._pending.offer((name,), partial(str, name))

    def fact(self) -> ClaimsFact:
        """Return the counts of all pages so far."""
        return ClaimsFact(
            total=self._phases.total(),
            by_phase=by_frequency(self._phases),
            pending=self._pending.values(),
        )


def _name(meta: dict[str, Any]) -> str:
    return f"{meta.get('namespace', '')}/{meta['name']}"
