"""Changing a cluster: what is named changes, new credentials are proved, the former version stays.

- settings: named ones change, others stay, those to be cleared are empty;
- credentials: good ones replace the old ones whole, bad ones leave everything as it was;
- versions: each update keeps what it replaced, however fast they follow each other.
"""

from __future__ import annotations

from typing import Any

import pytest
from prefect import get_client
from prefect.client.schemas.objects import BlockDocument
from pydantic import SecretStr

from blocks.cluster import Cluster, ClusterVersion
from flows.clusters import refresh_cluster, update_cluster
from kube.api.access import Permission
from kube.clusters.registration import ClusterChanges, ClusterSettings
from sandbox.control_plane import ControlPlane
from tasks.cluster_blocks import load_cluster
from tests.fixtures.access import user_with
from tests.fixtures.kubeconfigs import authority_of, edited, refusing_server, with_wrong_ca
from tests.flows.conftest import MakeCluster, MakeCredentials
from tests.flows.runs import Runs

pytestmark = pytest.mark.cluster


async def document(cluster: Cluster) -> BlockDocument:
    """Return the block as the server holds it, secrets in clear."""
    async with get_client() as client:
        return await client.read_block_document_by_name(
            cluster.name, Cluster.get_block_type_slug(), include_secrets=True
        )


async def versions(cluster: Cluster) -> list[dict[str, Any]]:
    """Return the kept versions of a cluster, the oldest first."""
    async with get_client() as client:
        documents = await client.read_block_documents_by_type(
            ClusterVersion.get_block_type_slug(), include_secrets=True
        )
    ours = [d for d in documents if d.name and d.name.startswith(f"{cluster.name}-")]
    return [d.data for d in sorted(ours, key=lambda d: d.name or "")]


async def test_named_settings_change_and_the_others_stay(
    runs: Runs, make_cluster: MakeCluster
) -> None:
    settings = {"labels": {"team": "shop", "region": "eu"}, "work_pool": "near"}
    cluster = await make_cluster(**settings, max_objects_per_plan=7)
    before = await document(cluster)
    changes = ClusterChanges(labels={"region": "us"}, environment="production")
    run = await runs.direct(update_cluster, cluster, changes)
    assert run.told[0] == "Completed"
    assert run.record.cluster == cluster.name
    assert run.record.result["settings"]["environment"] == "production"
    after = await document(cluster)
    assert after.id == before.id, "whoever points to the block by its id still does"
    assert (await load_cluster(cluster.name)).settings == ClusterSettings(
        labels={"team": "shop", "region": "us"},
        environment="production",
        work_pool="near",
        max_objects_per_plan=7,
    )
    assert after.data | {"settings": None} == before.data | {"settings": None}


async def test_what_is_to_be_cleared_is_empty_afterwards(
    runs: Runs, make_cluster: MakeCluster
) -> None:
    cluster = await make_cluster(
        context="sandbox", labels={"team": "shop"}, allowed_namespaces=["shop"], work_pool="near"
    )
    clear = ClusterChanges(
        clear=["labels", "allowed_namespaces", "protected_namespaces", "work_pool", "context"],
        labels={"region": "us"},
    )
    run = await runs.direct(update_cluster, cluster, clear)
    assert run.told[0] == "Completed"
    loaded = await load_cluster(cluster.name)
    assert loaded.context is None
    expected = ClusterSettings(labels={"region": "us"}, protected_namespaces=[])
    assert loaded.settings == expected


async def test_good_new_credentials_replace_the_old_ones_whole(
    runs: Runs,
    make_cluster: MakeCluster,
    make_credentials: MakeCredentials,
    plane: ControlPlane,
    namespace: str,
) -> None:
    cluster = await make_cluster(environment="staging")
    account = f"--serviceaccount={namespace}:default"
    plane.kubectl("create", "clusterrolebinding", namespace, "--clusterrole=cluster-admin", account)
    token = plane.kubectl("-n", namespace, "create", "token", "default").strip()
    authority = authority_of(plane.kubeconfig_text)
    credentials = await make_credentials(
        method="token", server=plane.url, token=SecretStr(token), certificate_authority=authority
    )
    run = await runs.direct(update_cluster, cluster, credentials=credentials)
    assert run.told[0] == "Completed"
    assert run.record.result["row"]["user"] == "token"
    data = (await document(cluster)).data
    assert (data["method"], data["token"], data.get("kubeconfig")) == ("token", token, None)
    assert data["settings"]["environment"] == "staging"
    (kept,) = await versions(cluster)
    assert (kept["method"], kept["kubeconfig"]) == ("kubeconfig", plane.kubeconfig_text)
    assert kept["settings"]["environment"] == "staging"
    refreshed = await runs.direct(refresh_cluster, await load_cluster(cluster.name))
    assert refreshed.told[1].startswith(f"{cluster.name} is healthy")


@pytest.mark.parametrize("bad", ["garbage", "unreachable", "wrong CA", "may nothing"])
async def test_bad_new_credentials_leave_everything_as_it_was(
    runs: Runs,
    make_cluster: MakeCluster,
    make_credentials: MakeCredentials,
    plane: ControlPlane,
    bad: str,
) -> None:
    cluster = await make_cluster()
    before = await document(cluster)
    with refusing_server() as server:
        kubeconfig = {
            "garbage": "apiVersion: [",
            "unreachable": edited(plane.kubeconfig_text, cluster={"server": server}),
            "wrong CA": with_wrong_ca(plane.kubeconfig_text),
            "may nothing": plane.user_kubeconfig("nobody"),
        }[bad]
        run = await runs.direct(
            update_cluster,
            cluster,
            ClusterChanges(environment="production"),
            await make_credentials(kubeconfig),
        )
    assert run.told[0] == ("Failed" if bad == "garbage" else "Refused")
    assert not run.record.verdict.good
    assert await document(cluster) == before
    assert await versions(cluster) == []


async def test_a_higher_capability_is_proved_for_the_present_credentials(
    runs: Runs, make_cluster: MakeCluster, plane: ControlPlane
) -> None:
    everything = Permission("*", "*", "*")
    cluster = await make_cluster(await user_with(plane, [everything]))
    run = await runs.direct(update_cluster, cluster, capability="admin")
    assert run.told[0] == "Completed"
    assert run.record.result["capability"] == "admin"


async def test_a_record_store_that_is_not_there_is_not_taken(
    runs: Runs, make_cluster: MakeCluster
) -> None:
    cluster = await make_cluster()
    before = await document(cluster)
    run = await runs.direct(update_cluster, cluster, ClusterChanges(record_store="no-such-store"))
    assert run.told[0] == "Failed"
    assert run.told[1].startswith("There is no record store block 'no-such-store'.")
    assert await document(cluster) == before


async def test_every_update_keeps_what_it_replaced(runs: Runs, make_cluster: MakeCluster) -> None:
    cluster = await make_cluster(labels={"step": "0"})
    for step in ("1", "2", "3"):
        changes = ClusterChanges(labels={"step": step})
        run = await runs.direct(update_cluster, await load_cluster(cluster.name), changes)
        assert run.told[0] == "Completed"
    kept = [version["settings"]["labels"]["step"] for version in await versions(cluster)]
    assert kept == ["0", "1", "2"]
