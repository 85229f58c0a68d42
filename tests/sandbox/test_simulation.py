from collections.abc import Callable
from typing import Any

import pytest

from sandbox.control_plane import ControlPlane
from sandbox.errors import ApiRefused

pytestmark = pytest.mark.cluster

Status = dict[str, Any]


class Pods:
    """Pods of one namespace."""

    def __init__(self, plane: ControlPlane, namespace: str) -> None:
        self.plane = plane
        self.namespace = namespace
        self.path = f"/api/v1/namespaces/{namespace}/pods"

    def run(
        self,
        name: str,
        *images: str,
        init: tuple[str, ...] = (),
        notes: dict[str, str] | None = None,
        **spec: object,
    ) -> None:
        """Create a pod with containers c0, c1 and i0, i1 and so on."""
        body = {
            "metadata": {"name": name, "annotations": notes or {}},
            "spec": {
                "containers": [{"name": f"c{i}", "image": image} for i, image in enumerate(images)],
                "initContainers": [{"name": f"i{i}", "image": m} for i, m in enumerate(init)],
                **spec,
            },
        }
        self.plane.api.request("POST", self.path, body)

    def status(self, name: str) -> Status:
        """Read a pod's status."""
        status: Status = self.plane.api.request("GET", f"{self.path}/{name}")["status"]
        return status

    def wait(
        self, name: str, condition: Callable[[Status], object], seconds: float = 20.0
    ) -> Status:
        """Wait until a pod's status meets a condition, and return it."""
        self.plane.wait_until(
            f"pod {name}", lambda: bool(condition(self.status(name))), timeout_seconds=seconds
        )
        return self.status(name)

    def events(self, name: str) -> dict[str, str]:
        """Return the newest message per reason."""
        selector = f"fieldSelector=involvedObject.name={name}"
        path = f"/api/v1/namespaces/{self.namespace}/events?{selector}"
        return {e["reason"]: e["message"] for e in self.plane.api.request("GET", path)["items"]}

    def wait_for_event(self, name: str, reason: str) -> str:
        """Wait for an event and return its message."""
        self.plane.wait_until(f"event {reason}", lambda: reason in self.events(name))
        return self.events(name)[reason]


@pytest.fixture
def pods(plane: ControlPlane, namespace: str) -> Pods:
    return Pods(plane, namespace)


def condition(status: Status, kind: str) -> Status:
    found = [c for c in status.get("conditions", []) if c["type"] == kind]
    return found[0] if found else {"status": "absent"}


def is_ready(status: Status) -> bool:
    return bool(condition(status, "Ready")["status"] == "True")


def waiting(status: Status, index: int = 0, kind: str = "containerStatuses") -> str:
    statuses = status.get(kind, [])
    reason = statuses[index]["state"].get("waiting", {}).get("reason", "") if statuses else ""
    return str(reason)


def test_a_plain_pod_runs(pods: Pods) -> None:
    pods.run("plain", "app:1", "sidecar:1")
    status = pods.wait("plain", is_ready)
    assert status["phase"] == "Running"
    assert status["podIP"]
    assert [c["started"] for c in status["containerStatuses"]] == [True, True]


def test_a_missing_image_keeps_its_container_waiting_and_no_other(pods: Pods) -> None:
    pods.run("pulls", "app:missing", "good:1")
    status = pods.wait("pulls", lambda s: waiting(s) == "ImagePullBackOff")
    assert status["phase"] == "Pending"
    assert (
        'Back-off pulling image "app:missing"'
        in status["containerStatuses"][0]["state"]["waiting"]["message"]
    )
    assert status["containerStatuses"][1]["ready"] is True
    assert condition(status, "Ready")["message"] == "containers with unready status: [c0]"
    assert pods.wait_for_event("pulls", "Failed").startswith('Failed to pull image "app:missing"')


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        ("app:missing@sha256:" + "a" * 64, "ImagePullBackOff"),
        ("registry.example.com:5000/App:1", "InvalidImageName"),
    ],
)
def test_other_images_that_cannot_be_had(pods: Pods, image: str, reason: str) -> None:
    pods.run("pulls", image)
    pods.wait("pulls", lambda s: waiting(s) == reason)


def test_a_crash_is_repeated_and_named(pods: Pods) -> None:
    pods.run("crashes", "app:crash", "good:1")
    first = pods.wait("crashes", lambda s: waiting(s) == "CrashLoopBackOff")
    again = pods.wait("crashes", lambda s: s["containerStatuses"][0]["restartCount"] >= 2)
    assert again["phase"] == "Running"
    assert again["containerStatuses"][0]["lastState"]["terminated"]["exitCode"] == 1
    assert again["containerStatuses"][1]["restartCount"] == 0
    assert again["containerStatuses"][1]["ready"] is True
    message = again["containerStatuses"][0]["state"]["waiting"]["message"]
    assert f"restarting failed container=c0 pod=crashes_{pods.namespace}(" in message
    assert condition(first, "Ready") == condition(again, "Ready"), "unready since the beginning"
    event = pods.wait_for_event("crashes", "BackOff")
    assert event.startswith(
        f"Back-off restarting failed container c0 in pod crashes_{pods.namespace}("
    )


