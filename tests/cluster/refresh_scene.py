"""A control plane of its own with everything that a refresh counts, and kubectl's word for it."""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

from kubernetes.utils import quantity as kubernetes_quantity
from pydantic import SecretStr

from blocks.cluster import Cluster
from kube.clusters.registration import ClusterSettings
from kube.clusters.snapshot import ClusterSnapshot
from sandbox.control_plane import ControlPlane
from tasks.clusters import measure_cluster, probe_cluster

NAMESPACE = "shop"
PODS = f"/api/v1/namespaces/{NAMESPACE}/pods"
CORDONED, DOWN = "node-1", "node-2"
SECONDS = 60
FACTS = ("nodes", "namespaces", "pods", "workloads", "claims", "events", "usage", "resources")
ZERO = Decimal(0)


def amounts(**requests: str) -> dict[str, Any]:
    """Return the resources of a container that has requests and no limits."""
    return {"requests": requests}


def quantity(text: str) -> Decimal:
    """Return a quantity as the official client reads it."""
    return Decimal(kubernetes_quantity.parse_quantity(text))  # type: ignore[no-untyped-call]


def container(name: str, image: str = "app:1", **fields: Any) -> dict[str, Any]:
    return {"name": name, "image": image, **fields}


LIMITED = {
    "requests": {"cpu": "250m", "memory": "64Mi"},
    "limits": {"cpu": "1", "memory": "128Mi"},
}
SHORT = {"kwok-sim/run-for": "100ms"}
POD_SPECS: dict[str, dict[str, Any]] = {
    "plain": {"containers": [container("app", resources=LIMITED)]},
    "odd-units": {
        "containers": [
            container("a", resources=amounts(cpu="0.1", memory="128974848")),
            container("b", resources=amounts(cpu="1e-3", memory="1G")),
            container("c", resources=amounts(cpu="3n", memory="123456789123m")),
        ]
    },
    "init-needs-most": {
        "initContainers": [
            container("i", resources=amounts(cpu="1500m", memory="1Gi")),
            container("j", resources=amounts(cpu="10m", memory="2Gi")),
        ],
        "containers": [container("app", resources=amounts(cpu="200m", memory="3Gi"))],
    },
    "sidecar": {
        "initContainers": [
            container("mesh", restartPolicy="Always", resources=amounts(cpu="300m", memory="96Mi")),
            container("i", resources=amounts(cpu="400m", memory="10Mi")),
        ],
        "containers": [container("app", resources=LIMITED)],
    },
    "overhead": {
        "runtimeClassName": "heavy",
        "containers": [container("app", resources=LIMITED)],
    },
    "pod-level": {
        "resources": {"requests": {"cpu": "700m", "memory": "300Mi"}},
        "containers": [container("app", resources=amounts(cpu="100m", memory="30Mi"))],
    },
    "on-cordoned": {"nodeName": CORDONED, "containers": [container("app", resources=LIMITED)]},
    "on-down": {
        "nodeName": DOWN,
        "tolerations": [{"operator": "Exists"}],
        "containers": [container("app", resources=LIMITED)],
    },
    "done": {"restartPolicy": "Never", "containers": [container("app", resources=LIMITED)]},
    "failed": {
        "restartPolicy": "Never",
        "containers": [container("app", "app:crash", resources=LIMITED)],
    },
    "too-large": {"containers": [container("app", resources=amounts(cpu="90"))]},
    "crashes": {"containers": [container("app", "app:crash", resources=LIMITED)]},
    "pulls": {"containers": [container("app", "app:missing", resources=LIMITED)]},
}
PHASES = {
    "done": "Succeeded", "failed": "Failed", "too-large": "Pending", "pulls": "Pending",
}  # fmt: skip


