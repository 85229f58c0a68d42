"""Records in a folder and in a bucket: written once and whole, found by operation, time and run."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kube.records.record import SCHEMA_VERSION, Record, Verdict
from kube.records.storage import Storage, StorageError
from kube.records.store import RecordStore, folder_of, record_key

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
def store(storage: Storage) -> RecordStore:
    return RecordStore(storage)


async def latest(store: RecordStore, count: int = 10, **fields: Any) -> list[str]:
    return [found.id for found in await store.latest("refresh-cluster", "demo", count, **fields)]


async def newest(store: RecordStore, **fields: Any) -> list[str]:
    return [found.id async for found in store.newest(**fields)]


async def test_a_record_comes_back_as_it_was(store: RecordStore, storage: Storage) -> None:
    written = record(warnings=("ä",), result={"deep": [1, {"x": None}]})
    key = await store.put(written)
    assert key == record_key(written)
    assert key == "refresh-cluster/demo/2026-03-01/120000000000-run-0.json"
    assert await store.latest("refresh-cluster", "demo", 1) == (written,)
    assert await store.find("run-0") == written
    by_run = "runs/run-0/refresh-cluster~demo~2026-03-01~120000000000-run-0"
    assert await storage.keys("") == (key, by_run), "nothing else is left lying about"


async def test_the_newest_come_first_over_days(store: RecordStore) -> None:
    minutes = (3, 24 * 60, 1, 31 * 24 * 60, 2)
    for minute in minutes:
        await store.put(record(minute))
    ordered = [f"run-{minute}" for minute in sorted(minutes, reverse=True)]
    assert await latest(store) == ordered
    assert await latest(store, 2) == ordered[:2]
    assert await latest(store, 0) == []


async def test_each_operation_and_cluster_has_its_own(store: RecordStore) -> None:
    await store.put(record(1))
    await store.put(record(2, cluster="other"))
    await store.put(record(3, operation="show-cluster"))
    await store.put(record(4, cluster=None))
    assert await latest(store) == ["run-1"]
    assert [r.id for r in await store.latest("refresh-cluster", None, 5)] == ["run-4"]
    assert await store.latest("never-run", "demo", 5) == ()
    assert await newest(store) == ["run-4", "run-3", "run-2", "run-1"]
    assert await newest(store, cluster="demo") == ["run-3", "run-1"]
    assert await newest(store, operation="refresh-cluster") == ["run-4", "run-2", "run-1"]


async def test_a_time_is_from_a_moment_until_before_another(store: RecordStore) -> None:
    minutes = [-20 * 24 * 60, -24 * 60, 0, 1, 2, 24 * 60]
    for minute in minutes:
        await store.put(record(minute))
    later = NOON + timedelta(minutes=2)
    assert await newest(store, since=NOON, until=later) == ["run-1", "run-0"]
    assert await newest(store, since=later) == ["run-1440", "run-2"]
    assert await newest(store, until=NOON) == ["run--1440", "run--28800"]


async def test_a_run_that_was_tried_again_is_found_by_its_newest_record(store: RecordStore) -> None:
    await store.put(record(9, id="run"))
    await store.put(record(10, id="run"))
    found = await store.find("run")
    assert found is not None
    assert found.result == {"minute": 10}
    assert await store.find("ru") is None
    assert await store.find("") is None


async def test_records_without_a_result_can_be_passed_over(store: RecordStore) -> None:
    await store.put(record(1))
    for minute in (2, 3):
        await store.put(record(minute, result={}))
    assert await latest(store) == ["run-3", "run-2", "run-1"]
    assert await latest(store, 1, with_result=True) == ["run-1"]


async def test_a_record_is_never_replaced(store: RecordStore, storage: Storage) -> None:
    key = await store.put(record())
    content = await storage.get(key)
    with pytest.raises(StorageError, match="exists already"):
        await store.put(record(warnings=("another",)))
    assert await storage.get(key) == content
    assert len(await storage.keys("")) == 2


async def test_records_that_come_at_the_same_time_are_all_kept(store: RecordStore) -> None:
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
    store: RecordStore, storage: Storage, content: bytes
) -> None:
    await store.put(record(1))
    await storage.put("refresh-cluster/demo/2026-03-01/235959000000-x.json", content)
    await storage.put("runs/x/refresh-cluster~demo~2026-03-01~235959000000-x", b"")
    await storage.put("runs/y/anything", b"")
    assert await latest(store) == ["run-1"]
    assert await store.find("x") is None
    assert await store.find("y") is None


async def test_what_others_put_there_is_passed_over(store: RecordStore, storage: Storage) -> None:
    await store.put(record(1))
    for key in ("note.txt", "2026-03-01/note.txt", "x/120000000000-y.json"):
        await storage.put(f"refresh-cluster/demo/{key}", b"hello")
    for key in ("seals/run-1", "journal/run-1/a/000001", "note.txt"):
        await storage.put(key, b"hello")
    assert await latest(store) == ["run-1"]
    assert await newest(store) == ["run-1"]


@pytest.mark.parametrize("name", ["..", ".", "../../etc", "a/b", "a\\b", "ä", ""])
async def test_a_name_cannot_lead_out_of_the_store(
    store: RecordStore, storage: Storage, name: str
) -> None:
    await store.put(record(cluster=name, operation=name, id=name or "x"))
    keys = await storage.keys("")
    assert sorted(len(key.split("/")) for key in keys) == [3, 4]
    assert ".." not in folder_of(name, name).split("/")
    assert len(await store.latest(name, name, 1)) == 1
    found = await store.find(name or "x")
    assert found is not None
    assert found.id == (name or "x")
