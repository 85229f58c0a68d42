"""Nodes are counted, and those that are not as they should be are listed, the worst first."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kube.clusters.nodes import NodeTally
from kube.clusters.ranking import MAX_KEPT
from kube.clusters.snapshot import NodeProblem, NodesFact
from tests.unit.clusters.pages import shuffled_pages


def node(
    name: str,
    *,
    ready: str = "True",
    cordoned: bool = False,
    pressure: str = "",
    kubelet: str = "v1.36.4",
) -> dict[str, Any]:
    conditions = [{"type": "Ready", "status": ready, "message": f"kubelet says {ready}"}]
    if pressure:
        conditions.append({"type": pressure, "status": "True", "message": f"low: {pressure}"})
    return {
        "metadata": {"name": name},
        "spec": {"unschedulable": True} if cordoned else {},
        "status": {"conditions": conditions, "nodeInfo": {"kubeletVersion": kubelet}},
    }


NODES = [
    node("a-fine"),
    node("b-cordoned", cordoned=True),
    node("c-lost", ready="Unknown"),
    node("d-full", pressure="DiskPressure"),
    node("e-old", kubelet="v1.31.0"),
    node("f-down", ready="False", cordoned=True, pressure="MemoryPressure"),
]

FACT = NodesFact(
    total=6,
    ready=4,
    unschedulable=2,
    pressure={"DiskPressure": 1, "MemoryPressure": 1},
    kubelet_versions={"v1.36.4": 5, "v1.31.0": 1},
    skewed=1,
    problems=(
        NodeProblem(
            name="f-down",
            reasons=("NotReady", "MemoryPressure", "SchedulingDisabled"),
            message="kubelet says False",
        ),
        NodeProblem(name="c-lost", reasons=("NotReady",), message="kubelet says Unknown"),
        NodeProblem(name="d-full", reasons=("DiskPressure",), message="low: DiskPressure"),
        NodeProblem(name="e-old", reasons=("KubeletSkew",)),
        NodeProblem(name="b-cordoned", reasons=("SchedulingDisabled",)),
    ),
)


@given(shuffled_pages(NODES))
def test_pages_and_their_order_do_not_matter(pages: list[list[dict[str, Any]]]) -> None:
    tally = NodeTally("v1.36.4")
    for page in pages:
        tally.add(page)
    assert tally.fact() == FACT


def test_without_the_servers_version_no_kubelet_is_skewed() -> None:
    tally = NodeTally(None)
    tally.add(NODES)
    assert tally.fact().skewed == 0


def test_a_cluster_without_nodes_has_none() -> None:
    assert NodeTally("v1.36.4").fact() == NodesFact(total=0, ready=0, unschedulable=0)


@given(st.integers(MAX_KEPT, MAX_KEPT + 20))
def test_problems_are_bounded_and_counts_are_not(count: int) -> None:
    tally = NodeTally(None)
    tally.add([node(f"n{i:03}", ready="False") for i in range(count)])
    fact = tally.fact()
    assert (fact.total - fact.ready, len(fact.problems)) == (count, MAX_KEPT)
