"""The registered clusters as a list, and one of them in full; never with their credentials.

- list: by label selector, environment and health, each with the age of its last refresh;
- show: settings, identity, the last refresh, and whether it answers now.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from blocks.cluster import Cluster
from flows.clusters import list_clusters, refresh_cluster, show_cluster
from kube.records.report.figures import count
from sandbox.control_plane import ControlPlane
from tests.fixtures.kubeconfigs import edited, refusing_server, user_of
from tests.flows.conftest import MakeCluster
from tests.flows.runs import Run, Runs, api

pytestmark = pytest.mark.cluster


def rows(run: Run) -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in run.record.result["rows"]}


async def test_a_list_is_what_selector_and_environment_select(
    runs: Runs, make_cluster: MakeCluster, fresh: str
) -> None:
    names = [f"{fresh}-{letter}" for letter in "abc"]
    await make_cluster(name=names[0], labels={"test": fresh, "region": "eu"})
    await make_cluster(name=names[1], labels={"test": fresh, "region": "us"})
    await make_cluster(
        name=names[2], labels={"test": fresh, "region": "us"}, environment="production"
    )

    async def listed(selector: str, **filters: Any) -> list[str]:
        run = await runs.direct(list_clusters, selector=selector, **filters)
        assert run.told == ("Completed", count(len(rows(run)), "cluster"))
        return list(rows(run))

    assert await listed(f"test={fresh}") == names
    assert await listed(f"test={fresh},region in (us)") == names[1:]
    assert await listed(f"test={fresh},region!=us") == names[:1]
    assert await listed(f"test={fresh}", environment="production") == names[2:]
    assert await listed(f"test={fresh},region=eu", environment="production") == []
    assert set(await listed("")) >= set(names)


async def test_a_list_shows_the_health_and_age_of_the_last_refresh(
    runs: Runs, make_cluster: MakeCluster, plane: ControlPlane, fresh: str
) -> None:
    good, down, new = f"{fresh}-good", f"{fresh}-down", f"{fresh}-new"
    labels = {"test": fresh}
    before = datetime.now(UTC)
    await runs.direct(refresh_cluster, await make_cluster(name=good, labels=labels))
    with refusing_server() as server:
        text = edited(plane.kubeconfig_text, cluster={"server": server})
        await runs.direct(refresh_cluster, await make_cluster(text, name=down, labels=labels))
    await make_cluster(name=new, labels=labels)

    listed = await runs.direct(list_clusters, selector=f"test={fresh}")
    found = rows(listed)
    assert [found[name]["health"] for name in (good, down, new)] == ["healthy", "unreachable", None]
    assert (found[good]["nodes"], found[down]["nodes"], found[new]["nodes"]) == (
        len(plane.api.request("GET", "/api/v1/nodes")["items"]), None, None,
    )  # fmt: skip
    assert found[new]["refreshed_at"] is None
    for name in (good, down):
        age = datetime.now(UTC) - datetime.fromisoformat(found[name]["refreshed_at"])
        assert timedelta() < age < datetime.now(UTC) - before
    for health, name in (("healthy", good), ("unreachable", down)):
        run = await runs.direct(list_clusters, selector=f"test={fresh}", health=health)
        assert list(rows(run)) == [name]

    artifacts = await api(
        "/artifacts/filter", artifacts={"flow_run_id": {"any_": [str(listed.id)]}}
    )
    page = {a["type"]: a["data"] for a in artifacts}
    ages = {row["cluster"]: row["refreshed_seconds_ago"] for row in json.loads(page["table"])}
    assert ages[good] is not None
    assert ages[new] is None
    assert "🟢 healthy" in page["markdown"]


async def test_a_selector_that_is_none_is_told(runs: Runs) -> None:
    run = await runs.direct(list_clusters, selector="team in (")
    assert run.told[0] == "Failed"
    assert run.record.verdict.message.startswith("'team in (' is no label selector:")


async def test_a_shown_cluster_is_probed_and_its_last_refresh_told(
    runs: Runs, make_cluster: MakeCluster, plane: ControlPlane
) -> None:
    cluster = await make_cluster(labels={"team": "shop"}, environment="staging")
    first = await runs.direct(show_cluster, cluster)
    host = plane.url.removeprefix("https://")
    assert first.told[0] == "Completed"
    assert first.told[1].startswith(f"{cluster.name} at {host}: answers in ")
    assert first.record.result["row"]["health"] is None
    await runs.direct(refresh_cluster, cluster)
    shown = (await runs.direct(show_cluster, cluster)).record.result
    assert shown["row"]["health"] == "healthy"
    assert shown["row"]["refreshed_at"] is not None
    assert (shown["row"]["context"], shown["row"]["user"]) == ("sandbox", "admin")
    assert (shown["settings"]["environment"], shown["settings"]["labels"]) == (
        "staging", {"team": "shop"},
    )  # fmt: skip
    assert shown["reach"]["status"] == "ok"
    assert shown["reach"]["version"].startswith("v1.")


async def test_a_cluster_that_is_down_can_be_shown(
    runs: Runs, make_cluster: MakeCluster, plane: ControlPlane
) -> None:
    with refusing_server() as server:
        text = edited(plane.kubeconfig_text, cluster={"server": server})
        run = await runs.direct(show_cluster, await make_cluster(text))
    assert run.told[0] == "Completed"
    assert run.record.result["reach"]["status"] == "refused"
    assert "refused the connection" in run.told[1]


async def test_a_cluster_whose_credentials_are_broken_can_be_listed_and_shown(
    runs: Runs, make_cluster: MakeCluster, fresh: str
) -> None:
    cluster = await make_cluster("apiVersion: [", name=fresh, labels={"test": fresh})
    listed = await runs.direct(list_clusters, selector=f"test={fresh}")
    assert rows(listed)[fresh]["server"] == "unreadable credentials"
    shown = await runs.direct(show_cluster, cluster)
    assert "not valid YAML" in shown.told[1]


async def test_what_is_shown_holds_no_credential(
    runs: Runs, make_cluster: MakeCluster, plane: ControlPlane
) -> None:
    cluster: Cluster = await make_cluster()
    credential = user_of(plane.kubeconfig_text)
    for run in (
        await runs.direct(show_cluster, cluster),
        await runs.direct(list_clusters),
    ):
        artifacts = await api(
            "/artifacts/filter", artifacts={"flow_run_id": {"any_": [str(run.id)]}}
        )
        for text in (run.record.model_dump_json(), json.dumps(artifacts)):
            assert cluster.name in text
            assert credential["client-certificate-data"] not in text
            assert credential["client-key-data"] not in text
            assert "PRIVATE KEY" not in text


async def test_a_cluster_whose_record_store_is_gone_is_one_line_of_the_list(
    runs: Runs, make_cluster: MakeCluster, fresh: str
) -> None:
    await make_cluster(name=f"{fresh}-a", labels={"test": fresh})
    await make_cluster(name=f"{fresh}-b", labels={"test": fresh}, record_store="no-such-store")
    listed = await runs.direct(list_clusters, selector=f"test={fresh}")
    assert listed.told == ("Completed", "2 clusters")
    assert rows(listed)[f"{fresh}-a"]["problem"] == ""
    assert "no record store block 'no-such-store'" in rows(listed)[f"{fresh}-b"]["problem"]
    (warning,) = listed.record.warnings
    assert warning.startswith(f"{fresh}-b: There is no record store block")
