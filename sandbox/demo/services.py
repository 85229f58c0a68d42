"""A Prefect server and a worker, tied to the life of a block like the control plane is."""

import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from deployments.environment import DEFAULT_PORT, installation, process_environment
from sandbox.processes.child import Child
from sandbox.processes.group import Group
from sandbox.processes.sweeper import swept
from sandbox.readiness import wait_until

SERVER_SECONDS = 120.0


@dataclass(frozen=True)
class Services:
    """A server and a worker that run.

    Attributes:
        settings: The installation's settings: address, password, folders.
        group: The processes ``server`` and ``worker``.
    """

    settings: Mapping[str, str]
    group: Group

    @property
    def url(self) -> str:
        """The address of the UI."""
        return self.settings["PREFECT_API_URL"].removesuffix("/api")

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a client process."""
        return process_environment(self.settings)


@contextmanager
def prefect_services(state: Path, port: int | None = None) -> Iterator[Services]:
    """Run a server and a worker for the length of the block; nothing of them outlives it.

    Args:
        state: The installation's state folder.
        port: Port of the server; None takes Prefect's usual one, or any where that is taken.

    Raises:
        ComponentExited: One of them ended by itself.
        NotReady: The server did not answer in time.
    """
    settings = installation(state, port or _free_port())
    group = Group(stop_last=("server",))
    services = Services(settings, group)
    with swept(services.environment) as environment:
        try:
            group.start(_prefect("server", state, environment, "server", "start"))
            wait_until(
                "the Prefect server",
                group,
                lambda: _healthy(settings["PREFECT_API_URL"]),
                timeout_seconds=SERVER_SECONDS,
            )
            worker = ("worker", "start", "--pool", "default", "--type", "process")
            group.start(_prefect("worker", state, environment, *worker))
            yield services
            group.check()
        finally:
            group.stop()


def _prefect(name: str, state: Path, environment: Mapping[str, str], *arguments: str) -> Child:
    command = [sys.executable, "-m", "prefect", "--no-prompt", *arguments]
    return Child(name, command, state / f"{name}.log", environment)


def _free_port() -> int:
    """Return Prefect's usual port, or any free one where that is taken."""
    for port in (DEFAULT_PORT, 0):
        with socket.socket() as probe:
            # As servers do: a port whose last connections are still closing counts as free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no free port on 127.0.0.1")


def _healthy(api_url: str) -> bool:
    with urlopen(f"{api_url}/health", timeout=2) as answer:
        return bool(answer.status == 200)
