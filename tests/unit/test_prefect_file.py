"""One file of deployments, made into the file of each work pool."""

from __future__ import annotations

from pathlib import Path

import pytest

from deployments.prefect_file import deployments, file_of_pool

FILE = """
name: capstan
pull:
  - prefect.deployments.steps.set_working_directory: {directory: "{{ $CAPSTAN_HOME }}"}
definitions:
  work_pool: &pool {name: default, work_queue_name: urgent}
deployments:
  - {name: default, entrypoint: flows.nodes.drain_node, work_pool: *pool}
  - name: default
    entrypoint: flows.nodes.list_nodes
    work_pool: *pool
    schedules: [{cron: "0 * * * *", slug: hourly}]
  - {name: default, entrypoint: flows.pods.list_pods}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "prefect.yaml"
    path.write_text(FILE)
    return path


def test_deployments_are_named_like_the_pool_and_run_in_it(file: Path) -> None:
    found = deployments(file_of_pool(file, "edge"))
    assert list(found) == ["drain-node/edge", "list-nodes/edge", "list-pods/edge"]
    assert {entry["work_pool"]["name"] for entry in found.values()} == {"edge"}
    assert found["drain-node/edge"]["work_pool"]["work_queue_name"] == "urgent"


def test_only_the_default_pool_has_schedules(file: Path) -> None:
    default = deployments(file_of_pool(file, "default"))["list-nodes/default"]
    assert [schedule["slug"] for schedule in default["schedules"]] == ["hourly"]
    edge = deployments(file_of_pool(file, "edge"))["list-nodes/edge"]
    assert "schedules" not in edge


def test_everything_else_stays_as_declared(file: Path) -> None:
    document = file_of_pool(file, "edge")
    step = {"prefect.deployments.steps.set_working_directory": {"directory": "{{ $CAPSTAN_HOME }}"}}
    assert (document["name"], document["pull"]) == ("capstan", [step])
    entrypoints = [entry["entrypoint"] for entry in document["deployments"]]
    assert entrypoints == [
        "flows.nodes.drain_node",
        "flows.nodes.list_nodes",
        "flows.pods.list_pods",
    ]
