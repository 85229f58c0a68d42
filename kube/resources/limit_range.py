from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Object = dict[str, Any]


def with_defaults(pod: Object, limit_ranges: Iterable[Object]) -> Object:
    """Return a pod with the requests and limits that the server gives containers without their own.

    Args:
        pod: The pod as it is sent; it is not changed.
        limit_ranges: The LimitRanges of its namespace, as the server keeps them.

    Source: kubernetes pkg/apis/core/v1/defaults.go (SetDefaults_Pod: a limit is also a request),
        plugin/pkg/admission/limitranger (mergeContainerResources).
    """
    defaults = [
        limit
        for each in limit_ranges
        for limit in (each.get("spec") or {}).get("limits") or ()
        if limit.get("type") == "Container"
    ]
    spec = dict(pod.get("spec") or {})
    for field in ("containers", "initContainers"):
        if spec.get(field):
            spec[field] = [_defaulted(container, defaults) for container in spec[field]]
    return {**pod, "spec": spec}


def _defaulted(container: Object, defaults: Iterable[Object]) -> Object:
    resources = container.get("resources") or {}
    limits = dict(resources.get("limits") or {})
    requests = {**limits, **(resources.get("requests") or {})}
    for limit in defaults:
        limits = {**(limit.get("default") or {}), **limits}
        requests = {**(limit.get("defaultRequest") or {}), **requests}
    return {**container, "resources": {**resources, "limits": limits, "requests": requests}}
