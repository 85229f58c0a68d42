"""Records in a folder: written once and whole, read newest first, for the owner's eyes only."""

from __future__ import annotations

import asyncio
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kube.records.record import SCHEMA_VERSION, Record, Verdict
from kube.records.store import FolderRecordStore, RecordStoreError, folder_of, record_key

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def record(minute: int = 0, **fields: Any) -> Record:
    started = NOON + timedelta(minutes=minute)
    values: dict[str, Any] = {
        "id": f"run-{minute}",
        "operation": "refresh-cluster",
        "cluster": "demo",
        "started_at": started,
        "finished_at": started + timedelta(seconds=2),
        "verdict": Verdict(good=True, name="Completed"),
        "result": {"minute": minute},
    }
    return Record(**values | fields)


@pytest.fixture
def store(tmp_path: Path) -> FolderRecordStore:
    return FolderRecordStore(tmp_path / "records")


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def latest(store: FolderRecordStore, count: int = 10, **fields: Any) -> list[str]:
    return [found.id for found in await store.latest("refresh-cluster", "demo", count, **fields)]


async def test_a_record_comes_back_as_it_was(store: FolderRecordStore, tmp_path: Path) -> None:
    written = record(warnings=("ä",), result={"deep": [1, {"x": None}]})
    key = await store.put(written)
    assert key == record_key(written)
    assert key == "refresh-cluster/demo/2026-03-01/120000000000-run-0.json"
    assert await store.latest("refresh-cluster", "demo", 1) == (written,)
    assert files(tmp_path) == [tmp_path / "records" / key], "nothing else is left lying about"


async def test_the_newest_come_first_over_days(store: FolderRecordStore) -> None:
    minutes = (3, 24 * 60, 1, 31 * 24 * 60, 2)
    for minute in minutes:
        await store.put(record(minute))
    ordered = [f"run-{minute}" for minute in sorted(minutes, reverse=True)]
    assert await latest(store) == ordered
    assert await latest(store, 2) == ordered[:2]
    assert await latest(store, 0) == []


async def test_each_operation_and_cluster_has_its_own(store: FolderRecordStore) -> None:
    await store.put(record(1))
    await store.put(record(2, cluster="other"))
    await store.put(record(3, operation="show-cluster"))
    await store.put(record(4, cluster=None))
    assert await latest(store) == ["run-1"]
    assert [r.id for r in await store.latest("refresh-cluster", None, 5)] == ["run-4"]
    assert await store.latest("never-run", "demo", 5) == ()


async def test_records_without_a_result_can_be_passed_over(store: FolderRecordStore) -> None:
    await store.put(record(1))
    for minute in (2, 3):
        await store.put(record(minute, result={}))
    assert await latest(store) == ["run-3", "run-2", "run-1"]
    assert await latest(store, 1, with_result=True) == ["run-1"]


async def test_a_record_is_never_replaced(store: FolderRecordStore, tmp_path: Path) -> None:
    key = await store.put(record())
    content = (tmp_path / "records" / key).read_bytes()
    with pytest.raises(RecordStoreError, match=f"The record {key} exists already"):
        await store.put(record(warnings=("another",)))
    assert (tmp_path / "records" / key).read_bytes() == content
    assert len(files(tmp_path)) == 1


async def test_records_that_come_at_the_same_time_are_all_kept(store: FolderRecordStore) -> None:
    await asyncio.gather(*(store.put(record(id=f"run-{n:02}")) for n in range(40)))
    assert await latest(store, 100) == [f"run-{n:02}" for n in reversed(range(40))]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        record(5).model_dump_json().encode()[:-10],
        b"\xff\xfe",
        b"[]",
        b'{"operation": "refresh-cluster"}',
        record(5, schema_version=SCHEMA_VERSION + 1).model_dump_json().encode(),
    ],
    ids=["empty", "torn", "no text", "no object", "no record", "of a later version"],
)
async def test_what_is_no_record_is_passed_over(
    store: FolderRecordStore, tmp_path: Path, content: bytes
) -> None:
    await store.put(record(1))
    day = tmp_path / "records" / "refresh-cluster" / "demo" / "2026-03-01"
    (day / "235959000000-x.json").write_bytes(content)
    assert await latest(store) == ["run-1"]


async def test_what_others_put_there_is_passed_over(
    store: FolderRecordStore, tmp_path: Path
) -> None:
    await store.put(record(1))
    folder = tmp_path / "records" / "refresh-cluster" / "demo"
    (folder / "note.txt").write_text("hello")
    (folder / "2026-03-01" / "note.txt").write_text("hello")
    # What a writer leaves that was killed before its record had its name.
    half = f".120200000000-run-2.json.{'0' * 32}"
    (folder / "2026-03-01" / half).write_bytes(record(2).model_dump_json().encode())
    assert await latest(store) == ["run-1"]


async def test_only_the_owner_may_read_records(store: FolderRecordStore, tmp_path: Path) -> None:
    await store.put(record())
    (file,) = files(tmp_path)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


async def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    store = FolderRecordStore(tmp_path / "file")
    with pytest.raises(RecordStoreError, match=r"/file cannot be written: Not a directory\. Check"):
        await store.put(record())
    assert files(tmp_path) == [tmp_path / "file"]


async def test_a_record_that_cannot_be_read_is_told(
    store: FolderRecordStore, tmp_path: Path
) -> None:
    await store.put(record())
    (file,) = files(tmp_path)
    file.unlink()
    file.mkdir()
    with pytest.raises(RecordStoreError, match="cannot be read: Is a directory"):
        await latest(store)


@pytest.mark.parametrize("name", ["..", ".", "../../etc", "a/b", "a\\b", "ä", ""])
async def test_a_name_cannot_lead_out_of_the_folder(
    store: FolderRecordStore, tmp_path: Path, name: str
) -> None:
    await store.put(record(cluster=name, operation=name, id=name or "x"))
    (file,) = files(tmp_path)
    assert len(file.relative_to(tmp_path / "records").parts) == 4
    assert ".." not in folder_of(name, name).split("/")
    assert len(await store.latest(name, name, 1)) == 1
