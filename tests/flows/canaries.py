"""Clusters whose credentials are known by heart, to see where these turn up."""

from __future__ import annotations

import asyncio
import base64
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import pytest
from prefect import flow, get_client
from prefect.events import emit_event
from prefect.exceptions import ParameterTypeError
from prefect.logging.handlers import APILogWorker
from pydantic import SecretStr

from blocks.cluster import Cluster, ClusterCredentials
from flows.clusters import (
    list_clusters,
    refresh_cluster,
    register_cluster,
    remove_clusters,
    show_cluster,
    update_cluster,
)
from kube.clusters.registration import ClusterChanges, ClusterSettings
from sandbox.control_plane import ControlPlane
from tasks.cluster_blocks import load_cluster
from tests.fixtures.kubeconfigs import authority_of, edited, user_of, with_wrong_ca
from tests.flows import haystack
from tests.flows.runs import Run, Runs, api, until

TOKEN = uuid.uuid4().hex
PASSWORD = uuid.uuid4().hex
QUICK = ClusterSettings(connect_timeout_seconds=0.5)


def pem(kind: str, text: str) -> str:
    lines = f"-----BEGIN {kind}-----\n{text}\n-----END {kind}-----\n"
    return base64.b64encode(lines.encode()).decode()


def bad_kubeconfigs(good: str, refusing: str, silent: str, folder: Path) -> Iterator[str]:
    """Yield kubeconfigs that hold a secret and are of no use, each in another way."""
    certificate = {"client-certificate-data": user_of(good)["client-certificate-data"]}
    yield f"token: {TOKEN}\n\tpassword: {TOKEN}: [{TOKEN}"
    yield TOKEN
    yield f"- {TOKEN}"
    yield f"users: *{TOKEN}"
    yield edited(good, user={"token": f"Bearer {TOKEN}"})
    yield edited(good, user={"token": [TOKEN]})
    yield edited(good, user={"username": "ann", "password": PASSWORD})
    yield edited(good, user={**certificate, "client-key-data": TOKEN})
    yield edited(good, user={**certificate, "client-key-data": pem("EC PRIVATE KEY", TOKEN)})
    yield edited(good, user={**certificate, "token": TOKEN})
    yield edited(good, user={"token": TOKEN})
    yield edited(with_wrong_ca(good), user={"token": TOKEN})
    yield edited(good, user={"token": TOKEN}, cluster={"server": f"https://ann:{TOKEN}@127.0.0.1"})
    yield edited(good, user={"token": TOKEN}, cluster={"server": refusing})
    yield edited(good, user={"token": TOKEN}, cluster={"server": silent})
    for proxy in (refusing, silent):
        url = proxy.replace("https://", f"http://ann:{PASSWORD}@")
        yield edited(good, user={"token": TOKEN}, cluster={"proxy-url": url})
    plugin = folder / "plugin"
    plugin.write_text(f"#!/bin/sh\necho {PASSWORD}\necho {PASSWORD} >&2\nexit 1\n")
    plugin.chmod(0o700)
    yield edited(
        good,
        user={
            "exec": {
                "command": str(plugin),
                "apiVersion": "client.authentication.k8s.io/v1",
                "env": [{"name": "SECRET", "value": PASSWORD}],
            }
        },
    )


def fresh() -> str:
    return f"canary-{uuid.uuid4().hex[:10]}"


@dataclass(frozen=True)
class Aftermath:
    """What clusters with known credentials left behind."""

    needles: dict[str, str]
    began: datetime
    runs: list[Run]
    logs: list[str]
    processes: set[str]
    temporary: Path

    def ids(self) -> list[str]:
        return [str(run.id) for run in self.runs]


