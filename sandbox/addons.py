"""Objects that a fresh sandbox holds: nodes, storage, the metrics API."""

from collections.abc import Iterable
from typing import Any

from sandbox.api import Api
from sandbox.errors import ApiRefused

STORAGE_CLASS = "sim"
PROVISIONER = "sim.kwok"
METRICS_API = "/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.metrics.k8s.io"
ZONES = ("sim-a", "sim-b", "sim-c")


def node(name: str, zone: str, *, cpu: str, memory: str, pods: int) -> dict[str, Any]:
    """Return a node for kwok to play.

    Args:
        name: The node's name.
        zone: Its zone label.
        cpu: Cores, as a Kubernetes quantity.
        memory: Bytes, as a Kubernetes quantity.
        pods: How many pods fit.
    """
    resources = {"cpu": cpu, "memory": memory, "pods": str(pods)}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "labels": {
                "kubernetes.io/hostname": name,
                "kubernetes.io/os": "linux",
                "kubernetes.io/arch": "amd64",
                "topology.kubernetes.io/zone": zone,
            },
            # Where metrics-server finds this node's figures on the one kubelet port.
            "annotations": {
                "metrics.k8s.io/resource-metrics-path": f"/metrics/nodes/{name}/metrics/resource"
            },
        },
        "status": {"allocatable": resources, "capacity": resources},
    }


def install_storage(api: Api) -> None:
    """Create the default StorageClass whose volumes kwok provisions and reclaims.

    Raises:
        ApiRefused: The server answered with an error status.
    """
    api.apply(
        f"/apis/storage.k8s.io/v1/storageclasses/{STORAGE_CLASS}",
        {
            "apiVersion": "storage.k8s.io/v1",
            "kind": "StorageClass",
            "metadata": {
                "name": STORAGE_CLASS,
                "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
            },
            "provisioner": PROVISIONER,
            "allowVolumeExpansion": True,
        },
    )
    api.apply(
        f"/apis/storage.k8s.io/v1/csidrivers/{PROVISIONER}",
        {
            "apiVersion": "storage.k8s.io/v1",
            "kind": "CSIDriver",
            "metadata": {"name": PROVISIONER},
            "spec": {"attachRequired": False},
        },
    )


def install_metrics(api: Api, port: int) -> None:
    """Send the metrics API to a metrics-server on this machine.

    Args:
        api: The administrator.
        port: Where metrics-server listens on 127.0.0.1.

    Raises:
        ApiRefused: The server answered with an error status.
    """
    api.apply(
        "/api/v1/namespaces/kube-system/services/metrics-server",
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "metrics-server", "namespace": "kube-system"},
            "spec": {
                "type": "ExternalName",
                "externalName": "localhost",
                "ports": [{"name": "https", "port": port}],
            },
        },
    )
    api.apply(
        METRICS_API,
        {
            "apiVersion": "apiregistration.k8s.io/v1",
            "kind": "APIService",
            "metadata": {"name": "v1beta1.metrics.k8s.io"},
            "spec": {
                "group": "metrics.k8s.io",
                "version": "v1beta1",
                "groupPriorityMinimum": 100,
                "versionPriority": 100,
                "insecureSkipTLSVerify": True,
                "service": {"name": "metrics-server", "namespace": "kube-system", "port": port},
            },
        },
    )


def remove_metrics(api: Api) -> None:
    """Remove the metrics API: served by nobody it would block discovery and deletion.

    Raises:
        ApiRefused: The server answered with an error status other than 404.
    """
    try:
        api.request("DELETE", METRICS_API)
    except ApiRefused as refused:
        if refused.status != 404:
            raise


def is_available(api: Api) -> bool:
    """Tell whether the API server reaches the metrics API.

    Raises:
        ApiRefused: The server answered with an error status.
    """
    conditions = api.request("GET", METRICS_API).get("status", {}).get("conditions", [])
    return any(c["type"] == "Available" and c["status"] == "True" for c in conditions)


def all_schedulable(api: Api, names: Iterable[str]) -> bool:
    """Tell whether nodes are Ready and without the taints of a node that is not.

    Args:
        api: The administrator.
        names: The nodes that count.

    Raises:
        ApiRefused: The server answered with an error status.
    """
    found = {n["metadata"]["name"]: n for n in api.request("GET", "/api/v1/nodes")["items"]}
    return all(name in found and _schedulable(found[name]) for name in names)


def _schedulable(node: dict[str, Any]) -> bool:
    """Tell whether a node is Ready and has no taint."""
    conditions = node["status"].get("conditions", [])
    ready = any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)
    return ready and not node["spec"].get("taints")
