"""What nodes offer and pods ask for adds up exactly, page by page."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kube.clusters.resources import ResourceTally
from kube.clusters.snapshot import Amount
from kube.clusters.usage import Usage, UsageTally
from tests.unit.clusters.pages import shuffled_pages


def node(cpu: str, *, ready: bool = True, cordoned: bool = False) -> dict[str, Any]:
    return {
        "spec": {"unschedulable": cordoned},
        "status": {
            "conditions": [{"type": "Ready", "status": "True" if ready else "False"}],
            "capacity": {"cpu": cpu, "memory": "8Gi", "pods": "110"},
            "allocatable": {"cpu": "1900m", "memory": "7Gi", "pods": "110"},
        },
    }


def pod(phase: str = "Running", node_name: str | None = "worker-1", **more: str) -> dict[str, Any]:
    requests = {"cpu": "500m", "memory": "1Gi", **more}
    resources = {"requests": requests, "limits": {"memory": "2Gi"}}
    spec = {"containers": [{"resources": resources}]}
    placed = {"nodeName": node_name} if node_name else {}
    return {"spec": {**spec, **placed}, "status": {"phase": phase}}


NODES = [node("2"), node("2", cordoned=True), node("2", ready=False)]
PODS = [
    pod(),
    pod("Pending"),
    pod("Pending", node_name=None),
    pod("Succeeded"),
    pod("Failed"),
    pod(**{"example.com/fpga": "1"}),
]
GIB = 2**30


@given(shuffled_pages(NODES), shuffled_pages(PODS), st.booleans())
def test_pages_and_their_order_do_not_matter(
    nodes: list[list[dict[str, Any]]], pods: list[list[dict[str, Any]]], pods_first: bool
) -> None:
    tally = ResourceTally()
    for page in pods if pods_first else []:
        tally.add_pods(page)
    for page in nodes:
        tally.add_nodes(page)
    for page in pods if not pods_first else []:
        tally.add_pods(page)
    amounts = tally.amounts()
    assert list(amounts) == ["cpu", "memory", "pods", "example.com/fpga"]
    assert amounts["cpu"] == Amount(
        capacity=6000, allocatable=5700, schedulable=1900, requested=1500, limits=0
    )
    assert amounts["memory"] == Amount(
        capacity=24 * GIB,
        allocatable=21 * GIB,
        schedulable=7 * GIB,
        requested=3 * GIB,
        limits=6 * GIB,
    )
    assert amounts["pods"] == Amount(
        capacity=330, allocatable=330, schedulable=110, requested=3, limits=0
    )
    assert amounts["example.com/fpga"].requested_ratio is None


@given(shuffled_pages(NODES), shuffled_pages(PODS))
def test_tallies_of_parts_merge_to_that_of_the_whole(
    nodes: list[list[dict[str, Any]]], pods: list[list[dict[str, Any]]]
) -> None:
    merged, whole = ResourceTally(), ResourceTally()
    for page in nodes:
        part = ResourceTally()
        part.add_nodes(page)
        merged.merge(part)
    for page in pods:
        part = ResourceTally()
        part.add_pods(page)
        merged.merge(part)
    whole.add_nodes(NODES)
    whole.add_pods(PODS)
    assert merged.amounts() == whole.amounts()


def test_a_sum_is_rounded_once() -> None:
    tally = ResourceTally()
    tally.add_pods([pod(cpu="400u") for _ in range(5)])
    assert tally.amounts()["cpu"].requested == 2


def test_usage_stands_beside_cpu_and_memory_only() -> None:
    tally = ResourceTally()
    tally.add_nodes(NODES)
    amounts = tally.amounts(Usage(nodes=2, cpu_millicores=0, memory_bytes=5))
    assert [amounts[name].usage for name in ("cpu", "memory", "pods")] == [0, 5, None]
    assert amounts["cpu"].usage_ratio == 0
    assert amounts["pods"].usage_ratio is None


def metrics(cpu: str, memory: str) -> dict[str, Any]:
    return {"metadata": {"name": "n"}, "usage": {"cpu": cpu, "memory": memory}}


@given(shuffled_pages([metrics("120300400n", "512Ki"), metrics("1", "1Mi"), metrics("0", "0")]))
def test_node_metrics_add_up_to_millicores_and_bytes(pages: list[list[dict[str, Any]]]) -> None:
    tally = UsageTally()
    for page in pages:
        tally.add(page)
    assert tally.total() == Usage(nodes=3, cpu_millicores=1121, memory_bytes=1572864)


def test_no_node_measured_is_no_usage() -> None:
    assert UsageTally().total() == Usage(nodes=0, cpu_millicores=0, memory_bytes=0)
