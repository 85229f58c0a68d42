from pathlib import Path

from sandbox.control_plane import ControlPlane
from sandbox.readiness import wait_until

MANIFEST = Path(__file__).with_name("shop.yaml")
SETTLED_SECONDS = 60.0
HEALTHY = ("deployment/web", "deployment/checkout", "statefulset/carts", "daemonset/collector")
PODS = "/api/v1/namespaces/shop/pods"
BROKEN = {"CrashLoopBackOff", "ImagePullBackOff"}


def open_shop(plane: ControlPlane) -> None:
    """Put the shop into the cluster and wait until its good parts run and its bad parts show.

    Raises:
        KubectlFailed: The manifest was refused, or a rollout did not end in time.
        NotReady: The broken parts did not break in time.
    """
    plane.kubectl("apply", "--server-side", "-f", str(MANIFEST))
    for workload in HEALTHY:
        plane.kubectl("-n", "shop", "rollout", "status", workload, "--timeout=45s")
    wait_until(
        "the broken parts of the shop",
        plane.components,
        lambda: _waiting_reasons(plane) >= BROKEN,
        timeout_seconds=SETTLED_SECONDS,
    )


def _waiting_reasons(plane: ControlPlane) -> set[str]:
    pods = plane.api.request("GET", PODS)["items"]
    statuses = [s for pod in pods for s in pod["status"].get("containerStatuses", [])]
    return {status["state"].get("waiting", {}).get("reason", "") for status in statuses}
