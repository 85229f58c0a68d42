"""Storage in a folder and in a bucket: nothing is replaced, and what is wrong is told.

The same claims hold for both; below are those of one of them.
"""

from __future__ import annotations

import asyncio
import stat
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from botocore.response import StreamingBody
from botocore.stub import Stubber
from cryptography.fernet import Fernet

from kube.execution.journal import Journal
from kube.execution.seal import Sealed, SealError, SealStore
from kube.objects.ref import ObjectRef
from kube.plans.plan import Plan
from kube.records import s3
from kube.records.folder import FolderStorage
from kube.records.record import Outcome
from kube.records.s3 import Bucket, S3Storage
from kube.records.storage import Storage, StorageError
from tests.fixtures.s3 import SECRET, make_bucket

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


async def test_a_blob_comes_back_as_it_was_and_a_missing_one_is_none(storage: Storage) -> None:
    await storage.put("a/b/c", b"\x00\xff")
    await storage.put("empty", b"")
    assert await storage.get("a/b/c") == b"\x00\xff"
    assert await storage.get("empty") == b""
    assert await storage.get("a/b/d") is None


async def test_of_many_writers_of_a_key_one_wins_and_the_others_are_told(storage: Storage) -> None:
    async def write(number: int) -> int:
        await storage.put("a/key", str(number).encode())
        return number

    ends = await asyncio.gather(*(write(n) for n in range(8)), return_exceptions=True)
    won = [end for end in ends if isinstance(end, int)]
    lost = [str(end) for end in ends if isinstance(end, StorageError)]
    assert (len(won), len(lost)) == (1, 7)
    assert all("a/key exists already" in told and "nothing is replaced" in told for told in lost)
    assert await storage.get("a/key") == str(won[0]).encode()


async def test_keys_and_folders_are_listed_by_prefix_in_order(storage: Storage) -> None:
    for key in ("b/2/y", "b/2/x", "b/1/z", "b/10/z", "bb/1", "b/file", "a"):
        await storage.put(key, b".")
    assert await storage.keys("b") == ("b/1/z", "b/10/z", "b/2/x", "b/2/y", "b/file")
    assert await storage.keys("b/2") == ("b/2/x", "b/2/y")
    assert await storage.keys("nothing") == ()
    assert len(await storage.keys("")) == 7
    assert await storage.folders("") == ("b", "bb")
    assert await storage.folders("b") == ("1", "10", "2")
    assert await storage.folders("b", after="1") == ("10", "2")
    assert await storage.folders("b/2") == ()
    assert await storage.folders("nothing") == ()


async def test_a_seal_is_opened_with_its_key_only_and_kept_as_it_was(storage: Storage) -> None:
    plan = Plan(operation="apply", planner="apply", cluster_uid="u", options={"canary": "hidden"})
    sealed = Sealed(run_id="run", cluster="demo", sealed_at=NOON, plan=plan)
    seals = SealStore(storage, Fernet.generate_key())
    await seals.put(sealed)
    assert await seals.get("run") == sealed
    assert await seals.get("other") is None
    assert await seals.run_ids() == ("run",)
    assert b"hidden" not in (await storage.get("seals/run") or b"")
    with pytest.raises(SealError, match=r"so nothing was changed: .*exists already"):
        await seals.put(sealed)
    with pytest.raises(SealError, match="sealed with another key"):
        await SealStore(storage, Fernet.generate_key()).get("run")


async def test_a_journal_is_read_in_the_order_in_which_it_was_written(storage: Storage) -> None:
    journal = Journal(storage, "run/plan")
    written = [
        Outcome(ref=ObjectRef(api_version="v1", kind="Pod", name=f"p-{n}"), status="changed")
        for n in range(12)
    ]
    for outcome in written:
        await journal.add([outcome])
    assert await Journal(storage, "run/plan").read() == tuple(written)
    assert await Journal(storage, "run/other").read() == ()


# Folders


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_only_the_owner_may_read_a_folder(tmp_path: Path) -> None:
    await FolderStorage(tmp_path / "records").put("a/b", b".")
    (file,) = files(tmp_path)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


