"""Secrets of a kubeconfig are found nowhere but in the encrypted blocks.

Clusters live and die with credentials that are known by heart: good ones, garbage, such that are
refused. Then everything that was left behind is searched: what the API returns, the bytes of the
database, results, records and other files, logs, processes, exceptions.
"""

from __future__ import annotations

import base64
import logging
import os
import tempfile
import traceback
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cloudpickle  # type: ignore[import-untyped]
import pytest
from prefect.settings import PREFECT_SERVER_DATABASE_CONNECTION_URL

from sandbox.control_plane import ControlPlane
from tests.fixtures.kubeconfigs import refusing_server, silent_server, user_of
from tests.flows import haystack
from tests.flows.canaries import (
    PASSWORD,
    TOKEN,
    Aftermath,
    arrived,
    bad_kubeconfigs,
    breaks,
    fails,
    fresh,
    lives,
)
from tests.flows.haystack import found_in
from tests.flows.runs import Runs

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]


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
    rows = await haystack.rows_of("flow_runs")
    calls = [row for row in rows if "method" in (row["parameters"].get("cluster") or {})]
    assert any(row["parent_task_run_id"] for row in calls), "there was a flow in a flow"
    assert any(str(row["id"]) in aftermath.ids() for row in calls)
    passed = [row["parameters"]["cluster"] for row in calls]
    secrets = {cluster[field] for cluster in passed for field in ("kubeconfig", "token")}
    assert secrets == {"**********", None}


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
    assert any(b"StorageError" in content for content in results), "exceptions are kept there"
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
