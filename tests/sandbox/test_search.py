from pathlib import Path

import pytest

from sandbox.binaries.cache import Cache
from sandbox.binaries.catalog import CATALOG
from sandbox.binaries.search import Search, search
from tests.sandbox.executables import write_executable, write_versioned

KWOK = CATALOG["kwok"]
RIGHT = "kwok version v0.8.3 go1.26"
WRONG = "kwok version v0.7.0 go1.26"


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache")


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBEBUILDER_ASSETS", raising=False)
    monkeypatch.delenv("TEST_ASSET_KWOK", raising=False)
    (tmp_path / "path").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "path"))


def find(cache: Cache) -> Search:
    return search([KWOK], cache)[0]


def reasons(cache: Cache) -> dict[str, str]:
    return {attempt.place: attempt.reason for attempt in find(cache).attempts}


def test_the_first_place_wins(
    cache: Cache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    write_versioned(tmp_path / "path" / "kwok", RIGHT)
    seen.append(find(cache).found)
    cache.store(KWOK, write_versioned(tmp_path / "new", RIGHT), "a test")
    seen.append(find(cache).found)
    write_versioned(tmp_path / "assets" / "kwok", RIGHT)
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path / "assets"))
    seen.append(find(cache).found)
    monkeypatch.setenv("TEST_ASSET_KWOK", str(write_versioned(tmp_path / "own", RIGHT)))
    seen.append(find(cache).found)
    assert [found and found.place for found in seen] == [
        "PATH",
        "cache",
        "KUBEBUILDER_ASSETS",
        "TEST_ASSET_KWOK",
    ]


def test_another_version_is_passed_over(
    cache: Cache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_ASSET_KWOK", str(write_versioned(tmp_path / "old", WRONG)))
    right = write_versioned(tmp_path / "path" / "kwok", RIGHT)
    result = find(cache)
    assert result.found is not None
    assert result.found.path == right
    assert "is not version 0.8.0: it says 'kwok version v0.7.0" in result.attempts[0].reason


def test_every_place_tells_why_it_failed(
    cache: Cache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path / "assets"))
    monkeypatch.setenv("TEST_ASSET_KWOK", str(write_executable(tmp_path / "bad", "exit 7")))
    assert find(cache).found is None
    assert reasons(cache) == {
        "TEST_ASSET_KWOK": f"{tmp_path / 'bad'} ended with 7 when asked for its version",
        "KUBEBUILDER_ASSETS": f"{tmp_path / 'assets' / 'kwok'} is not there",
        "cache": f"{cache.folder / 'kwok'} is not there or was changed",
        "PATH": "no kwok on PATH",
    }


def test_a_file_that_cannot_run_is_refused(
    cache: Cache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = tmp_path / "plain"
    plain.write_text("#!/bin/sh\n")
    monkeypatch.setenv("TEST_ASSET_KWOK", str(plain))
    assert reasons(cache)["TEST_ASSET_KWOK"] == f"{plain} is not executable"
    plain.write_bytes(b"\x7fELF but not really")
    plain.chmod(0o755)
    assert "does not run" in reasons(cache)["TEST_ASSET_KWOK"]


def test_only_what_the_environment_names_may_vanish(
    cache: Cache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_versioned(tmp_path / "path" / "kwok", RIGHT)
    on_path = find(cache).found
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path / "path"))
    named = find(cache).found
    assert on_path is not None
    assert not on_path.may_vanish
    assert named is not None
    assert named.may_vanish
