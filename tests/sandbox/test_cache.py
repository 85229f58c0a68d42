import json
import os
from pathlib import Path

import pytest

from sandbox.binaries.cache import Cache
from sandbox.binaries.catalog import CATALOG

HELM = CATALOG["helm"]


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "helm"
    path.write_text("#!/bin/sh\necho v4.2.4\n")
    return path


def test_an_empty_cache_holds_nothing_and_makes_nothing(cache: Cache) -> None:
    assert cache.find(HELM) is None
    assert not cache.folder.exists()


def test_a_stored_executable_is_found_and_can_run(cache: Cache, source: Path) -> None:
    stored = cache.store(HELM, source, "a test")
    assert cache.find(HELM) == stored
    assert os.access(stored, os.X_OK)
    entry = json.loads((cache.folder / "manifest.json").read_text())["helm"]
    assert entry["origin"] == "a test"
    assert len(entry["sha256"]) == 64


def test_a_changed_executable_is_not_found(cache: Cache, source: Path) -> None:
    stored = cache.store(HELM, source, "a test")
    stored.write_text("something else")
    assert cache.find(HELM) is None


def test_a_touched_executable_is_found_by_its_hash(cache: Cache, source: Path) -> None:
    stored = cache.store(HELM, source, "a test")
    os.utime(stored, (1, 1))
    assert cache.find(HELM) == stored


def test_a_file_without_an_entry_is_not_found(cache: Cache, source: Path) -> None:
    cache.store(HELM, source, "a test")
    (cache.folder / "kwok").write_text("put here by hand")
    assert cache.find(CATALOG["kwok"]) is None


def test_a_damaged_manifest_holds_nothing(cache: Cache, source: Path) -> None:
    cache.store(HELM, source, "a test")
    (cache.folder / "manifest.json").write_text("{")
    assert cache.find(HELM) is None


def test_a_failed_store_leaves_what_was_there(cache: Cache, source: Path, tmp_path: Path) -> None:
    stored = cache.store(HELM, source, "a test")
    with pytest.raises(FileNotFoundError):
        cache.store(HELM, tmp_path / "absent", "a test")
    assert cache.find(HELM) == stored
    assert sorted(path.name for path in cache.folder.iterdir()) == ["helm", "manifest.json"]
