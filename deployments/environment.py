"""The environment of server, worker and clients of one installation, made once and kept.

The server is closed from the first start: a password for its API and a key of its own for the
blocks are drawn at random and written to one file that only the owner can read.
"""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path

from cryptography.fernet import Fernet

from deployments.state import project_folder, state_folder

FILE_NAME = "server.env"
DEFAULT_PORT = 4200
USER = "capstan"

_STORAGES = "prefect.server.concurrency.lease_storage"

# Prefect's recorder writes one task run at a time by default: 22 ms of server CPU each, and a
# restart loses the backlog. In batches it is 6 ms.
_TUNING = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    # Kept in memory, a lease is forgotten at a restart and its slot stays taken for ever.
    "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": f"{_STORAGES}.filesystem",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",
    "PREFECT_WORKER_QUERY_SECONDS": "2",
}


def installation(folder: Path | None = None, port: int | None = None) -> dict[str, str]:
    """Return the environment of the installation in `folder`, made at the first call.

    Args:
        folder: State folder; None takes the user's.
        port: Port of the server on the loopback address, kept for the next call; None takes the
            one that was kept, or 4200.
    """
    folder = folder or state_folder()
    file = folder / FILE_NAME
    kept = _read(file) if file.exists() else _secrets()
    port = port or int(kept.get("PREFECT_SERVER_API_PORT", DEFAULT_PORT))
    settings = {**kept, **_settings(folder, port), **_TUNING}
    if settings != kept:
        _write(file, settings)
    return settings


def client_environment() -> dict[str, str]:
    """Return the environment of a client: a worker, or the set-up.

    Where `PREFECT_API_URL` names a server, it is a client of that one with the settings it was
    given; otherwise one of this machine's installation.
    """
    if "PREFECT_API_URL" in os.environ:
        return process_environment({})
    return process_environment(installation())


def process_environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for a child process of the installation.

    `python` in it is the one that runs now: a worker starts runs with it.
    """
    home = str(project_folder())
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    return {**os.environ, **settings, "CAPSTAN_HOME": home, "PYTHONPATH": home, "PATH": path}


def _secrets() -> dict[str, str]:
    password = f"{USER}:{secrets.token_urlsafe(24)}"
    return {
        "PREFECT_API_AUTH_STRING": password,
        "PREFECT_SERVER_API_AUTH_STRING": password,
        "PREFECT_SERVER_ENCRYPTION_KEY": Fernet.generate_key().decode(),
    }


def _settings(folder: Path, port: int) -> dict[str, str]:
    return {
        "PREFECT_HOME": str(folder / "prefect"),
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_SERVER_API_HOST": "127.0.0.1",
        "PREFECT_SERVER_API_PORT": str(port),
        "CAPSTAN_STATE": str(folder),
    }


def _write(file: Path, settings: Mapping[str, str]) -> None:
    """Write the file whole or not at all: without its key no block can be read again."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    text = "".join(f"{name}={value}\n" for name, value in settings.items())
    scratch = file.with_suffix(".new")
    scratch.unlink(missing_ok=True)
    with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as target:
        target.write(text)
    scratch.replace(file)


def _read(file: Path) -> dict[str, str]:
    lines = file.read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