async def lives(runs: Runs, plane: ControlPlane, good: str, token: str) -> list[Run]:
    """Let a cluster with good credentials do everything that clusters can do."""
    name = fresh()
    by_file = ClusterCredentials(method="kubeconfig", kubeconfig=SecretStr(good))
    await by_file.asave(f"{name}-file")
    by_token = ClusterCredentials(
        method="token", server=plane.url, token=SecretStr(token),
        certificate_authority=authority_of(good),
    )  # fmt: skip
    await by_token.asave(f"{name}-token")
    done = [
        await runs.direct(register_cluster, name, by_file),
        await runs.direct(refresh_cluster, await load_cluster(name)),
        await runs.direct(update_cluster, await load_cluster(name), credentials=by_token),
    ]

    @flow
    async def around(cluster: Cluster, credentials: ClusterCredentials) -> None:
        await refresh_cluster(cluster)
        await update_cluster(cluster, ClusterChanges(environment="staging"), credentials)

    await around(await load_cluster(name), by_file)
    async with get_client() as client:
        flow_id = await client.create_flow(refresh_cluster)
        deployment = await client.create_deployment(flow_id, name)
        reference = {"$ref": {"block_document_slug": f"capstan-cluster/{name}"}}
        done.append(await runs.by_api(refresh_cluster, deployment, cluster=reference))
        await client.delete_deployment(deployment)
    done += [
        await runs.direct(show_cluster, await load_cluster(name)),
        await runs.direct(list_clusters),
        await runs.direct(remove_clusters, [name]),
    ]
    assert [run.told[0] for run in done] == ["Completed"] * len(done)
    with pytest.raises(ParameterTypeError):
        await register_cluster(name, by_file, capability=cast(Any, "anything"))
    return done


async def fails(runs: Runs, texts: Iterator[str], plugin: str) -> list[Run]:
    """Do the same with each of the texts, two at a time: SQLite does not stand much more."""
    slots = asyncio.Semaphore(2)

    async def one(text: str) -> list[Run]:
        async with slots:
            return await fails_with(runs, text, plugin)

    ends = await asyncio.gather(*(one(text) for text in texts))
    return [run for end in ends for run in end]


async def fails_with(runs: Runs, text: str, plugin: str) -> list[Run]:
    """Register a cluster, refresh it and change it, with credentials that are of no use."""
    name = fresh()
    fields: dict[str, Any] = {
        "method": "kubeconfig", "kubeconfig": SecretStr(text), "allowed_exec": [plugin],
    }  # fmt: skip
    credentials = ClusterCredentials(**fields)
    # Many are saved at once, and a busy server may be asked twice for one of them.
    await credentials.asave(name, overwrite=True)
    cluster = Cluster(**fields, settings=QUICK)
    await cluster.asave(name, overwrite=True)
    done = [
        await runs.direct(register_cluster, f"{name}-2", credentials, settings=QUICK),
        await runs.direct(refresh_cluster, cluster, fail_when_unreachable=True),
    ]
    await Cluster.adelete(name)
    assert [str(run.state.type.value) for run in done] == ["FAILED", "FAILED"], done
    return done


async def breaks(runs: Runs) -> Run:
    """Refresh a cluster whose record cannot be kept, so that the flow ends by an exception."""
    settings = ClusterSettings(record_store="no-such-store")
    cluster = Cluster(method="kubeconfig", kubeconfig=SecretStr(TOKEN), settings=settings)
    await cluster.asave(fresh())
    run = await runs.direct(refresh_cluster, cluster)
    assert run.state.is_failed()
    assert run.kept is None
    await Cluster.adelete(cluster.name)
    return run


async def arrived(done: list[Run]) -> None:
    """Wait until logs, events and task runs of these runs are in the database."""
    await APILogWorker.instance().drain()  # type: ignore[misc]
    last = fresh()
    emit_event("test.last", resource={"prefect.resource.id": last})
    kept = {str(run.id) for run in done if run.kept}

    async def last_event() -> list[Any]:
        found = await api("/events/filter", filter={"resource": {"id": [last]}})
        return list(found["events"])

    async def task_runs() -> list[dict[str, Any]]:
        return await haystack.rows_of("task_runs", flow_runs={"id": {"any_": list(kept)}})

    def all_ended(tasks: list[dict[str, Any]]) -> bool:
        shown = {task["flow_run_id"] for task in tasks if task["name"].startswith("show_record")}
        return shown == kept and all(task["end_time"] for task in tasks)

    await until(last_event, bool)
    await until(task_runs, all_ended)
