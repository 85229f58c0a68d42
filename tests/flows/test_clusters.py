"""The life of a cluster, as a person lives it through the server: every flow by its deployment.

Parameters are JSON and name blocks by reference, as the UI and the API send them. What each flow
does and refuses is in the modules beside this one: `test_register.py`, `test_update.py`,
`test_remove.py`, `test_list.py`, `test_refresh.py` and `test_refresh_clusters.py`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import UUID

import pytest
from prefect import Flow, get_client
from prefect.exceptions import PrefectHTTPStatusError
from prefect.utilities.callables import parameter_schema

from flows.clusters import (
    list_clusters,
    refresh_cluster,
    refresh_clusters,
    register_cluster,
    remove_clusters,
    show_cluster,
    update_cluster,
)
from tests.flows.conftest import MakeCredentials
from tests.flows.runs import Run, Runs, api, is_registered

pytestmark = pytest.mark.cluster

FLOWS: tuple[Flow[..., Any], ...] = (
    register_cluster, update_cluster, remove_clusters, list_clusters, show_cluster,
    refresh_cluster, refresh_clusters,
)  # fmt: skip


class Deployments:
    """A deployment of every flow of `flows/clusters.py`."""

    def __init__(self, runs: Runs, ids: dict[str, UUID]) -> None:
        self._runs = runs
        self.ids = ids

    async def run(self, flow: Flow[..., Any], **parameters: Any) -> Run:
        """Start a flow by the API with JSON parameters, and do it."""
        return await self._runs.by_api(flow, self.ids[flow.name], **parameters)


@pytest.fixture
async def deployments(runs: Runs) -> AsyncIterator[Deployments]:
    """Deploy every flow for the length of the test."""
    ids = {}
    async with get_client() as client:
        for flow in FLOWS:
            ids[flow.name] = await client.create_deployment(
                await client.create_flow(flow),
                "test-life",
                parameter_openapi_schema=parameter_schema(flow).model_dump_for_openapi(),
            )
        yield Deployments(runs, ids)
        for deployment in ids.values():
            await client.delete_deployment(deployment)


def block(kind: str, name: str) -> dict[str, Any]:
    return {"$ref": {"block_document_slug": f"{kind}/{name}"}}


async def test_a_cluster_is_registered_refreshed_changed_shown_listed_and_forgotten(
    deployments: Deployments,
    make_credentials: MakeCredentials,
    fresh: str,
    forget: Callable[[str], None],
) -> None:
    forget(fresh)
    name = (await make_credentials())._block_document_name
    assert name is not None
    by_slug = block("capstan-cluster-credentials", name)
    cluster = block("capstan-cluster", fresh)
    life = [
        await deployments.run(
            register_cluster,
            name=fresh,
            credentials=by_slug,
            settings={"labels": {"test": fresh}},
        ),
        await deployments.run(refresh_cluster, cluster=cluster),
        await deployments.run(
            update_cluster, cluster=cluster, changes={"environment": "production"}
        ),
        await deployments.run(show_cluster, cluster=cluster),
        await deployments.run(list_clusters, selector=f"test={fresh}"),
        await deployments.run(remove_clusters, names=[fresh]),
    ]
    assert [run.told[0] for run in life] == ["Completed"] * len(life)
    shown, listed = life[3].record.result, life[4].record.result
    assert shown["row"]["health"] == "healthy"
    assert [(row["name"], row["environment"]) for row in listed["rows"]] == [(fresh, "production")]
    assert not await is_registered(fresh)
    assert {run.record.requester.trigger for run in life} == {"api"}

    ids = [str(run.id) for run in life]
    stored = await api("/flow_runs/filter", flow_runs={"id": {"any_": ids}})
    assert {run["state_name"] for run in stored} == {"Completed"}
    for run in stored:
        assert run["parameters"].get("cluster", cluster) == cluster
        assert run["parameters"].get("credentials", by_slug) == by_slug
        on_it = f"cluster:{fresh}" in run["tags"]
        assert on_it == ("cluster" in run["parameters"])


async def test_a_reference_by_id_is_as_good(
    deployments: Deployments,
    make_credentials: MakeCredentials,
    fresh: str,
    forget: Callable[[str], None],
) -> None:
    forget(fresh)
    by_id = {"$ref": {"block_document_id": str((await make_credentials())._block_document_id)}}
    run = await deployments.run(register_cluster, name=fresh, credentials=by_id)
    assert run.told[0] == "Completed"


async def test_what_no_flow_can_take_is_refused_before_there_is_a_run(
    deployments: Deployments, fresh: str
) -> None:
    cluster = block("capstan-cluster", fresh)
    for flow, parameters, field in (
        (register_cluster, {"name": fresh}, "credentials"),
        (update_cluster, {"cluster": cluster, "changes": {"max_objects_per_plan": 0}}, "changes"),
        (update_cluster, {"cluster": cluster, "changes": {"no_such_field": 1}}, "changes"),
        (list_clusters, {"health": "fine"}, "health"),
        (refresh_clusters, {"max_concurrent": 51}, "max_concurrent"),
    ):
        with pytest.raises(PrefectHTTPStatusError, match="409 Conflict") as refused:
            await deployments.run(flow, **parameters)
        assert field in refused.value.response.text


async def test_a_cluster_that_is_not_registered_is_told(
    deployments: Deployments, fresh: str
) -> None:
    run = await deployments.run(refresh_cluster, cluster=block("capstan-cluster", fresh))
    assert run.state.is_failed()
    assert "Failed to resolve block references in parameters" in run.told[1]
