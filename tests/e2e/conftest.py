"""One installation for the session, set up as a user does it: server, worker, deployments.

Prefect reads its settings when it is imported, and this process may be a client of another server
already. So everything here talks to the installation by plain REST and by commands.
"""

from __future__ import annotations

import dataclasses
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from sandbox.control_plane import ControlPlane
from sandbox.demo.services import prefect_services
from sandbox.ports import free_ports
from tests.e2e.polling import until
from tests.e2e.server import Json, Server, reference

ROOT = Path(__file__).parents[2]
SETUP_SECONDS = 300
SCHEDULED_SECONDS = 90.0
START_SECONDS = 120.0


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run what needs time to pass at the end, so that nobody waits for it."""
    items.sort(key=lambda item: item.get_closest_marker("late") is not None)


@dataclasses.dataclass(frozen=True)
class Installation:
    """What `python -m deployments setup` made of an empty state folder.

    Attributes:
        state: The state folder.
        environment: What a user's shell holds, for commands.
        schedule: The schedule of refresh-clusters after the set-up.
        scheduled: The runs that the scheduler had made of it.
    """

    state: Path
    environment: dict[str, str]
    schedule: Json
    scheduled: list[Json]


@pytest.fixture(scope="session")
def _started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Server]]:
    """A server and a worker; nothing is set up."""
    state = tmp_path_factory.mktemp("installation")
    with ExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:
            # The scheduler looks at schedules once a minute; here nobody waits so long.
            patch.setenv("PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS", "5")
            services = stack.enter_context(prefect_services(state, free_ports(1)[0]))
        settings = services.settings
        server = Server(settings["PREFECT_API_URL"], settings["PREFECT_API_AUTH_STRING"])
        yield state, server
        server.close()


@pytest.fixture(scope="session")
def installation(_started: tuple[Path, Server]) -> Installation:
    """An installation after its set-up, its schedule switched off.

    It was seen to be on; left so, it would refresh the clusters of the tests in their midst.
    """
    state, server = _started
    environment = {**os.environ, "CAPSTAN_STATE": str(state)}
    # As in a shell where `python` is the project's.
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    subprocess.run(
        ["python", "-m", "deployments", "setup"],
        cwd=ROOT,
        env=environment,
        check=True,
        timeout=SETUP_SECONDS,
    )
    deployment = server.deployment("refresh-clusters")
    (schedule,) = deployment["schedules"]
    scheduled = until(
        "run of the schedule",
        lambda: server.runs(deployment_id={"any_": [deployment["id"]]}),
        seconds=SCHEDULED_SECONDS,
    )
    path = f"/deployments/{deployment['id']}/schedules/{schedule['id']}"
    server.ask("PATCH", path, {"active": False})
    return Installation(state, environment, schedule, scheduled)


@pytest.fixture(scope="session")
def server(installation: Installation, _started: tuple[Path, Server]) -> Server:
    """The installation's server."""
    return _started[1]


@pytest.fixture(scope="session")
def registered(server: Server, plane: ControlPlane) -> Json:
    """The run that registered the session's control plane as `demo`."""
    kubeconfig = {"method": "kubeconfig", "kubeconfig": plane.kubeconfig_text}
    server.save_block("capstan-cluster-credentials", "demo", kubeconfig)
    credentials = reference("demo", "capstan-cluster-credentials")
    return server.finish("register-cluster", {"name": "demo", "credentials": credentials})


@pytest.fixture
def make_cluster(server: Server, plane: ControlPlane) -> Callable[..., None]:
    """Save a cluster's block: of the control plane, or of any server; with labels."""

    def make(name: str, url: str | None = None, **labels: str) -> None:
        access = {"method": "kubeconfig", "kubeconfig": plane.kubeconfig_text}
        if url is not None:
            access = {"method": "token", "server": url, "token": "unused"}
        server.save_block("capstan-cluster", name, access | {"settings": {"labels": labels}})

    return make


class Silence:
    """An API server that takes connections and never answers, until it is closed."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def close(self) -> None:
        self._listener.close()


@dataclasses.dataclass(frozen=True)
class Killed:
    """A run of refresh-cluster whose process was killed while it held its cluster's slot.

    Attributes:
        cluster: The cluster's name.
        run: The run, ended.
        second: A run that was started on the same cluster while the first still lived.
    """

    cluster: str
    run: Json
    second: Json


@pytest.fixture(scope="session")
def killed(server: Server) -> Killed:
    """A run that was killed while its cluster's API server let it wait."""
    cluster, silence = "killed", Silence()
    settings = {"connect_timeout_seconds": 600, "read_timeout_seconds": 600}
    access = {"method": "token", "server": silence.url, "token": "unused"}
    server.save_block("capstan-cluster", cluster, access | {"settings": settings})
    parameters = {"cluster": reference(cluster)}
    run_id = server.start("refresh-cluster", parameters)
    slot = f"refresh-cluster:{cluster}"
    until(f"run that holds {slot}", lambda: server.slot_is_taken(slot), seconds=START_SECONDS)
    second = server.finish("refresh-cluster", parameters)
    psutil.Process(process_of(run_id)).kill()
    silence.close()
    return Killed(cluster, server.wait(run_id), second)


def process_of(run_id: str) -> int:
    """Return the process of a flow run, which its environment names."""
    for process in psutil.process_iter():
        try:
            if process.environ().get("PREFECT__FLOW_RUN_ID") == run_id:
                return process.pid
        except psutil.Error:
            continue
    raise AssertionError(f"no process of the run {run_id}")
