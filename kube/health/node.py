from __future__ import annotations

from typing import Any

from kube.health.condition import one_line
from kube.objects.conditions import find_condition, is_true

PRESSURES = ("MemoryPressure", "DiskPressure", "PIDPressure", "NetworkUnavailable")
"""The conditions of a node that are bad when true."""


def is_ready(node: dict[str, Any]) -> bool:
    """Return whether the kubelet says Ready: silence ("Unknown") is not ready."""
    return is_true(node, "Ready")


def is_cordoned(node: dict[str, Any]) -> bool:
    """Return whether new pods are kept off (`kubectl cordon`)."""
    return bool((node.get("spec") or {}).get("unschedulable"))


def is_schedulable(node: dict[str, Any]) -> bool:
    """Return whether the node is ready and not cordoned; taints are not looked at."""
    return is_ready(node) and not is_cordoned(node)


def pressures(node: dict[str, Any]) -> tuple[str, ...]:
    """Return the bad conditions of a node, in the order of `PRESSURES`; empty where none."""
    return tuple(kind for kind in PRESSURES if is_true(node, kind))


def reasons(node: dict[str, Any]) -> tuple[str, ...]:
    """Return what is wrong with a node in one word each, the worst first; empty where nothing.

    The first word is what kubectl shows: "NotReady", or "Unknown" for a node without a Ready
    condition; then its pressures, then "SchedulingDisabled".

    Source: kubernetes pkg/printers/internalversion/printers.go (printNode).
    """
    found: list[str] = []
    if not is_ready(node):
        found.append("Unknown" if find_condition(node, "Ready") is None else "NotReady")
    found.extend(pressures(node))
    if is_cordoned(node):
        found.append("SchedulingDisabled")
    return tuple(found)


def message(node: dict[str, Any]) -> str:
    """Return why the node is not ready, or under which pressure, in the kubelet's words."""
    kinds = pressures(node) if is_ready(node) else ("Ready", *pressures(node))
    for kind in kinds:
        entry = find_condition(node, kind)
        if entry and entry.get("message"):
            return one_line(entry["message"])
    return ""
