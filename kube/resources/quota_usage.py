"""What one object takes of a ResourceQuota, in billionths, by the names that quotas use."""

from __future__ import annotations

from typing import Any

from kube.objects.resource import ResourceType
from kube.quantity import NANOS, parse_nanos
from kube.resources.pod_resources import Nanos, pod_limits, pod_requests

Object = dict[str, Any]
_BY_OWN_NAME = frozenset(
    {
        "configmaps",
        "persistentvolumeclaims",
        "replicationcontrollers",
        "resourcequotas",
        "secrets",
        "services",
    }
)


def pod_usage(pod: Object) -> Nanos:
    """Return what a pod takes: one of `pods`, its requests and its limits.

    Raises:
        InvalidQuantity: A quantity is not of the form that the API server accepts.

    Source: kubernetes pkg/quota/v1/evaluator/core/pods.go (podComputeUsageHelper).
    """
    usage: Nanos = {"pods": NANOS, "count/pods": NANOS}
    for name, amount in pod_requests(pod).items():
        usage[name] = usage[f"requests.{name}"] = amount
    for name, amount in pod_limits(pod).items():
        usage[f"limits.{name}"] = amount
    return usage


def object_usage(resource: ResourceType, found: Object | None) -> Nanos:
    """Return what an object takes that is no pod; {} for no object.

    Raises:
        InvalidQuantity: A quantity is not of the form that the API server accepts.

    Source: kubernetes pkg/quota/v1/evaluator/core (services.go, persistent_volume_claims.go).
    """
    if found is None:
        return {}
    name = f"{resource.plural}.{resource.group}" if resource.group else resource.plural
    usage: Nanos = {f"count/{name}": NANOS}
    if resource.group:
        return usage
    if resource.plural in _BY_OWN_NAME:
        usage[resource.plural] = NANOS
    spec = found.get("spec") or {}
    if resource.kind == "Service":
        usage |= _service_usage(spec)
    if resource.kind == "PersistentVolumeClaim":
        usage |= claim_usage(spec)
    return usage


def claim_usage(spec: Object) -> Nanos:
    """Return what a claim for a volume takes beside its count, its storage class's share too."""
    text = ((spec.get("resources") or {}).get("requests") or {}).get("storage", "0")
    usage = {"requests.storage": parse_nanos(str(text)), "persistentvolumeclaims": NANOS}
    if storage_class := spec.get("storageClassName"):
        suffix = f"{storage_class}.storageclass.storage.k8s.io"
        usage |= {f"{suffix}/{name}": amount for name, amount in usage.items()}
    return usage


def _service_usage(spec: Object) -> Nanos:
    ports, kind = len(spec.get("ports") or ()), spec.get("type")
    if kind == "NodePort":
        return {"services.nodeports": ports * NANOS}
    if kind == "LoadBalancer":
        gives = spec.get("allocateLoadBalancerNodePorts") is not False
        return {
            "services.loadbalancers": NANOS,
            "services.nodeports": ports * NANOS if gives else 0,
        }
    return {}
