from __future__ import annotations

from typing import Any

from kube.objects.resource import ResourceType

POD = ResourceType("", "v1", "Pod", "pods", namespaced=True)

TEMPLATE_PATHS = {
    "Deployment": ("spec", "template"),
    "StatefulSet": ("spec", "template"),
    "DaemonSet": ("spec", "template"),
    "ReplicaSet": ("spec", "template"),
    "Job": ("spec", "template"),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
}


def pod_template(workload: dict[str, Any]) -> dict[str, Any] | None:
    """Return the pod template of a workload, None for other kinds."""
    found: Any = workload
    for key in TEMPLATE_PATHS.get(str(workload.get("kind")), ()):
        found = (found or {}).get(key)
    return found if isinstance(found, dict) and found is not workload else None


def pod_of_template(workload: dict[str, Any]) -> dict[str, Any] | None:
    """Return a pod as the workload's controller would make it, None for other kinds.

    The name is generated, so that trying it never meets an existing pod.
    """
    template = pod_template(workload)
    if template is None:
        return None
    metadata, own = workload["metadata"], template.get("metadata") or {}
    spec = {**template["spec"], "volumes": [*_claimed_volumes(workload), *_volumes(template)]}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "generateName": f"{metadata['name'][:40]}-",
            "namespace": metadata["namespace"],
            "labels": own.get("labels") or {},
            "annotations": own.get("annotations") or {},
        },
        "spec": spec,
    }


def _volumes(template: dict[str, Any]) -> list[dict[str, Any]]:
    return template["spec"].get("volumes") or []


def _claimed_volumes(workload: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the volumes that a StatefulSet's controller adds, those of the first pod."""
    name = workload["metadata"]["name"]
    return [
        {
            "name": claim["metadata"]["name"],
            "persistentVolumeClaim": {"claimName": f"{claim['metadata']['name']}-{name}-0"},
        }
        for claim in workload["spec"].get("volumeClaimTemplates") or []
    ]
