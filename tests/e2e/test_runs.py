"""Runs as a user starts them: by API and by schedule, on a server and a worker of their own."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import httpx
import psutil
import pytest

from sandbox.ports import free_ports
from tests.e2e.conftest import Installation, Killed, Silence, process_of
from tests.e2e.polling import until
from tests.e2e.server import RUN_SECONDS, Json, Server, reference

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

README = Path(__file__).parents[2] / "README.md"
LEASE_SECONDS = 120.0
INTERVAL_SECONDS = 15


@pytest.fixture(scope="module", autouse=True)
def _kill_first(killed: Killed) -> None:
    """Kill a run before the tests, so that its slot is free when the last of them looks."""


def commands_of(heading: str) -> str:
    """Return the shell commands under a heading of the README."""
    section = README.read_text().split(f"\n## {heading}\n")[1].split("\n## ")[0]
    (block,) = re.findall(r"^```sh\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    return str(block)


def test_a_cluster_is_registered_by_a_run(server: Server, registered: Json) -> None:
    assert registered["state"]["name"] == "Completed", registered["state"]
    block = server.blocks("capstan-cluster")["demo"]
    assert set(block["kubeconfig"]) == {"*"}
    assert "certificate" not in json.dumps(registered["parameters"])


@pytest.mark.skipif(shutil.which("curl") is None, reason="the README's commands need curl")
@pytest.mark.usefixtures("registered")
def test_the_commands_of_the_readme_refresh_a_cluster(
    server: Server, installation: Installation
) -> None:
    done = subprocess.run(
        ["sh", "-eu", "-c", commands_of("Run an operation by API")],
        cwd=README.parent,
        env=installation.environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    run = server.wait(json.loads(done.stdout)["id"])
    assert run["state"]["name"] == "Completed", run["state"]
    assert re.match("demo is (healthy|degraded)", run["state"]["message"])
    assert {"operation:refresh-cluster", "cluster:demo"} <= set(run["tags"])
    report = server.artifacts(run["id"])["refresh-cluster-demo"]
    assert "demo is " in report["data"].splitlines()[0]
    (file,) = (installation.state / "records/refresh-cluster/demo").rglob(f"*-{run['id']}.json")
    record = json.loads(file.read_text())
    assert (record["id"], record["verdict"]["name"]) == (run["id"], "Completed")
    assert record["requester"]["trigger"] == "api"


def test_who_does_not_know_the_password_is_sent_away(server: Server) -> None:
    for password in (None, ("capstan", "guessed")):
        answer = httpx.post(f"{server.api_url}/deployments/filter", json={}, auth=password)
        assert answer.status_code == 401


@pytest.mark.parametrize(
    ("flow", "parameters", "named"),
    [
        ("refresh-clusters", {"max_concurrent": "many"}, "max_concurrent"),
        ("refresh-clusters", {"max_concurrent": 1000}, "max_concurrent"),
        ("refresh-cluster", {"cluster": 7}, "cluster"),
        ("refresh-cluster", {}, "cluster"),
    ],
)
def test_a_wrong_parameter_is_refused_by_name_before_there_is_a_run(
    flow: str, parameters: Json, named: str, server: Server
) -> None:
    answer = server.request_run(flow, parameters)
    assert answer.status_code == 409
    assert named in answer.json()["detail"]


def test_a_run_on_a_cluster_that_is_not_registered_fails_before_it_begins(server: Server) -> None:
    parameters = {"cluster": reference("nowhere")}
    run = server.finish("refresh-cluster", parameters)
    assert run["state"]["type"] == "FAILED"
    # Which block it is, Prefect tells by the parameters alone.
    assert "Failed to resolve block references in parameters." in run["state"]["message"]
    assert run["parameters"] == parameters
    assert "refresh-cluster-nowhere" not in server.artifacts(run["id"])


def test_many_clusters_are_refreshed_each_in_its_own_run_though_one_is_down(
    server: Server, make_cluster: Callable[..., None]
) -> None:
    make_cluster("fleet-up", fleet="x")
    make_cluster("fleet-down", f"http://127.0.0.1:{free_ports(1)[0]}", fleet="x")
    run = server.finish("refresh-clusters", {"selector": "fleet=x"})
    assert run["state"]["name"] == "Completed", run["state"]
    assert run["state"]["message"] == "2 of 2 clusters refreshed"
    children = server.runs(tags={"all_": ["operation:refresh-cluster"]}, name={"like_": "fleet-"})
    assert {child["name"]: child["state"]["name"] for child in children} == {
        "refresh-cluster-fleet-up": "Completed",
        "refresh-cluster-fleet-down": "Completed",
    }
    told = {child["name"]: child["state"]["message"] for child in children}
    assert re.match("fleet-up is (healthy|degraded)", told["refresh-cluster-fleet-up"])
    assert told["refresh-cluster-fleet-down"].startswith("fleet-down is unreachable")
    assert all(child["parent_task_run_id"] for child in children)
    report = server.artifacts(run["id"])["refresh-clusters"]["data"]
    assert all(name in report for name in ("fleet-up", "fleet-down"))


def test_all_clusters_are_refreshed_every_ten_minutes(installation: Installation) -> None:
    schedule = installation.schedule
    assert (schedule["slug"], schedule["active"]) == ("every-10-minutes", True)
    assert schedule["schedule"] == {"cron": "*/10 * * * *", "timezone": "UTC", "day_or": True}
    assert all(run["auto_scheduled"] for run in installation.scheduled)
    minutes = {run["expected_start_time"][14:16] for run in installation.scheduled}
    assert minutes <= {"00", "10", "20", "30", "40", "50"}


def test_a_schedule_starts_runs(server: Server, make_cluster: Callable[..., None]) -> None:
    make_cluster("clock")
    path = f"/deployments/{server.deployment('refresh-cluster')['id']}/schedules"
    schedule = {
        "schedule": {"interval": INTERVAL_SECONDS},
        "active": True,
        "parameters": {"cluster": reference("clock")},
    }
    (made,) = server.ask("POST", path, [schedule])
    tags = ["auto-scheduled", "cluster:clock"]

    def done() -> list[Json]:
        runs = server.runs(tags={"all_": tags}, state={"type": {"any_": ["COMPLETED"]}})
        return [run for run in runs if run["state"]["name"] == "Completed"]

    run, *_ = until("run by schedule", done, seconds=RUN_SECONDS)
    server.ask("DELETE", f"{path}/{made['id']}")
    assert run["auto_scheduled"]
    assert re.match("clock is (healthy|degraded)", run["state"]["message"])


def test_a_second_refresh_of_the_same_cluster_says_so_and_does_nothing(killed: Killed) -> None:
    state = killed.second["state"]
    assert (state["type"], state["name"]) == ("COMPLETED", "Skipped")
    assert "is under way" in state["message"]


def test_a_run_whose_process_is_killed_ends_as_crashed(killed: Killed) -> None:
    state = killed.run["state"]
    assert state["type"] == "CRASHED"
    assert "-9" in state["message"]


def test_a_run_that_is_cancelled_ends_as_cancelled_with_its_process(server: Server) -> None:
    silence = Silence()
    settings = {"connect_timeout_seconds": 600, "read_timeout_seconds": 600}
    access = {"method": "token", "server": silence.url, "token": "unused"}
    server.save_block("capstan-cluster", "cancelled", access | {"settings": settings})
    run_id = server.start("refresh-cluster", {"cluster": reference("cancelled")})
    slot = "refresh-cluster:cancelled"
    until("run that waits", lambda: server.slot_is_taken(slot), seconds=RUN_SECONDS)
    process = psutil.Process(process_of(run_id))
    state = {"state": {"type": "CANCELLING"}}
    server.ask("POST", f"/flow_runs/{run_id}/set_state", state)
    assert server.wait(run_id)["state"]["type"] == "CANCELLED"
    until("end of its process", lambda: not process.is_running(), seconds=RUN_SECONDS)
    silence.close()


@pytest.mark.late
def test_a_killed_run_leaves_no_lock(server: Server, killed: Killed) -> None:
    slot = f"refresh-cluster:{killed.cluster}"
    until("free slot", lambda: not server.slot_is_taken(slot), seconds=LEASE_SECONDS)
    run = server.finish("refresh-cluster", {"cluster": reference(killed.cluster)})
    assert run["state"]["name"] == "Completed"
    assert run["state"]["message"].startswith("killed is unreachable")
