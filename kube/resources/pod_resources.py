"""What one pod requests and may use, by Kubernetes' own rule, in exact billionths."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from kube.quantity import parse_nanos

Nanos = dict[str, int]
"""An amount by resource name, in billionths of its unit."""

_POD_LEVEL = frozenset({"cpu", "memory"})


def pod_requests(pod: dict[str, Any]) -> Nanos:
    """Return what the scheduler sets aside for a pod.

    The containers and sidecars together, or the init container that needs the most with the
    sidecars started before it, whichever is more; a request of the pod itself takes their place;
    then the overhead of its runtime class.

    Raises:
        InvalidQuantity: A quantity is not of the form that the API server accepts.

    Source: component-helpers resource/helpers.go (PodRequests), without the options that look at
        the status, as kubectl pkg/describe/describe.go calls it.
    """
    spec = pod.get("spec") or {}
    total = _containers(spec, "requests")
    _override(total, spec, "requests")
    if overhead := spec.get("overhead"):
        _add(total, overhead)
    return total


def pod_limits(pod: dict[str, Any]) -> Nanos:
    """Return what a pod may use at most; a resource without any limit is not there.

    The same rule as for requests, but the overhead counts only where a limit is set.

    Raises:
        InvalidQuantity: A quantity is not of the form that the API server accepts.

    Source: component-helpers resource/helpers.go (PodLimits).
    """
    spec = pod.get("spec") or {}
    total = _containers(spec, "limits")
    _override(total, spec, "limits")
    for name, text in (spec.get("overhead") or {}).items():
        if total.get(name):
            total[name] += parse_nanos(text)
    return total


def _containers(spec: dict[str, Any], field: Literal["requests", "limits"]) -> Nanos:
    total: Nanos = {}
    for container in spec.get("containers") or ():
        if (resources := container.get("resources")) and (amounts := resources.get(field)):
            _add(total, amounts)
    if inits := spec.get("initContainers"):
        peak, sidecars = _init_peak(inits, field)
        for name, value in sidecars.items():
            total[name] = total.get(name, 0) + value
        _raise_to(total, peak)
    return total


def _init_peak(inits: list[dict[str, Any]], field: str) -> tuple[Nanos, Nanos]:
    """Return the most that an init container and its sidecars need, and what sidecars keep."""
    peak: Nanos = {}
    sidecars: Nanos = {}
    for container in inits:
        amounts = (container.get("resources") or {}).get(field) or {}
        if container.get("restartPolicy") == "Always":
            _add(sidecars, amounts)
        else:
            needed = dict(sidecars)
            _add(needed, amounts)
            _raise_to(peak, needed)
    return peak, sidecars


def _override(total: Nanos, spec: dict[str, Any], field: str) -> None:
    """Put the pod's own amounts in the place of its containers' (Kubernetes 1.34 and newer)."""
    for name, text in ((spec.get("resources") or {}).get(field) or {}).items():
        if name in _POD_LEVEL or name.startswith("hugepages-"):
            total[name] = parse_nanos(text)


def _add(total: Nanos, amounts: Mapping[str, str]) -> None:
    for name, text in amounts.items():
        total[name] = total.get(name, 0) + parse_nanos(text)


def _raise_to(total: Nanos, other: Nanos) -> None:
    for name, value in other.items():
        if name not in total or value > total[name]:
            total[name] = value