def furnish(plane: ControlPlane) -> None:
    """Make nodes unfit, create pods, workloads and claims, and wait until nothing moves."""
    plane.kubectl("cordon", CORDONED)
    plane.kubectl("label", "node", DOWN, "kwok-sim/down=true")
    # Pods that were there before would be evicted.
    plane.wait_until(
        "the taint", lambda: "NoExecute" in str(plane.api.request("GET", f"/api/v1/nodes/{DOWN}"))
    )
    plane.kubectl("create", "namespace", NAMESPACE)
    account = f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/default"
    plane.wait_until("the service account", lambda: bool(plane.api.request("GET", account)))
    heavy = {
        "metadata": {"name": "heavy"},
        "handler": "heavy",
        "overhead": {"podFixed": {"cpu": "250m", "memory": "120Mi"}},
    }
    plane.api.request("POST", "/apis/node.k8s.io/v1/runtimeclasses", heavy)
    for name, spec in POD_SPECS.items():
        notes = SHORT if name == "done" else {}
        body = {"metadata": {"name": name, "annotations": notes}, "spec": spec}
        plane.api.request("POST", PODS, body)
    deployment = ("create", "deployment", "-n", NAMESPACE)
    plane.kubectl(*deployment, "web", "--image=web:1", "--replicas=3")
    plane.kubectl(*deployment, "stuck", "--image=web:missing", "--replicas=2")
    claim = {
        "metadata": {"name": "waits"},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": "none-such",
            "resources": {"requests": {"storage": "1Gi"}},
        },
    }
    claims = f"/api/v1/namespaces/{NAMESPACE}/persistentvolumeclaims"
    plane.api.request("POST", claims, claim)
    plane.wait_until("the pods", lambda: _settled(plane), timeout_seconds=SECONDS)
    plane.wait_until(
        "metrics",
        lambda: len(plane.kubectl("top", "nodes", "--no-headers").splitlines()) == 4,
        timeout_seconds=SECONDS,
    )


def _settled(plane: ControlPlane) -> bool:
    pods = plane.api.request("GET", PODS)["items"]
    phases = {pod["metadata"]["name"]: pod["status"]["phase"] for pod in pods}
    ours = {name: phases[name] for name in POD_SPECS}
    return len(pods) == len(POD_SPECS) + 5 and ours == dict.fromkeys(POD_SPECS, "Running") | PHASES


async def refresh(kubeconfig: str, **settings: Any) -> ClusterSnapshot:
    """Probe and measure a cluster, as the flow does."""
    cluster = Cluster(
        method="kubeconfig", kubeconfig=SecretStr(kubeconfig), settings=ClusterSettings(**settings)
    )
    reach = await probe_cluster.fn(cluster)
    return await measure_cluster.fn(cluster, reach, None)


def statuses(snapshot: ClusterSnapshot) -> dict[str, str]:
    """Return the status of every fact."""
    return {name: getattr(snapshot, name).status for name in FACTS}


def lines(plane: ControlPlane, *arguments: str) -> list[list[str]]:
    """Return the columns that kubectl prints, line by line."""
    printed = plane.kubectl(*arguments, "--no-headers")
    return [line.split() for line in printed.splitlines()]


def allocated(plane: ControlPlane) -> dict[str, Decimal]:
    """Return what `kubectl describe nodes` tells under "Allocated resources", over all nodes."""
    total = dict.fromkeys(("cpu requests", "cpu limits", "memory requests", "memory limits"), ZERO)
    row = re.compile(r"^  (cpu|memory) +(\S+) \(\d+%\) +(\S+) \(\d+%\)$", re.MULTILINE)
    for part in plane.kubectl("describe", "nodes").split("Allocated resources:")[1:]:
        for resource, requests, limits in row.findall(part.partition("Events:")[0]):
            total[f"{resource} requests"] += quantity(requests)
            total[f"{resource} limits"] += quantity(limits)
    return total


async def while_still(
    said: Callable[[], Any], measured: Callable[[], Awaitable[ClusterSnapshot]]
) -> tuple[Any, ClusterSnapshot]:
    """Ask kubectl, measure, and ask again, until nothing changed in between."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        before, snapshot = said(), await measured()
        if before == said():
            return before, snapshot
    raise AssertionError("the cluster never stood still")
