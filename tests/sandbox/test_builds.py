import io
from pathlib import Path

import pytest

from sandbox import versions
from sandbox.binaries import builds
from sandbox.binaries.builds import BuildFailed, build, recipe
from sandbox.binaries.catalog import CATALOG
from sandbox.binaries.progress import Progress
from tests.sandbox.executables import write_executable

FAKE_GO = (
    'echo "$PWD $*" >> "$CALLS"',
    'echo "$GOFLAGS|$CGO_ENABLED|$GOTOOLCHAIN|$GOCACHE" >> "$CALLS"',
    'case "$1" in',
    "list) echo 'go: downloading example.com/a v1' >&2; echo fmt; echo example.com/a ;;",
    "build) echo fmt >&2; echo example.com/a >&2; shift $(($# - 2)); touch ${1}server ;;",
    "install) echo example.com/kwok >&2; touch $GOBIN/kwok ;;",
    "esac",
)


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "calls"
    monkeypatch.setenv("CALLS", str(path))
    monkeypatch.setenv("GOFLAGS", "-mod=vendor")
    monkeypatch.setenv("GOOS", "plan9")
    monkeypatch.setattr(builds, "FREE_BYTES", 0)
    return path


def folder(tmp_path: Path) -> Path:
    path = tmp_path / "work"
    path.mkdir()
    return path


@pytest.mark.parametrize("project", sorted({binary.project for binary in CATALOG.values()}))
def test_every_project_can_be_built(project: str) -> None:
    how = recipe(project)
    assert (how.module is None) != (how.package is None)


def test_what_is_stamped_is_what_is_pinned() -> None:
    flags = " ".join(recipe("kubernetes").flags)
    for package in ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version"):
        assert f"-X {package}.gitVersion=v{versions.KUBERNETES}" in flags
        assert f"-X {package}.gitMinor={versions.KUBERNETES.split('.')[1]} " in flags
    assert f"version.version=v{versions.HELM}" in " ".join(recipe("helm").flags)


def test_a_module_is_built_with_pinned_sums_and_nobody_elses_settings(
    tmp_path: Path, calls: Path
) -> None:
    go = write_executable(tmp_path / "go", *FAKE_GO)
    stream = io.StringIO()
    built = build("etcd", go, work := folder(tmp_path), Progress(stream))
    lines = calls.read_text().splitlines()
    assert lines[0].endswith("/modules/etcd list -deps tool")
    assert lines[2].endswith(f" -o {work}/bin/ tool")
    assert set(lines[1::2]) == {f"-mod=readonly|0|local|{work}/cache"}
    assert built["etcd"] == work / "bin" / "etcd"
    assert built["etcd"].exists()


def test_progress_counts_against_the_list_of_packages(
    tmp_path: Path, calls: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[tuple[str, int, int | None]] = []
    progress = Progress(io.StringIO())
    monkeypatch.setattr(progress, "step", lambda *step: steps.append((*step, None)[:3]))
    build("etcd", write_executable(tmp_path / "go", *FAKE_GO), folder(tmp_path), progress)
    assert ("fetching the modules of etcd: modules", 1, None) in steps
    assert ("building etcd (packages)", 2, 2) in steps


def test_a_package_is_installed_at_its_version(tmp_path: Path, calls: Path) -> None:
    go = write_executable(tmp_path / "go", *FAKE_GO)
    built = build("kwok", go, folder(tmp_path), Progress(io.StringIO()))
    assert calls.read_text().splitlines()[0].endswith(f"kwok@v{versions.KWOK}")
    assert built["kwok"].exists()


def test_a_failure_carries_what_go_said(tmp_path: Path, calls: Path) -> None:
    go = write_executable(tmp_path / "go", "echo 'go: no such proxy' >&2", "exit 1")
    with pytest.raises(BuildFailed, match=r"ended with 1:\ngo: no such proxy"):
        build("kwok", go, folder(tmp_path), Progress(io.StringIO()))


def test_a_full_disk_is_seen_before_the_build(
    tmp_path: Path, calls: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(builds, "FREE_BYTES", 1 << 62)
    with pytest.raises(BuildFailed, match="GiB free"):
        build("kwok", tmp_path / "go", folder(tmp_path), Progress(io.StringIO()))
    assert not calls.exists()
