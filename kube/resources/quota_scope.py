"""Which pods a ResourceQuota with scopes counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Object = dict[str, Any]


def has_scopes(quota: Object) -> bool:
    """Tell whether a quota counts some pods only, and nothing that is no pod."""
    return any(True for _ in _requirements(quota))


def counts_pod(quota: Object, pod: Object) -> bool:
    """Tell whether a quota counts a pod: it must match every scope.

    Source: kubernetes pkg/quota/v1/evaluator/core/pods.go (podMatchesScopeFunc).
    """
    return all(_matches(requirement, pod) for requirement in _requirements(quota))


def _requirements(quota: Object) -> Iterator[Mapping[str, Any]]:
    spec = quota.get("spec") or {}
    for scope in spec.get("scopes") or ():
        yield {"scopeName": scope, "operator": "Exists"}
    yield from (spec.get("scopeSelector") or {}).get("matchExpressions") or ()


def _matches(requirement: Mapping[str, Any], pod: Object) -> bool:
    spec = pod.get("spec") or {}
    match requirement["scopeName"]:
        case "Terminating":
            return spec.get("activeDeadlineSeconds") is not None
        case "NotTerminating":
            return spec.get("activeDeadlineSeconds") is None
        case "BestEffort":
            return _is_best_effort(spec)
        case "NotBestEffort":
            return not _is_best_effort(spec)
        case "PriorityClass":
            return _selects(requirement, spec.get("priorityClassName") or None)
        case "CrossNamespacePodAffinity":
            return _has_cross_namespace_affinity(spec)
        case _:
            return False  # a scope of something else than pods


def _is_best_effort(spec: Object) -> bool:
    bearers = [spec, *(spec.get("containers") or ()), *(spec.get("initContainers") or ())]
    return not any(
        name in ("cpu", "memory")
        for bearer in bearers
        for amounts in ((bearer.get("resources") or {}).get(f) for f in ("requests", "limits"))
        for name in amounts or ()
    )


def _selects(requirement: Mapping[str, Any], name: str | None) -> bool:
    values = requirement.get("values") or ()
    match requirement.get("operator"):
        case "In":
            return name in values
        case "NotIn":
            return name not in values
        case "DoesNotExist":
            return name is None
        case _:
            return name is not None


def _has_cross_namespace_affinity(spec: Object) -> bool:
    affinity = spec.get("affinity") or {}
    for field in ("podAffinity", "podAntiAffinity"):
        rules = affinity.get(field) or {}
        terms = list(rules.get("requiredDuringSchedulingIgnoredDuringExecution") or ())
        for each in rules.get("preferredDuringSchedulingIgnoredDuringExecution") or ():
            terms.append(each.get("podAffinityTerm") or {})
        if any(t.get("namespaces") or t.get("namespaceSelector") is not None for t in terms):
            return True
    return False
