"""Refreshing many clusters: each in a run of its own deployment, one outcome each.

The runs are made by the server and done in this process, as a worker would.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import pytest
from prefect import get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterDeploymentId,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, StateType

from flows.clusters import refresh_cluster, refresh_clusters
from sandbox.control_plane import ControlPlane
from tasks import fan_out
from tests.fixtures.kubeconfigs import edited, refusing_server
from tests.flows.conftest import MakeCluster
from tests.flows.runs import POLL_SECONDS, Runs, api

pytestmark = pytest.mark.cluster

Deploy = Callable[..., Awaitable[UUID]]


@pytest.fixture
async def deploy() -> AsyncIterator[Deploy]:
    """Deploy `refresh-cluster` for a pool, for the length of the test."""
    made: list[UUID] = []

    async def make(pool: str, **parameters: Any) -> UUID:
        async with get_client() as client:
            flow_id = await client.create_flow(refresh_cluster)
            made.append(await client.create_deployment(flow_id, pool, parameters=parameters))
        return made[-1]

    yield make
    async with get_client() as client:
        for deployment in made:
            await client.delete_deployment(deployment)


async def due(deployment: UUID) -> list[FlowRun]:
    """Return the runs of a deployment that wait for a worker."""
    of_it = FlowRunFilter(
        deployment_id=FlowRunFilterDeploymentId(any_=[deployment]),
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.SCHEDULED])),
    )
    async with get_client() as client:
        return await client.read_flow_runs(flow_run_filter=of_it)


@asynccontextmanager
async def worker(runs: Runs, deployment: UUID) -> AsyncIterator[None]:
    """Do every run of a deployment while the block lasts, all of them at the same time."""
    begun: dict[UUID, asyncio.Task[Any]] = {}

    async def poll() -> None:
        while True:
            for run in await due(deployment):
                if run.id not in begun:
                    begun[run.id] = asyncio.create_task(runs.work(refresh_cluster, run))
            await asyncio.sleep(POLL_SECONDS)

    polling = asyncio.create_task(poll())
    try:
        yield
    finally:
        polling.cancel()
        await asyncio.gather(polling, *begun.values(), return_exceptions=True)


async def test_each_cluster_has_a_run_of_its_own_and_a_bad_one_stops_no_other(
    runs: Runs, make_cluster: MakeCluster, deploy: Deploy, plane: ControlPlane, fresh: str
) -> None:
    labels = {"test": fresh}
    deployment = await deploy(fresh, fail_when_unreachable=True)
    good = [(await make_cluster(labels=labels, work_pool=fresh)).name for _ in range(2)]
    elsewhere = (await make_cluster(labels=labels, work_pool=f"{fresh}-far")).name
    await make_cluster(labels=labels, work_pool=fresh, environment="production")
    await make_cluster(labels={"test": "another"}, work_pool=fresh)
    with refusing_server() as server:
        text = edited(plane.kubeconfig_text, cluster={"server": server})
        down = (await make_cluster(text, labels=labels, work_pool=fresh)).name
        async with worker(runs, deployment):
            run = await runs.direct(
                refresh_clusters, f"test={fresh}", environment="dev", max_concurrent=4
            )
    assert run.told == ("PartialFailure", "2 of 4 clusters refreshed")
    outcomes = {outcome.ref.name: outcome for outcome in run.record.outcomes}
    assert list(outcomes) == sorted([*good, elsewhere, down])
    assert [outcomes[name].status for name in (*good, elsewhere, down)] == [
        "unchanged", "unchanged", "failed", "failed",
    ]  # fmt: skip
    assert outcomes[good[0]].reason.startswith(f"{good[0]} is healthy")
    assert outcomes[good[0]].seconds > 0
    pool = f"{fresh}-far"
    assert outcomes[elsewhere].reason == (
        f"no deployment refresh-cluster/{pool}; run `python -m deployments setup --pool {pool}`"
    )
    assert outcomes[down].reason.startswith(f"Unreachable: {down} is unreachable: refused")

    made = await api("/flow_runs/filter", deployments={"id": {"any_": [str(deployment)]}})
    assert {item["parameters"]["cluster"]["$ref"]["block_document_slug"] for item in made} == {
        f"capstan-cluster/{name}" for name in (*good, down)
    }
    kept = list((runs.records / "refresh-cluster" / good[0]).rglob("*.json"))
    assert len(kept) == 1
    assert '"trigger":"parent"' in kept[0].read_text()


async def test_no_more_refreshes_run_at_a_time_than_asked(
    runs: Runs, make_cluster: MakeCluster, deploy: Deploy, fresh: str
) -> None:
    deployment = await deploy(fresh)
    for _ in range(2):
        await make_cluster(labels={"test": fresh}, work_pool=fresh)
    async with worker(runs, deployment):
        run = await runs.direct(refresh_clusters, f"test={fresh}", max_concurrent=1)
    assert run.told == ("Completed", "2 of 2 clusters refreshed")
    made = await api("/flow_runs/filter", deployments={"id": {"any_": [str(deployment)]}})
    first, second = sorted(made, key=lambda item: str(item["created"]))
    assert first["end_time"] <= second["created"]


async def test_a_run_that_no_worker_takes_is_told(
    runs: Runs,
    make_cluster: MakeCluster,
    deploy: Deploy,
    fresh: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fan_out, "RUN_SECONDS", 1.0)
    await deploy(fresh)
    await make_cluster(labels={"test": fresh}, work_pool=fresh)
    run = await runs.direct(refresh_clusters, f"test={fresh}")
    assert run.told == ("Failed", "0 of 1 cluster refreshed")
    (outcome,) = run.record.outcomes
    assert outcome.status == "failed"
    assert outcome.reason.startswith("no end within 1 s (Scheduled:")
    assert outcome.reason.endswith(f"is a worker running for pool {fresh}?")


async def test_a_selection_of_nothing_is_no_failure(runs: Runs) -> None:
    run = await runs.direct(refresh_clusters, "test=nobody")
    assert run.told == ("Completed", "no cluster matches")
    assert run.record.outcomes == ()