async def test_what_a_killed_writer_left_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / f".b.{'0' * 32}").write_bytes(b"half")
    (tmp_path / ".hidden").mkdir()
    storage = FolderStorage(tmp_path)
    assert (await storage.keys(""), await storage.folders("")) == ((), ("a",))


async def test_a_folder_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    (tmp_path / "folder").mkdir()
    storage = FolderStorage(tmp_path / "file")
    with pytest.raises(StorageError, match=r"/file cannot be written: Not a directory\. Check"):
        await storage.put("a/b", b".")
    for read in (storage.keys("a"), storage.folders("a"), storage.get("a")):
        with pytest.raises(StorageError, match=r"/file cannot be read: Not a directory\. Check"):
            await read
    with pytest.raises(StorageError, match="cannot be read: Is a directory"):
        await FolderStorage(tmp_path).get("folder")
    assert files(tmp_path) == [tmp_path / "file"]


# Buckets


@pytest.fixture
def bucket(s3_url: str) -> Bucket:
    return make_bucket(s3_url)


async def test_a_bucket_without_a_prefix_is_listed_by_pages(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3, "PAGE_SIZE", 10)
    storage = S3Storage(bucket)
    for number in range(25):
        await storage.put(f"a/{number:02}/x", b"")
    assert len(await storage.folders("a")) == 25
    assert await storage.folders("a", after="22") == ("23", "24")
    assert len(await storage.keys("")) == 25
    assert await storage.folders("") == ("a",)


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("AccessDenied", "access is denied. The key needs s3:GetObject, s3:PutObject"),
        ("InvalidAccessKeyId", "the access key is not accepted (InvalidAccessKeyId)"),
        ("SignatureDoesNotMatch", "the access key is not accepted (SignatureDoesNotMatch)"),
        ("NotImplemented", "cannot refuse to replace an object"),
        ("SomethingElse", "the store answered SomethingElse"),
    ],
)
async def test_a_refusal_is_told_without_a_credential(bucket: Bucket, code: str, told: str) -> None:
    with Stubber(s3.client_of(bucket)) as stub:
        stub.add_client_error("put_object", code, f"the key {SECRET} is wrong")
        with pytest.raises(StorageError) as caught:
            await S3Storage(bucket).put("a", b".")
    assert told in str(caught.value)
    assert str(caught.value).startswith(f"s3://{bucket.name} at http://127.0.0.1:")
    assert SECRET not in f"{caught.value!r} {bucket!r}"


async def test_a_missing_bucket_and_one_that_is_not_reached_are_told(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = S3Storage(replace(bucket, name="no-such-bucket"))
    calls: tuple[tuple[Any, ...], ...] = (
        (missing.put, "a", b"."), (missing.get, "a"), (missing.keys, "a"), (missing.folders, "a"),
    )  # fmt: skip
    for call, *arguments in calls:
        with pytest.raises(StorageError, match=r"there is no such bucket\. Make it"):
            await call(*arguments)
    monkeypatch.setattr(s3, "ATTEMPTS", 1)
    away = S3Storage(replace(bucket, endpoint_url="http://127.0.0.1:9"))
    with pytest.raises(StorageError, match=r"it is not reached \(EndpointConnectionError\)"):
        await away.get("a")


async def test_a_write_whose_answer_was_lost_is_not_taken_for_somebody_elses(
    bucket: Bucket,
) -> None:
    for found, is_taken in ((b"mine", False), (b"another's", True)):
        with Stubber(s3.client_of(bucket)) as stub:
            retried = {"RetryAttempts": 1}
            stub.add_client_error("put_object", "PreconditionFailed", response_meta=retried)
            body = StreamingBody(BytesIO(found), len(found))
            stub.add_response("get_object", {"Body": body})
            expected = pytest.raises(StorageError, match="exists") if is_taken else nullcontext()
            with expected:
                await S3Storage(bucket).put("a", b"mine")
