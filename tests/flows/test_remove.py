"""Forgetting clusters: what still points to them holds them, and the clusters never notice.

- refused while a deployment or a schedule refers to the block, by its name or its id;
- forced, unknown, named twice: one outcome for each name, and a state that says the same;
- nothing is sent to the cluster.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from prefect import get_client
from prefect.client.schemas.actions import DeploymentScheduleCreate
from prefect.client.schemas.schedules import IntervalSchedule

from blocks.cluster import Cluster
from flows.clusters import refresh_cluster, remove_clusters
from kube.records.record import Record
from sandbox.control_plane import ControlPlane
from tests.flows.conftest import MakeCluster
from tests.flows.runs import Runs, is_registered

pytestmark = pytest.mark.cluster

Deploy = Callable[..., Awaitable[str]]


def by_name(cluster: Cluster) -> dict[str, Any]:
    return {"$ref": {"block_document_slug": f"capstan-cluster/{cluster.name}"}}


def by_id(cluster: Cluster) -> dict[str, Any]:
    return {"$ref": {"block_document_id": str(cluster._block_document_id)}}


def told(record: Record) -> list[tuple[str, str]]:
    return [(outcome.ref.name, outcome.status) for outcome in record.outcomes]


@pytest.fixture
async def deploy() -> AsyncIterator[Deploy]:
    """Make a deployment of `refresh-cluster` for the length of the test; return its name."""
    made: list[UUID] = []

    async def make(
        parameters: dict[str, Any] | None = None, scheduled: dict[str, Any] | None = None
    ) -> str:
        every_day = IntervalSchedule(interval=timedelta(days=1))
        schedule = DeploymentScheduleCreate(
            schedule=every_day, parameters=scheduled or {}, slug="daily", active=False
        )
        async with get_client() as client:
            flow_id = await client.create_flow(refresh_cluster)
            made.append(
                await client.create_deployment(
                    flow_id,
                    f"d-{uuid.uuid4().hex[:10]}",
                    parameters=parameters,
                    schedules=[schedule] if scheduled else None,
                    enforce_parameter_schema=False,
                )
            )
            return f"refresh-cluster/{(await client.read_deployment(made[-1])).name}"

    yield make
    async with get_client() as client:
        for deployment in made:
            await client.delete_deployment(deployment)


@pytest.mark.parametrize("reference", [by_name, by_id])
async def test_a_cluster_that_a_deployment_refers_to_stays_unless_forced(
    runs: Runs,
    make_cluster: MakeCluster,
    deploy: Deploy,
    reference: Callable[[Cluster], dict[str, Any]],
) -> None:
    cluster = await make_cluster()
    name = await deploy({"cluster": reference(cluster)})
    run = await runs.direct(remove_clusters, [cluster.name])
    assert run.told == ("Refused", "0 of 1 cluster forgotten")
    (outcome,) = run.record.outcomes
    assert outcome.status == "blocked"
    assert outcome.reason == f"still used by deployment {name}; change those first, or force it"
    assert await is_registered(cluster.name)
    forced = await runs.direct(remove_clusters, [cluster.name], force=True)
    assert forced.told == ("Completed", "1 of 1 cluster forgotten")
    assert not await is_registered(cluster.name)


async def test_the_slots_of_a_forgotten_cluster_go_with_it(
    runs: Runs, make_cluster: MakeCluster
) -> None:
    cluster, other = await make_cluster(), await make_cluster()
    async with get_client() as client:
        for each in (cluster, other):
            name = f"refresh-cluster:{each.name}"
            await client.upsert_global_concurrency_limit_by_name(name, limit=1)
        assert (await runs.direct(remove_clusters, [cluster.name])).told[0] == "Completed"
        left = {limit.name for limit in await client.read_global_concurrency_limits(limit=200)}
        assert f"refresh-cluster:{cluster.name}" not in left
        assert f"refresh-cluster:{other.name}" in left
        await client.delete_global_concurrency_limit_by_name(f"refresh-cluster:{other.name}")


@pytest.mark.parametrize("reference", [by_name, by_id])
async def test_a_cluster_that_only_a_schedule_refers_to_stays(
    runs: Runs,
    make_cluster: MakeCluster,
    deploy: Deploy,
    reference: Callable[[Cluster], dict[str, Any]],
) -> None:
    cluster = await make_cluster()
    name = await deploy(scheduled={"cluster": reference(cluster)})
    run = await runs.direct(remove_clusters, [cluster.name])
    assert run.told[0] == "Refused"
    assert f"still used by schedule daily of {name};" in run.record.outcomes[0].reason
    assert await is_registered(cluster.name)


async def test_a_name_that_begins_alike_is_not_taken_for_a_reference(
    runs: Runs, make_cluster: MakeCluster, deploy: Deploy, fresh: str
) -> None:
    await make_cluster(name=fresh)
    await deploy({"cluster": by_name(await make_cluster(name=f"{fresh}-2"))})
    run = await runs.direct(remove_clusters, [fresh])
    assert run.told[0] == "Completed"
    assert await is_registered(f"{fresh}-2")


async def test_each_name_has_one_outcome(
    runs: Runs, make_cluster: MakeCluster, deploy: Deploy
) -> None:
    free, used = await make_cluster(), await make_cluster()
    await deploy({"clusters": [by_name(used)]})
    names = [free.name, "nobody-knows", used.name, free.name]
    run = await runs.direct(remove_clusters, names)
    assert run.told == ("PartialFailure", "1 of 3 clusters forgotten")
    assert told(run.record) == [
        (free.name, "changed"), ("nobody-knows", "failed"), (used.name, "blocked"),
    ]  # fmt: skip
    assert run.record.outcomes[1].reason == "no cluster of that name is registered"
    assert not await is_registered(free.name)
    assert await is_registered(used.name)


async def test_an_unknown_name_alone_fails(runs: Runs) -> None:
    run = await runs.direct(remove_clusters, ["nobody-knows"], force=True)
    assert run.told == ("Failed", "0 of 1 cluster forgotten")
    assert told(run.record) == [("nobody-knows", "failed")]


async def test_the_cluster_itself_is_not_touched(
    runs: Runs, make_cluster: MakeCluster, plane: ControlPlane, fresh: str
) -> None:
    cluster = await make_cluster(plane.user_kubeconfig(fresh, ("system:masters",)))
    assert (await runs.direct(refresh_cluster, cluster)).told[0] == "Completed"

    def requests() -> list[str]:
        assert plane.audit_log is not None
        entries = [json.loads(line) for line in plane.audit_log.read_text().splitlines()]
        return [e["requestURI"] for e in entries if e["user"].get("username") == fresh]

    before = requests()
    assert before, "the audit log shows what this user asks for"
    assert (await runs.direct(remove_clusters, [cluster.name])).told[0] == "Completed"
    assert requests() == before
