"""Whose client a worker or the set-up is: of the server that is named, or of this machine's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from deployments.environment import FILE_NAME, client_environment
from deployments.state import project_folder


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("PREFECT_API_URL", "PREFECT_API_AUTH_STRING"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CAPSTAN_STATE", str(tmp_path))
    return tmp_path


def test_a_named_server_is_used_with_the_settings_given_and_nothing_is_drawn(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREFECT_API_URL", "https://capstan.example.com/api")
    monkeypatch.setenv("PREFECT_API_AUTH_STRING", "somebody:given")
    found = client_environment()
    assert found["PREFECT_API_URL"] == "https://capstan.example.com/api"
    assert found["PREFECT_API_AUTH_STRING"] == "somebody:given"
    assert "PREFECT_SERVER_ENCRYPTION_KEY" not in found
    assert not (state / FILE_NAME).exists()


def test_without_one_it_is_this_machines_own(state: Path) -> None:
    found = client_environment()
    assert found["PREFECT_API_URL"].startswith("http://127.0.0.1:")
    assert found["PREFECT_API_AUTH_STRING"] == found["PREFECT_SERVER_API_AUTH_STRING"]
    assert (state / FILE_NAME).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("named", [True, False])
def test_runs_find_the_project_either_way(monkeypatch: pytest.MonkeyPatch, named: bool) -> None:
    if named:
        monkeypatch.setenv("PREFECT_API_URL", "https://capstan.example.com/api")
    found = client_environment()
    assert found["CAPSTAN_HOME"] == found["PYTHONPATH"] == str(project_folder())
