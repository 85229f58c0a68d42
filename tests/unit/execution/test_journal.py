"""The journal is written in few pieces while outcomes arrive, and is whole at the end."""

from __future__ import annotations

import asyncio

import pytest

from kube.execution.journal import Journal
from kube.objects.ref import ObjectRef
from kube.records.record import Outcome
from kube.records.storage import StorageError


class Shelf:
    """Storage in memory; `full` once it refuses to take more."""

    def __init__(self, full: bool = False) -> None:
        self.kept: dict[str, bytes] = {}
        self.full = full
        self.refused = asyncio.Event()

    async def put(self, key: str, content: bytes) -> None:
        await asyncio.sleep(0)
        if self.full or key in self.kept:
            self.refused.set()
            raise StorageError("full")
        self.kept[key] = content

    async def get(self, key: str) -> bytes | None:
        return self.kept.get(key)

    async def keys(self, prefix: str) -> tuple[str, ...]:
        return tuple(sorted(key for key in self.kept if key.startswith(f"{prefix}/")))

    async def folders(self, prefix: str, after: str = "") -> tuple[str, ...]:
        names = {
            key.removeprefix(f"{prefix}/").partition("/")[0] for key in await self.keys(prefix)
        }
        return tuple(sorted(name for name in names if name > after))


def outcome(number: int) -> Outcome:
    ref = ObjectRef(api_version="v1", kind="ConfigMap", name=f"c{number}", namespace="a")
    return Outcome(ref=ref, status="changed")


async def test_what_the_pen_took_is_all_there_in_its_order_and_in_few_pieces() -> None:
    shelf, wanted = Shelf(), [outcome(number) for number in range(500)]
    async with Journal(shelf, "run").pen() as pen:
        for one in wanted:
            pen.take(one)
            await asyncio.sleep(0)
    assert list(await Journal(shelf, "run").read()) == wanted
    assert len(shelf.kept) <= 3


async def test_a_journal_that_cannot_be_written_tells_so_at_once_and_fails_at_the_end() -> None:
    shelf = Shelf(full=True)
    with pytest.raises(StorageError):  # noqa: PT012 - what is told before it is half of the claim
        async with Journal(shelf, "run").pen() as pen:
            pen.take(outcome(1))
            await shelf.refused.wait()
            assert pen.is_broken