def test_a_container_without_enough_memory_says_so(pods: Pods) -> None:
    pods.run("hungry", "app:oom")
    status = pods.wait("hungry", lambda s: waiting(s) == "CrashLoopBackOff")
    ended = status["containerStatuses"][0]["lastState"]["terminated"]
    assert (ended["exitCode"], ended["reason"]) == (137, "OOMKilled")


def test_a_crash_that_may_not_restart_fails_the_pod(pods: Pods) -> None:
    pods.run("once", "app:crash", restartPolicy="Never")
    status = pods.wait("once", lambda s: s["phase"] == "Failed")
    assert status["containerStatuses"][0]["state"]["terminated"]["reason"] == "Error"
    assert "BackOff" not in pods.events("once")


def test_a_hanging_container_runs_but_is_never_ready(pods: Pods) -> None:
    pods.run("hangs", "app:hang")
    status = pods.wait("hangs", lambda s: s["phase"] == "Running")
    assert condition(status, "Ready")["status"] == "False"
    assert condition(status, "Ready")["message"] == "containers with unready status: [c0]"
    assert pods.wait_for_event("hangs", "Unhealthy").startswith("Readiness probe failed")


def test_init_containers_run_first_and_end(pods: Pods) -> None:
    pods.run("init", "app:1", init=("one:1", "two:1"))
    status = pods.wait("init", is_ready)
    states = [c["state"]["terminated"]["reason"] for c in status["initContainerStatuses"]]
    assert states == ["Completed", "Completed"]


@pytest.mark.parametrize(
    ("tag", "reason"), [("missing", "ImagePullBackOff"), ("crash", "CrashLoopBackOff")]
)
def test_an_init_container_in_trouble_holds_everything_after_it(
    pods: Pods, tag: str, reason: str
) -> None:
    pods.run("init", "app:1", init=("one:1", f"two:{tag}", "three:1"))
    status = pods.wait("init", lambda s: waiting(s, 1, "initContainerStatuses") == reason)
    assert status["phase"] == "Pending"
    assert status["initContainerStatuses"][0]["state"]["terminated"]["exitCode"] == 0
    assert waiting(status, 2, "initContainerStatuses") == "PodInitializing"
    assert waiting(status) == "PodInitializing"
    initialized = condition(status, "Initialized")
    assert initialized["reason"] == "ContainersNotInitialized"
    assert initialized["message"] == "containers with incomplete status: [i1 i2]"


@pytest.mark.parametrize(
    ("annotation", "message", "reason", "event"),
    [
        (
            "kwok-sim/config-error",
            'configmap "settings" not found',
            "CreateContainerConfigError",
            "Failed",
        ),
        (
            "kwok-sim/mount-error",
            'MountVolume.SetUp failed for volume "v" : secret "s" not found',
            "ContainerCreating",
            "FailedMount",
        ),
    ],
)
def test_configuration_that_is_not_there_ends_when_the_annotation_goes(
    pods: Pods, annotation: str, message: str, reason: str, event: str
) -> None:
    pods.run("needs", "app:1", notes={annotation: message})
    pods.wait("needs", lambda s: waiting(s) == reason)
    assert message in pods.wait_for_event("needs", event)
    pods.plane.kubectl("-n", pods.namespace, "annotate", "pod", "needs", f"{annotation}-")
    pods.wait("needs", is_ready)


def test_a_readiness_gate_is_waited_for(pods: Pods) -> None:
    pods.run("gated", "app:1", readinessGates=[{"conditionType": "example.com/open"}])
    status = pods.wait("gated", lambda s: s["phase"] == "Running")
    assert condition(status, "Ready")["reason"] == "ReadinessGatesNotReady"
    patch = {"status": {"conditions": [{"type": "example.com/open", "status": "True"}]}}
    pods.plane.api.request(
        "PATCH",
        f"{pods.path}/gated/status",
        patch,
        kind="application/strategic-merge-patch+json",
    )
    pods.wait("gated", is_ready)


def test_a_better_image_gets_a_pod_going(pods: Pods) -> None:
    pods.run("pulls", "app:missing")
    pods.wait("pulls", lambda s: waiting(s) == "ImagePullBackOff")
    pods.plane.kubectl("-n", pods.namespace, "set", "image", "pod/pulls", "c0=app:2")
    pods.wait("pulls", is_ready)


def test_a_pod_is_resized_in_place(pods: Pods) -> None:
    small = {"requests": {"cpu": "100m"}}
    container = {"name": "app", "image": "app:1", "resources": small}
    pods.run("grows", containers=[container])
    pods.wait("grows", is_ready)
    large = [{"name": "app", "resources": {"requests": {"cpu": "200m"}}}]
    pods.plane.api.request(
        "PATCH",
        f"{pods.path}/grows/resize",
        {"spec": {"containers": large}},
        kind="application/strategic-merge-patch+json",
    )
    wanted = {"requests": {"cpu": "200m"}}
    status = pods.wait("grows", lambda s: s["containerStatuses"][0].get("resources") == wanted)
    assert status["containerStatuses"][0]["restartCount"] == 0


