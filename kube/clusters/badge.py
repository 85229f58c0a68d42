"""How a health and a fact's status are marked wherever a person reads them."""

from __future__ import annotations

from kube.clusters.snapshot import FactStatus, HealthStatus
from kube.records.report.svg import Tone

_DOTS: dict[HealthStatus, str] = {
    "healthy": "🟢",
    "degraded": "🟡",
    "unauthorized": "🟠",
    "unreachable": "🔴",
}
_TONES: dict[HealthStatus, Tone] = {
    "healthy": "good",
    "degraded": "warn",
    "unauthorized": "bad",
    "unreachable": "bad",
}
_FACTS: dict[FactStatus, str] = {
    "ok": "✓ ok",
    "denied": "⊘ denied",
    "absent": "○ absent",
    "error": "✕ error",
}


def dot(status: HealthStatus | None) -> str:
    """Return the coloured dot of a health; white for a cluster never measured."""
    return _DOTS[status] if status else "⚪\ufe0f"


def badge(status: HealthStatus | None) -> str:
    """Return the dot and the word, so that colour is never alone."""
    return f"{dot(status)} {status or 'never refreshed'}"


def tone(status: HealthStatus | None) -> Tone:
    """Return the colour of a health in a picture."""
    return _TONES[status] if status else "none"


def fact_mark(status: FactStatus) -> str:
    """Return the mark and the word of a fact's status."""
    return _FACTS[status]
