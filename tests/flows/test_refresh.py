"""Refreshing a cluster as a flow; what is measured is shown in tests/cluster/test_refresh.py.

- the record is kept, its artifacts show it, its history grows;
- an event is sent when the health changes, after two failures or one success, and only then;
- a cluster that is down is a finding, or a failure where that is asked;
- two refreshes of a cluster do not overlap, and the one that was skipped costs no history.
"""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from prefect import flow
from prefect.events import emit_event
from pydantic import SecretStr

from blocks.cluster import Cluster
from flows.clusters import refresh_cluster
from sandbox.control_plane import ControlPlane
from tasks.cluster_blocks import load_cluster
from tasks.errors import OperationFailed
from tests.fixtures.kubeconfigs import edited, refusing_server, silent_server
from tests.flows.conftest import MakeCluster
from tests.flows.runs import Run, Runs, api, until

pytestmark = pytest.mark.cluster


async def events_of(cluster: Cluster) -> list[tuple[str, str | None, str | None]]:
    """Return name, from and to of the events about a cluster, the oldest first."""
    about = {"resource": {"id": [f"capstan.cluster.{cluster.name}"]}, "order": "ASC"}
    events = (await api("/events/filter", filter=about, limit=50))["events"]
    return [(e["event"], e["payload"].get("from"), e["payload"].get("to")) for e in events]


async def use(cluster: Cluster, kubeconfig: str) -> Cluster:
    """Give a registered cluster another kubeconfig, unproved."""
    cluster = await load_cluster(cluster.name)
    cluster.kubeconfig = SecretStr(kubeconfig)
    await cluster.asave(overwrite=True)
    return cluster


def snapshot(run: Run) -> dict[str, Any]:
    found: dict[str, Any] = run.record.result["snapshot"]
    return found


async def test_a_refresh_is_kept_and_shown(runs: Runs, make_cluster: MakeCluster) -> None:
    cluster = await make_cluster()
    run = await runs.direct(refresh_cluster, cluster)
    assert run.told[0] == "Completed"
    assert run.told[1].startswith(f"{cluster.name} is healthy")
    record = run.record
    assert (record.operation, record.cluster) == ("refresh-cluster", cluster.name)
    assert record.parameters["cluster"] == {"block": f"capstan-cluster/{cluster.name}"}
    assert record.api_calls >= 10
    assert snapshot(run)["nodes"]["value"]["total"] >= 3

    artifacts = await api("/artifacts/filter", artifacts={"flow_run_id": {"any_": [str(run.id)]}})
    shown = {artifact["key"]: artifact for artifact in artifacts}
    key = f"refresh-cluster-{cluster.name}"
    assert set(shown) == {key, f"{key}-table"}
    assert shown[key]["type"] == "markdown"
    assert shown[key]["description"] == run.told[1]
    assert "healthy" in shown[key]["data"]
    rows = json.loads(shown[f"{key}-table"]["data"])
    figures = {row["name"]: row["value"] for row in rows}
    assert figures["health"] == "healthy"
    assert figures["nodes.total"] == snapshot(run)["nodes"]["value"]["total"]

    (told,) = await api("/flow_runs/filter", flow_runs={"id": {"any_": [str(run.id)]}})
    assert set(told["tags"]) == {"operation:refresh-cluster", f"cluster:{cluster.name}"}
    assert told["name"] == f"refresh-cluster-{cluster.name}"


async def test_the_history_grows_by_each_refresh(runs: Runs, make_cluster: MakeCluster) -> None:
    cluster = await make_cluster()
    taken = []
    for count in (1, 2, 3):
        run = await runs.direct(refresh_cluster, cluster)
        taken.append(snapshot(run)["taken_at"])
        history = run.record.result["history"]
        assert [point["taken_at"] for point in history] == taken
        assert len(history) == count
        assert history[-1]["nodes"] == snapshot(run)["nodes"]["value"]["total"]


async def test_an_event_tells_a_change_of_health_and_nothing_else(
    runs: Runs, make_cluster: MakeCluster, plane: ControlPlane
) -> None:
    cluster = await make_cluster()
    good, standings = plane.kubeconfig_text, []
    with refusing_server() as server:
        bad = edited(good, cluster={"server": server})
        for kubeconfig in (good, bad, bad, bad, good, bad):
            run = await runs.direct(refresh_cluster, await use(cluster, kubeconfig))
            assert run.told[0] == "Completed"
            standings.append(snapshot(run)["standing"]["status"])
    assert standings == [
        "healthy", "healthy", "unreachable", "unreachable", "healthy", "healthy",
    ]  # fmt: skip
    # Events arrive in the order they were sent: once this one is there, so are all before it.
    emit_event("test.last", resource={"prefect.resource.id": f"capstan.cluster.{cluster.name}"})
    told = await until(lambda: events_of(cluster), lambda found: "test.last" in str(found))
    assert told == [
        ("capstan.cluster.health-changed", "healthy", "unreachable"),
        ("capstan.cluster.health-changed", "unreachable", "healthy"),
        ("test.last", None, None),
    ]


