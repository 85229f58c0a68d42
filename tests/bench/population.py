"""Fill a cluster with many pods quickly, through the project's own client."""

import asyncio
from collections.abc import Iterator
from contextlib import aclosing
from typing import Any

from kube.api.client import ApiClient
from kube.api.listing import reduce_list
from kube.api.watch import watch

NAMESPACES = 20


async def populate(api: ApiClient, pods: int, nodes: list[str], already: int = 0) -> None:
    """Create pods `already` to `pods`, placed on nodes as a scheduler would, over 20 namespaces.

    They are bound when they are made, so that the scheduler's speed plays no part; the simulated
    kubelets run them all the same.
    """
    if not already:
        await asyncio.gather(*(_namespace(api, f"bench-{i:02d}") for i in range(NAMESPACES)))
    jobs = iter(range(already, pods))
    await asyncio.gather(*(_create(api, jobs, nodes) for _ in range(api.settings.in_flight)))


async def wait_running(api: ApiClient, pods: int) -> None:
    """Wait until this many pods run."""
    query = {"fieldSelector": "status.phase=Running"}
    while (await reduce_list(api, "/api/v1/pods", _Count, query=query)).found < pods:  # noqa: ASYNC110
        await asyncio.sleep(1.0)


class _Count:
    found = 0

    def add(self, items: list[dict[str, Any]]) -> None:
        self.found += len(items)


async def _namespace(api: ApiClient, name: str) -> None:
    await api.write("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
    # Without its account a namespace refuses pods; a watch from 0 begins with what there is.
    async with aclosing(watch(api, f"/api/v1/namespaces/{name}/serviceaccounts", "0")) as accounts:
        await anext(accounts)


async def _create(api: ApiClient, jobs: Iterator[int], nodes: list[str]) -> None:
    for number in jobs:
        namespace = f"bench-{number % NAMESPACES:02d}"
        path = f"/api/v1/namespaces/{namespace}/pods"
        await api.write("POST", path, _pod(number, nodes[number % len(nodes)]))


def _pod(number: int, node: str) -> dict[str, Any]:
    container = {
        "name": "app",
        "image": "registry.example/app:1.0",
        "env": [{"name": f"SETTING_{i}", "value": f"value-{i}"} for i in range(8)],
        "ports": [{"containerPort": 8080}],
        "resources": {
            "requests": {"cpu": "50m", "memory": "64Mi"},
            "limits": {"memory": "128Mi"},
        },
    }
    return {
        "metadata": {
            "name": f"app-{number:06d}",
            "labels": {"app": f"app-{number % 50}", "tier": "bench"},
            "annotations": {"kwok-sim/cpu": "10m", "kwok-sim/memory": "32Mi"},
        },
        "spec": {"nodeName": node, "containers": [container]},
    }
