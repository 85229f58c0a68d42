"""Secrets of a kubeconfig are found nowhere but in the encrypted blocks.

Clusters live and die with credentials that are known by heart: good ones, garbage, such that are
refused. Then everything that was left behind is searched: what the API returns, the bytes of the
database, results, records and other files, logs, processes, exceptions.
"""

from __future__ import annotations

import asyncio
import base64
import logging
import os
import tempfile
import traceback
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import cloudpickle  # type: ignore[import-untyped]
import pytest
from prefect import flow, get_client
from prefect.events import emit_event
from prefect.exceptions import ParameterTypeError
from prefect.logging.handlers import APILogWorker
from prefect.settings import PREFECT_SERVER_DATABASE_CONNECTION_URL
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
from tests.fixtures.kubeconfigs import (
    authority_of,
    edited,
    refusing_server,
    silent_server,
    user_of,
    with_wrong_ca,
)
from tests.flows import haystack
from tests.flows.haystack import found_in
from tests.flows.runs import Run, Runs, api, until

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]

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
    await credentials.asave(name)
    cluster = Cluster(**fields, settings=QUICK)
    await cluster.asave(name)
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


@pytest.fixture(scope="module")
async def aftermath(
    plane: ControlPlane, records: Path, tmp_path_factory: pytest.TempPathFactory
) -> Aftermath:
    """Let good and bad credentials be used, and wait until all of it has arrived at the server."""
    folder, temporary = tmp_path_factory.mktemp("plugin"), tmp_path_factory.mktemp("temporary")
    user = fresh()
    good = plane.user_kubeconfig(user, ("system:masters",))
    plane.kubectl("create", "serviceaccount", user)
    role = ("--clusterrole=cluster-admin", f"--serviceaccount=default:{user}")
    plane.kubectl("create", "clusterrolebinding", user, *role)
    token = plane.kubectl("create", "token", user).strip()
    key = user_of(good)["client-key-data"]
    pem_line = base64.b64decode(key).decode().splitlines()[2]
    signature = token.rpartition(".")[2]
    # Pieces, since a message may quote the beginning or the end only.
    needles = {
        "token": TOKEN[:12],
        "end of the token": TOKEN[-12:],
        "password": PASSWORD[:12],
        "good token": signature[:24],
        "end of the good token": signature[-24:],
        "key": key[80:104],
        "key as PEM": pem_line[:24],
    }
    runs, done, began = Runs(records), [], datetime.now(UTC)
    lines = haystack.Lines()
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setattr(tempfile, "tempdir", str(temporary))
        for logger in (logging.getLogger(), logging.getLogger("prefect")):
            logger.addHandler(lines)
            stack.callback(logger.removeHandler, lines)
        patch.setattr(logging.getLogger(), "level", logging.DEBUG)
        refusing = stack.enter_context(refusing_server())
        silent = stack.enter_context(silent_server())
        processes = haystack.Processes()
        done += [*await lives(runs, plane, good, token), await breaks(runs)]
        bad = bad_kubeconfigs(good, refusing, silent, folder)
        done += await fails(runs, bad, str(folder / "plugin"))
        await processes.stop()
    await arrived(done)
    return Aftermath(needles, began, done, lines.lines, processes.seen, temporary)


async def test_the_search_finds_what_it_looks_for(aftermath: Aftermath) -> None:
    blocks = await haystack.secrets_in_clear()
    assert found_in(blocks, aftermath.needles) == list(aftermath.needles)


async def test_no_secret_is_told_by_the_api(aftermath: Aftermath) -> None:
    of_runs = {"flow_runs": {"id": {"any_": aftermath.ids()}}}
    told: dict[str, list[Any]] = {
        "flow runs": await haystack.rows_of("flow_runs"),
        "states": await haystack.states_of(aftermath.ids()),
        "task runs": await haystack.rows_of("task_runs"),
        "logs": await haystack.rows_of("logs"),
        "artifacts": await haystack.rows_of("artifacts"),
        "events": await haystack.events_since(aftermath.began),
        "blocks": await haystack.rows_of("block_documents", include_secrets=False),
        "task runs of ours": await haystack.rows_of("task_runs", **of_runs),
    }
    assert {name: len(rows) > 0 for name, rows in told.items()} == dict.fromkeys(told, True)
    leaks = {name: found_in(repr(rows), aftermath.needles) for name, rows in told.items()}
    assert {name: found for name, found in leaks.items() if found} == {}


async def test_a_cluster_that_is_passed_in_a_call_is_stored_masked(aftermath: Aftermath) -> None:
    rows = await haystack.rows_of("flow_runs", flow_runs={"id": {"any_": aftermath.ids()}})
    passed = [row["parameters"]["cluster"] for row in rows if "cluster" in row["parameters"]]
    files = [cluster["kubeconfig"] for cluster in passed if cluster.get("kubeconfig")]
    assert set(files) == {"**********"}


def test_the_database_holds_the_secrets_encrypted_only(aftermath: Aftermath) -> None:
    path = Path(str(PREFECT_SERVER_DATABASE_CONNECTION_URL.value()).partition(":///")[2])
    files = haystack.files_below(path.parent)
    assert path in files
    content = b"".join(files.values())
    assert aftermath.ids()[0].replace("-", "").encode() in content.replace(b"-", b"")
    assert found_in(content, aftermath.needles) == []


def test_no_secret_is_in_results_records_or_other_files(
    aftermath: Aftermath, prefect_home: Path, records: Path
) -> None:
    assert list(aftermath.temporary.iterdir()) == []
    files = haystack.files_below(prefect_home, records)
    results = [content for path, content in files.items() if path.parent.name == "storage"]
    assert any(b"RecordStoreError" in content for content in results), "exceptions are kept there"
    assert any(run_id in str(path) for path in files for run_id in aftermath.ids())
    for folder, folders, names in os.walk(Path.cwd()):
        folders[:] = [name for name in folders if name[0] not in "._"]
        changed = (Path(folder, name) for name in names)
        began = aftermath.began.timestamp()
        files |= {path: path.read_bytes() for path in changed if path.stat().st_mtime > began}
    leaks = {str(path): found_in(content, aftermath.needles) for path, content in files.items()}
    assert {path: names for path, names in leaks.items() if names} == {}


def test_no_secret_is_logged(aftermath: Aftermath) -> None:
    assert any("does not match" in line or "401" in line for line in aftermath.logs)
    assert found_in("\n".join(aftermath.logs), aftermath.needles) == []


def test_no_process_shows_a_secret(aftermath: Aftermath) -> None:
    assert any("kube-apiserver" in seen for seen in aftermath.processes)
    seen = {name: text for name, text in aftermath.needles.items() if name != "password"}
    assert found_in("\n".join(aftermath.processes), seen) == []


async def test_no_secret_hangs_on_a_state_or_an_exception(aftermath: Aftermath) -> None:
    for run in aftermath.runs:
        ended = await run.state.aresult(raise_on_failure=False)
        told = [repr(run.state), repr(ended), str(run.state.model_dump())]
        if isinstance(ended, BaseException):
            told += traceback.format_exception(ended)
        assert found_in("\n".join(told), aftermath.needles) == []
        assert found_in(cloudpickle.dumps(ended), aftermath.needles) == []