async def test_a_cluster_that_is_down_is_a_finding_or_a_failure_as_asked(
    runs: Runs, make_cluster: MakeCluster, plane: ControlPlane
) -> None:
    with refusing_server() as server:
        cluster = await make_cluster(edited(plane.kubeconfig_text, cluster={"server": server}))
        found = await runs.direct(refresh_cluster, cluster)
        failed = await runs.direct(refresh_cluster, cluster, fail_when_unreachable=True)
    assert found.told[0] == "Completed"
    assert failed.told[0] == failed.record.verdict.name == "Unreachable"
    assert failed.state.is_failed()
    assert found.told[1] == failed.told[1]
    assert found.told[1].startswith(f"{cluster.name} is unreachable: refused: ")
    assert snapshot(failed)["nodes"] == {
        "status": "error", "value": None, "reason": "not read: refused",
    }  # fmt: skip
    assert len(failed.record.result["history"]) == 2


async def test_credentials_that_expired_are_unauthorized(
    runs: Runs, make_cluster: MakeCluster, plane: ControlPlane
) -> None:
    past = datetime.now(UTC) - timedelta(hours=1)
    cluster = await make_cluster(plane.user_kubeconfig("ann", not_after=past))
    run = await runs.direct(refresh_cluster, cluster)
    assert run.told[0] == "Completed"
    assert run.told[1].startswith(f"{cluster.name} is unauthorized: unauthorized: ")
    failed = await runs.direct(refresh_cluster, cluster, fail_when_unreachable=True)
    assert failed.told[0] == "Unreachable"


async def test_an_overlapping_refresh_is_skipped_and_costs_no_history(
    runs: Runs, make_cluster: MakeCluster, plane: ControlPlane
) -> None:
    cluster = await make_cluster(connect_timeout_seconds=60)
    first = await runs.direct(refresh_cluster, cluster)
    with silent_server() as server:
        hanging = await use(cluster, edited(plane.kubeconfig_text, cluster={"server": server}))
        under_way = asyncio.ensure_future(runs.direct(refresh_cluster, hanging))
        await until(lambda: slots_taken(cluster), bool)
        second = await runs.direct(refresh_cluster, cluster)
    assert second.told == (
        "Skipped",
        f"Another refresh-cluster of {cluster.name} is under way; this one did nothing.",
    )
    assert second.state.is_completed()
    assert second.record.api_calls == 0
    assert snapshot(await under_way)["reach"]["status"] == "connection"

    third = await runs.direct(refresh_cluster, await use(cluster, plane.kubeconfig_text))
    history = [point["status"] for point in third.record.result["history"]]
    assert history == ["healthy", "unreachable", "healthy"]
    since = snapshot(first)["standing"]["since"]
    assert snapshot(third)["standing"]["since"] == since, "one failure does not change the health"


async def slots_taken(cluster: Cluster) -> int:
    limits = await api("/v2/concurrency_limits/filter", limit=200)
    taken = {limit["name"]: limit["active_slots"] for limit in limits}
    return int(taken.get(f"refresh-cluster:{cluster.name}", 0))


async def test_a_newest_record_without_a_result_does_not_hide_the_last_refresh(
    runs: Runs, make_cluster: MakeCluster
) -> None:
    cluster = await make_cluster()
    await runs.direct(refresh_cluster, cluster)
    folder = runs.records / "refresh-cluster" / cluster.name
    (file,) = folder.rglob("*.json")
    skipped = json.loads(file.read_text()) | {"id": "later", "result": {}}
    (file.parent / "999999999999-later.json").write_text(json.dumps(skipped))
    run = await runs.direct(refresh_cluster, cluster)
    assert len(run.record.result["history"]) == 2


async def test_a_flow_of_ones_own_gets_the_record_or_an_error_that_carries_it(
    make_cluster: MakeCluster, plane: ControlPlane
) -> None:
    good = await make_cluster()
    with refusing_server() as server:
        bad = await make_cluster(edited(plane.kubeconfig_text, cluster={"server": server}))

        @flow
        async def both() -> tuple[str, str]:
            record = await refresh_cluster(good)
            with pytest.raises(OperationFailed, match="is unreachable: refused") as caught:
                await refresh_cluster(bad, fail_when_unreachable=True)
            assert caught.value.record is not None
            return record.verdict.name, caught.value.record.verdict.name

        assert await both() == ("Completed", "Unreachable")
