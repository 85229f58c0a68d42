"""One refresh: every fact of a cluster, read side by side, each with its own success or failure."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from kube.api.client import ApiClient
from kube.api.errors import Forbidden, KubeError, NotFound, Unreachable
from kube.api.identity import cluster_uid
from kube.api.listing import METADATA_ONLY, reduce_list
from kube.clusters.claims import ClaimTally
from kube.clusters.events import EventTally
from kube.clusters.judgement import judge
from kube.clusters.nodes import NodeTally
from kube.clusters.pods import PodTally
from kube.clusters.resources import ResourceTally
from kube.clusters.snapshot import (
    Amount,
    ClusterSnapshot,
    Fact,
    Reach,
    Standing,
    WorkloadsFact,
)
from kube.clusters.standing import settle
from kube.clusters.usage import Usage, UsageTally
from kube.clusters.workloads import WorkloadTally, combined
from kube.quantity import InvalidQuantity

R = TypeVar("R")
T = TypeVar("T")
Objects = list[dict[str, Any]]

WORKLOADS = {
    "Deployment": "/apis/apps/v1/deployments",
    "StatefulSet": "/apis/apps/v1/statefulsets",
    "DaemonSet": "/apis/apps/v1/daemonsets",
}
NODES = "/api/v1/nodes"
PODS = "/api/v1/pods"
NAMESPACES = "/api/v1/namespaces"
CLAIMS = "/api/v1/persistentvolumeclaims"
EVENTS = "/api/v1/events"
NODE_METRICS = "/apis/metrics.k8s.io/v1beta1/nodes"
WARNINGS = {"fieldSelector": "type=Warning"}
# A pod serves metrics.k8s.io, and where it hangs, the API server waits for it a minute.
USAGE_SECONDS = 5.0


async def measure(
    api: ApiClient, reach: Reach, at: datetime, previous: Standing | None
) -> ClusterSnapshot:
    """Measure everything of a cluster that a refresh is about; it never writes.

    Args:
        api: The cluster, which answered the probe.
        reach: How it answered.
        at: The time of the measurement, with its zone.
        previous: The standing of the last refresh.

    Returns:
        A snapshot; a fact that could not be read says why, and none is invented.
    """
    facts = await _read_facts(api, reach, at)
    return _snapshot(api.connection.identity.server, reach, at, previous, facts)


def unmeasured(
    server: str, reach: Reach, at: datetime, previous: Standing | None
) -> ClusterSnapshot:
    """Return the snapshot of a cluster that did not answer the probe: no fact is known."""
    unread: Fact[Any] = Fact(status="error", reason=f"not read: {reach.status}")
    names = ["nodes", "pods", "namespaces", "workloads", "claims", "events", "usage", "resources"]
    return _snapshot(server, reach, at, previous, dict.fromkeys(names, unread))


def _snapshot(
    server: str, reach: Reach, at: datetime, previous: Standing | None, facts: dict[str, Any]
) -> ClusterSnapshot:
    health = judge(reach, nodes=facts["nodes"], pods=facts["pods"], resources=facts["resources"])
    return ClusterSnapshot(
        taken_at=at,
        server=server,
        reach=reach,
        health=health,
        standing=settle(previous, health, at),
        **facts,
    )


@dataclass
class _PodTallies:
    """Two tallies of the pods, so that each page is read once and then forgotten."""

    pods: PodTally
    resources: ResourceTally

    def add(self, items: Objects) -> None:
        self.pods.add(items)
        self.resources.add_pods(items)


@dataclass
class _NodeTallies:
    nodes: NodeTally
    resources: ResourceTally

    def add(self, items: Objects) -> None:
        self.nodes.add(items)
        self.resources.add_nodes(items)


@dataclass
class _Counter:
    count: int = 0

    def add(self, items: Objects) -> None:
        self.count += len(items)


@dataclass
class _OfKind:
    """The tally of workloads of one kind: the items of a list do not carry their kind."""

    kind: str
    tally: WorkloadTally = field(default_factory=WorkloadTally)

    def add(self, items: Objects) -> None:
        self.tally.add(self.kind, items)


async def _read_facts(api: ApiClient, reach: Reach, at: datetime) -> dict[str, Any]:
    def node_tallies() -> _NodeTallies:
        return _NodeTallies(NodeTally(reach.version), ResourceTally())

    def pod_tallies() -> _PodTallies:
        return _PodTallies(PodTally(at), ResourceTally())

    async with asyncio.TaskGroup() as group:
        start = group.create_task
        nodes = start(fact_of(reduce_list(api, NODES, node_tallies), _same))
        pods = start(fact_of(reduce_list(api, PODS, pod_tallies), _same))
        namespaces = start(
            fact_of(reduce_list(api, NAMESPACES, _Counter, accept=METADATA_ONLY), _count)
        )
        workloads = start(fact_of(_read_workloads(api), _same))
        claims = start(fact_of(reduce_list(api, CLAIMS, ClaimTally), ClaimTally.fact))
        events = start(
            fact_of(
                reduce_list(api, EVENTS, partial(EventTally, at), query=WARNINGS), EventTally.fact
            )
        )
        usage = start(fact_of(_read_usage(api), _same))
        uid = start(fact_of(cluster_uid(api), _same))
    return {
        "cluster_uid": uid.result().value,
        "nodes": _map(nodes.result(), lambda found: found.nodes.fact()),
        "pods": _map(pods.result(), lambda found: found.pods.fact()),
        "namespaces": namespaces.result(),
        "workloads": workloads.result(),
        "claims": claims.result(),
        "events": events.result(),
        "usage": _map(usage.result(), lambda found: found.nodes),
        "resources": _resources(nodes.result(), pods.result(), usage.result()),
    }


async def _read_workloads(api: ApiClient) -> WorkloadsFact:
    """Read the three kinds side by side; one kind denied denies the fact.

    Each has a tally of its own, since a list that starts again needs an empty one.
    """
    read = await asyncio.gather(
        *(reduce_list(api, path, partial(_OfKind, kind)) for kind, path in WORKLOADS.items())
    )
    return combined(one.tally.fact() for one in read)


async def _read_usage(api: ApiClient) -> Usage:
    """Read what the nodes use.

    Raises:
        NotFound: There is no metrics API, or it knows no node yet: a sum of nothing is not zero.
        Unreachable: It gave no answer in time, while the API server may.
    """
    try:
        async with asyncio.timeout(USAGE_SECONDS):
            tally = await reduce_list(api, NODE_METRICS, UsageTally)
    except TimeoutError:
        message = f"metrics.k8s.io did not answer within {USAGE_SECONDS:.0f} s"
        raise Unreachable(message, "timeout") from None
    total = tally.total()
    if not total.nodes:
        raise NotFound("metrics.k8s.io answers, and knows no node yet", status=404)
    return total


def _resources(
    nodes: Fact[_NodeTallies], pods: Fact[_PodTallies], usage: Fact[Usage]
) -> Fact[dict[str, Amount]]:
    """Join what nodes offer and pods ask for; without either there is no honest ratio."""
    if nodes.value is None or pods.value is None:
        missing = nodes if nodes.value is None else pods
        return Fact(status=missing.status, reason=missing.reason)
    total = ResourceTally()
    total.merge(nodes.value.resources)
    total.merge(pods.value.resources)
    return Fact(status="ok", value=total.amounts(usage.value))


async def fact_of(reading: Awaitable[R], value: Callable[[R], T]) -> Fact[T]:
    """Await one reading and make a fact of it; a failure becomes its status and reason."""
    try:
        return Fact(status="ok", value=value(await reading))
    except Forbidden as error:
        return Fact(status="denied", reason=str(error))
    except NotFound as error:
        return Fact(status="absent", reason=str(error))
    except (KubeError, InvalidQuantity) as error:
        return Fact(status="error", reason=str(error))


def _map(fact: Fact[R], value: Callable[[R], T]) -> Fact[T]:
    if fact.value is None:
        return Fact(status=fact.status, reason=fact.reason)
    return Fact(status="ok", value=value(fact.value))


def _count(counter: _Counter) -> int:
    return counter.count


def _same(value: T) -> T:
    return value
