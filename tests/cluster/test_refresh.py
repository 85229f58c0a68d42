"""What a refresh measures is what kubectl says of the same cluster.

- figures: nodes, pods, namespaces, workloads, claims, events, requested and used amounts;
- partial facts: what the user may not read, an API that is dead, and all else as it is;
- a server that hangs is a finding, in time.

In which other ways a cluster is not reached is in `test_reach.py`.
"""

from __future__ import annotations

import json
import math
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from decimal import Decimal
from typing import Any

import pytest

from kube.api.access import Permission
from sandbox.addons import METRICS_API
from sandbox.control_plane import ControlPlane
from sandbox.readiness import exists
from tests.cluster.refresh_scene import (
    CORDONED,
    DOWN,
    FACTS,
    NAMESPACE,
    allocated,
    furnish,
    lines,
    quantity,
    refresh,
    statuses,
    while_still,
)
from tests.fixtures.access import user_with
from tests.fixtures.kubeconfigs import refusing_server

pytestmark = pytest.mark.cluster

SECONDS = 60
NODE_METRICS = "/apis/metrics.k8s.io/v1beta1/nodes"


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A control plane with four nodes, one cordoned, one down, and pods of every sort."""
    with ControlPlane(tmp_path_factory.mktemp("scene"), nodes=4, metrics=True) as started:
        furnish(started)
        yield started


async def test_nodes_are_those_that_kubectl_shows(scene: ControlPlane) -> None:
    def said() -> list[str]:
        return [line[1] for line in lines(scene, "get", "nodes")]

    states, snapshot = await while_still(said, lambda: refresh(scene.kubeconfig_text))
    nodes = snapshot.nodes.value
    assert nodes is not None
    assert (nodes.total, nodes.ready, nodes.unschedulable) == (
        len(states),
        sum(state.split(",")[0] == "Ready" for state in states),
        sum("SchedulingDisabled" in state for state in states),
    )
    assert (nodes.total, nodes.ready, nodes.unschedulable) == (4, 3, 1)
    versions = Counter(line[4] for line in lines(scene, "get", "nodes"))
    assert nodes.kubelet_versions == versions
    found = {problem.name: problem.reasons for problem in nodes.problems}
    assert found[CORDONED] == ("SchedulingDisabled",)
    assert found[DOWN][0] == "NotReady"
    assert snapshot.health.status == "degraded"
    assert f"1 of 4 nodes not ready: {DOWN}" in snapshot.health.reasons


async def test_pods_are_counted_by_phase_and_by_what_kubectl_shows_as_their_status(
    scene: ControlPlane,
) -> None:
    def said() -> tuple[Counter[str], Counter[str]]:
        phases = scene.kubectl("get", "pods", "-A", "-o", "jsonpath={.items[*].status.phase}")
        shown = Counter(line[3] for line in lines(scene, "get", "pods", "-A"))
        return Counter(phases.split()), shown

    (phases, shown), snapshot = await while_still(said, lambda: refresh(scene.kubeconfig_text))
    pods = snapshot.pods.value
    assert pods is not None
    assert pods.total == phases.total() == shown.total()
    assert pods.by_phase == phases
    assert set(phases) == {"Running", "Pending", "Succeeded", "Failed"}
    for reason in ("CrashLoopBackOff", "ImagePullBackOff", "Error"):
        assert pods.by_problem[reason] == shown[reason] > 0


async def test_namespaces_workloads_and_claims_are_counted_as_kubectl_counts(
    scene: ControlPlane,
) -> None:
    def said() -> tuple[int, list[str], list[str]]:
        ready = [line[2] for line in lines(scene, "get", "deployments", "-A")]
        phases = [line[2] for line in lines(scene, "get", "persistentvolumeclaims", "-A")]
        return len(lines(scene, "get", "namespaces")), ready, phases

    (namespaces, ready, phases), snapshot = await while_still(
        said, lambda: refresh(scene.kubeconfig_text)
    )
    assert snapshot.namespaces.value == namespaces
    assert snapshot.workloads.value is not None
    deployments = snapshot.workloads.value.by_kind["Deployment"]
    pairs = [[int(number) for number in text.split("/")] for text in ready]
    assert deployments.total == len(pairs) == 2
    assert deployments.ready == sum(one == wanted for one, wanted in pairs) == 1
    assert deployments.desired_replicas == sum(wanted for _, wanted in pairs)
    assert deployments.ready_replicas == sum(one for one, _ in pairs)
    assert [p.name for p in snapshot.workloads.value.problems] == ["stuck"]
    assert snapshot.claims.value is not None
    assert snapshot.claims.value.by_phase == Counter(phases) == {"Pending": 1}
    assert snapshot.claims.value.pending == (f"{NAMESPACE}/waits",)


async def test_warning_events_are_those_that_kubectl_lists(scene: ControlPlane) -> None:
    def said() -> Counter[str]:
        query = ("get", "events", "-A", "--field-selector=type=Warning", "-o", "json")
        items = json.loads(scene.kubectl(*query))["items"]
        return Counter(item["reason"] for item in items)

    reasons, snapshot = await while_still(said, lambda: refresh(scene.kubeconfig_text))
    assert snapshot.events.value is not None
    assert snapshot.events.value.by_reason == reasons, "the cluster is younger than the window"
    assert snapshot.events.value.total == reasons.total() > 0


async def test_requested_and_limits_are_what_describe_nodes_sums_up(scene: ControlPlane) -> None:
    told, snapshot = await while_still(
        lambda: allocated(scene), lambda: refresh(scene.kubeconfig_text)
    )
    assert snapshot.resources.value is not None
    cpu, memory = snapshot.resources.value["cpu"], snapshot.resources.value["memory"]
    assert {
        "cpu requests": cpu.requested,
        "cpu limits": cpu.limits,
        "memory requests": memory.requested,
        "memory limits": memory.limits,
    } == {
        name: math.ceil(amount * (1000 if name.startswith("cpu") else 1))
        for name, amount in told.items()
    }


async def test_capacity_is_the_sum_over_nodes_and_ratios_are_of_the_fit_ones(
    scene: ControlPlane,
) -> None:
    snapshot = await refresh(scene.kubeconfig_text)
    nodes = json.loads(scene.kubectl("get", "nodes", "-o", "json"))["items"]
    fit = [node for node in nodes if node["metadata"]["name"] not in (CORDONED, DOWN)]

    def total(some: list[Any], field: str, resource: str) -> Decimal:
        return sum((quantity(node["status"][field][resource]) for node in some), Decimal(0))

    assert snapshot.resources.value is not None
    for resource, factor in (("cpu", 1000), ("memory", 1), ("pods", 1)):
        amount = snapshot.resources.value[resource]
        assert amount.capacity == total(nodes, "capacity", resource) * factor
        assert amount.allocatable == total(nodes, "allocatable", resource) * factor
        assert amount.schedulable == total(fit, "allocatable", resource) * factor
        assert amount.requested_ratio == amount.requested / amount.schedulable


async def test_usage_is_what_top_nodes_shows(scene: ControlPlane) -> None:
    def said() -> tuple[str, list[list[str]]]:
        return scene.kubectl("get", "--raw", NODE_METRICS), lines(scene, "top", "nodes")

    (raw, top), snapshot = await while_still(said, lambda: refresh(scene.kubeconfig_text))
    exact = [item["usage"] for item in json.loads(raw)["items"]]
    assert snapshot.usage.value == len(exact) == len(top) == 4
    assert snapshot.resources.value is not None
    cpu, memory = snapshot.resources.value["cpu"].usage, snapshot.resources.value["memory"].usage
    assert cpu is not None
    assert memory is not None
    assert cpu == math.ceil(sum(quantity(usage["cpu"]) for usage in exact) * 1000)
    assert memory == sum(quantity(usage["memory"]) for usage in exact)
    # `top` rounds each node: cores up to a thousandth, bytes down to a MiB.
    shown_cpu = sum(int(line[1].removesuffix("m")) for line in top)
    shown_memory = sum(int(line[3].removesuffix("Mi")) for line in top) * 2**20
    assert 0 <= shown_cpu - cpu <= len(top)
    assert 0 <= memory - shown_memory < len(top) * 2**20


async def test_what_the_user_may_not_read_is_denied_and_all_else_is_measured(
    scene: ControlPlane,
) -> None:
    some = [Permission("list", kind) for kind in ("nodes", "namespaces", "persistentvolumeclaims")]
    some += [Permission("list", "deployments", "apps"), Permission("list", "pods")]
    snapshot = await refresh(await user_with(scene, some))
    assert snapshot.reach.status == "ok"
    assert statuses(snapshot) == {
        "nodes": "ok", "namespaces": "ok", "pods": "ok", "claims": "ok", "resources": "ok",
        "workloads": "denied", "events": "denied", "usage": "denied",
    }  # fmt: skip
    assert 'cannot list resource "events"' in snapshot.events.reason
    denied = (snapshot.events, snapshot.workloads, snapshot.usage)
    assert [fact.value for fact in denied] == [None, None, None]
    assert snapshot.resources.value is not None
    assert snapshot.resources.value["cpu"].usage is None
    assert snapshot.resources.value["cpu"].requested > 0
    assert snapshot.cluster_uid is None


async def test_without_pods_there_are_no_sums_and_health_says_so(scene: ControlPlane) -> None:
    snapshot = await refresh(await user_with(scene, [Permission("list", "nodes")]))
    assert (snapshot.pods.status, snapshot.resources.status) == ("denied", "denied")
    assert snapshot.resources.value is None
    assert any(reason.startswith("pods not measured: denied") for reason in snapshot.health.reasons)


def answers(plane: ControlPlane) -> bool:
    return len(lines(plane, "top", "nodes")) == 4


@contextmanager
def gone(plane: ControlPlane) -> Iterator[None]:
    """Let nobody listen where the metrics API is served, for the length of the block."""
    port = plane.api.request("GET", METRICS_API)["spec"]["service"]["port"]

    def move(to: int) -> None:
        patch = {"spec": {"service": {"port": to}}}
        plane.api.request("PATCH", METRICS_API, patch, kind="application/merge-patch+json")

    with refusing_server() as server:
        move(int(server.rpartition(":")[2]))
        yield
    move(port)


@contextmanager
def hanging(plane: ControlPlane) -> Iterator[None]:
    """Let the metrics API take requests and answer none, for the length of the block."""
    plane.components.pause("metrics-server")
    try:
        yield
    finally:
        plane.components.resume("metrics-server")


@contextmanager
def absent(plane: ControlPlane) -> Iterator[None]:
    """Take the metrics API away for the length of the block."""
    spec = plane.api.request("GET", METRICS_API)["spec"]
    plane.api.request("DELETE", METRICS_API)
    plane.wait_until("its end", lambda: not exists(plane.api, NODE_METRICS))
    yield
    name = METRICS_API.rpartition("/")[2]
    document = {"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService"}
    plane.api.apply(METRICS_API, {**document, "metadata": {"name": name}, "spec": spec})


@pytest.mark.parametrize(
    ("trouble", "status"), [(gone, "error"), (hanging, "error"), (absent, "absent")]
)
async def test_a_metrics_api_in_trouble_costs_seconds_and_its_own_fact_only(
    scene: ControlPlane,
    trouble: Callable[[ControlPlane], AbstractContextManager[None]],
    status: str,
) -> None:
    scene.wait_until("metrics", lambda: answers(scene), timeout_seconds=SECONDS)
    try:
        with trouble(scene):
            began = time.monotonic()
            snapshot = await refresh(scene.kubeconfig_text)
            seconds = time.monotonic() - began
    finally:
        scene.wait_until("metrics", lambda: answers(scene), timeout_seconds=SECONDS)
    assert statuses(snapshot) == dict.fromkeys(FACTS, "ok") | {"usage": status}
    assert snapshot.resources.value is not None
    assert snapshot.resources.value["cpu"].usage is None
    assert snapshot.resources.value["cpu"].requested > 0
    assert snapshot.usage.reason
    assert seconds < 10


async def test_a_hanging_server_is_a_timeout_within_the_timeout(scene: ControlPlane) -> None:
    scene.components.pause("kube-apiserver")
    try:
        began = time.monotonic()
        snapshot = await refresh(scene.kubeconfig_text, connect_timeout_seconds=1)
        seconds = time.monotonic() - began
    finally:
        scene.components.resume("kube-apiserver")
    assert (snapshot.reach.status, snapshot.health.status) == ("timeout", "unreachable")
    assert statuses(snapshot) == dict.fromkeys(FACTS, "error")
    assert 1 <= seconds < 5
    assert (await refresh(scene.kubeconfig_text)).reach.status == "ok"