@pytest.mark.parametrize(
    ("code", "phase", "reason"),
    [("0", "Succeeded", "Completed"), ("3", "Failed", "Error"), ("137", "Failed", "OOMKilled")],
)
def test_a_pod_ends_as_its_annotations_say(pods: Pods, code: str, phase: str, reason: str) -> None:
    notes = {"kwok-sim/run-for": "100ms", "kwok-sim/exit-code": code}
    pods.run("task", "app:1", notes=notes, restartPolicy="Never")
    status = pods.wait("task", lambda s: s["phase"] == phase)
    ended = status["containerStatuses"][0]["state"]["terminated"]
    assert (ended["exitCode"], ended["reason"]) == (int(code), reason)


def test_a_pod_that_restarts_on_failure_does(pods: Pods) -> None:
    notes = {"kwok-sim/run-for": "100ms", "kwok-sim/exit-code": "3"}
    pods.run("task", "app:1", notes=notes, restartPolicy="OnFailure")
    status = pods.wait("task", lambda s: waiting(s) == "CrashLoopBackOff")
    assert status["containerStatuses"][0]["lastState"]["terminated"]["exitCode"] == 3
    assert status["phase"] == "Running"


def test_a_job_completes(plane: ControlPlane, namespace: str) -> None:
    plane.kubectl("-n", namespace, "create", "job", "work", "--image=app:1")
    plane.kubectl("-n", namespace, "wait", "--for=condition=Complete", "job/work", "--timeout=20s")


def test_a_claim_gets_a_volume_that_goes_with_it(plane: ControlPlane, namespace: str) -> None:
    claims = f"/api/v1/namespaces/{namespace}/persistentvolumeclaims"
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    plane.api.request("POST", claims, {"metadata": {"name": "data"}, "spec": spec})
    bound = lambda: plane.api.request("GET", f"{claims}/data")["status"]["phase"] == "Bound"  # noqa: E731
    plane.wait_until("claim", bound)
    volume = plane.api.request("GET", f"{claims}/data")["spec"]["volumeName"]
    plane.api.request("DELETE", f"{claims}/data")

    def gone() -> bool:
        try:
            plane.api.request("GET", f"/api/v1/persistentvolumes/{volume}")
        except ApiRefused as refused:
            return refused.status == 404
        return False

    plane.wait_until("the volume's end", gone)


def test_a_slow_stop_ends_with_the_grace_period(pods: Pods) -> None:
    pods.run("slow", "app:1", notes={"kwok-sim/stop-after": "10m"})
    pods.wait("slow", is_ready)
    out = pods.plane.kubectl(
        "-n", pods.namespace, "delete", "pod", "slow", "--grace-period=1", "--timeout=20s"
    )
    assert "deleted" in out


def test_logs_can_be_read(pods: Pods) -> None:
    pods.run("plain", "app:1")
    pods.wait("plain", is_ready)
    assert "simulated: ready" in pods.plane.kubectl("-n", pods.namespace, "logs", "plain")


def test_a_node_can_say_that_it_is_down(plane: ControlPlane) -> None:
    (name,) = plane.add_nodes(1)
    try:
        plane.kubectl("label", "node", name, "kwok-sim/down=true")
        plane.kubectl("wait", "--for=condition=Ready=False", f"node/{name}", "--timeout=20s")
        plane.kubectl("label", "node", name, "kwok-sim/down-")
        plane.kubectl("wait", "--for=condition=Ready=True", f"node/{name}", "--timeout=20s")
    finally:
        plane.api.request("DELETE", f"/api/v1/nodes/{name}")


def test_a_lost_node_becomes_unknown_and_its_pods_cannot_end(pods: Pods) -> None:
    plane = pods.plane
    (name,) = plane.add_nodes(1)
    try:
        pods.run("stuck", "app:1", nodeName=name)
        pods.wait("stuck", is_ready)
        plane.kubectl("label", "node", name, "kwok-sim/lost=true")
        plane.kubectl("wait", "--for=condition=Ready=Unknown", f"node/{name}", "--timeout=60s")
        pods.wait("stuck", lambda s: not is_ready(s))
        plane.wait_until("eviction", lambda: deleting(pods, "stuck"))
        plane.kubectl("label", "node", name, "kwok-sim/lost-")
        plane.kubectl("-n", pods.namespace, "wait", "--for=delete", "pod/stuck", "--timeout=30s")
        plane.kubectl("wait", "--for=condition=Ready=True", f"node/{name}", "--timeout=30s")
    finally:
        plane.api.request("DELETE", f"/api/v1/nodes/{name}")


def deleting(pods: Pods, name: str) -> bool:
    metadata = pods.plane.api.request("GET", f"{pods.path}/{name}")["metadata"]
    return "deletionTimestamp" in metadata
