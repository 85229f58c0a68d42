import io
import sysconfig
from pathlib import Path

import pytest

from sandbox.binaries import builds, resolver
from sandbox.binaries.cache import Cache
from sandbox.binaries.catalog import CATALOG
from sandbox.binaries.progress import Progress
from sandbox.binaries.resolver import fill_cache, resolve
from sandbox.errors import BinariesMissing
from sandbox.ports import free_ports
from tests.sandbox.executables import write_executable, write_versioned


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache")


@pytest.fixture(autouse=True)
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for binary in CATALOG.values():
        monkeypatch.delenv(binary.asset_variable, raising=False)
    for variable in ("KUBEBUILDER_ASSETS", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{free_ports(1)[0]}")
    monkeypatch.setenv("PATH", f"{tmp_path / 'path'}:/bin:/usr/bin")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setattr(sysconfig, "get_path", lambda name: str(tmp_path / "site"))
    monkeypatch.setattr(builds, "FREE_BYTES", 0)


def get(cache: Cache, *names: str) -> dict[str, Path]:
    return resolve(names, cache=cache, progress=Progress(io.StringIO()))


def fake_go(tmp_path: Path, helm_version: str) -> None:
    write_executable(
        tmp_path / "path" / "go",
        'if [ "$1" = env ]; then echo go1.26.8; exit; fi',
        f"printf '#!/bin/sh\\necho {helm_version}\\n' > $GOBIN/helm",
    )


def test_what_is_there_is_used_as_it_is(cache: Cache, tmp_path: Path) -> None:
    helm = write_versioned(tmp_path / "path" / "helm", "v4.2.9")
    assert get(cache, "helm") == {"helm": helm}
    assert not cache.folder.exists()


def test_what_is_not_there_is_built_and_kept(cache: Cache, tmp_path: Path) -> None:
    fake_go(tmp_path, "v4.2.4")
    assert get(cache, "helm") == {"helm": cache.folder / "helm"}
    (tmp_path / "path" / "go").unlink()
    assert get(cache, "helm") == {"helm": cache.folder / "helm"}


def test_the_scratch_space_is_removed_even_that_of_the_killed(cache: Cache, tmp_path: Path) -> None:
    leftover = cache.folder / f"{resolver.SCRATCH}killed"
    leftover.mkdir(parents=True)
    fake_go(tmp_path, "v4.2.4")
    get(cache, "helm")
    names = {path.name for path in cache.folder.iterdir()}
    assert names == {".lock", "helm", "manifest.json"}


def test_a_build_of_another_version_is_not_kept(cache: Cache, tmp_path: Path) -> None:
    fake_go(tmp_path, "v4.1.0")
    with pytest.raises(BinariesMissing, match=r"go build: .* is not version 4\.2\.4"):
        get(cache, "helm")
    assert cache.find(CATALOG["helm"]) is None


def test_one_error_names_each_binary_each_place_and_what_helps(cache: Cache) -> None:
    with pytest.raises(BinariesMissing) as failure:
        get(cache, "etcd", "kwok")
    text = str(failure.value)
    for binary in ("etcd 3.6.14", "kwok 0.8.0"):
        section = text.partition(f"\n{binary}\n")[2].partition("\n\n")[0]
        places = [line.split(":")[0].strip() for line in section.splitlines()]
        assert places == ["cache", "PATH", "download", "go build"]
    assert "curl -fL -o assets/kwok https://github.com/" in text
    assert "| tar -xzO etcd-v3.6.14-linux-" in text
    assert "python -m sandbox build" in text


def test_filling_the_cache_keeps_what_the_environment_names(
    cache: Cache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assets = tmp_path / "assets"
    for binary in CATALOG.values():
        write_versioned(assets / binary.name, f"v{binary.version}")
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(assets))
    stream = io.StringIO()
    fill_cache(cache=cache, progress=Progress(stream))
    monkeypatch.delenv("KUBEBUILDER_ASSETS")
    assert get(cache, *CATALOG) == {name: cache.folder / name for name in CATALOG}
    assert len(stream.getvalue().splitlines()) == len(CATALOG)
