from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pydantic import TypeAdapter

from kube.records.record import Outcome
from kube.records.storage import JOURNALS, Storage, StorageError

_OUTCOMES: TypeAdapter[list[Outcome]] = TypeAdapter(list[Outcome])
# What arrives meanwhile is written in one piece: a crash loses this much, and a disk is asked to
# be sure a few times a second only.
PAUSE_SECONDS = 0.2


class Journal:
    """What is done of a run, written down while it is done, in segments.

    It is a help for people and for `recover`, which judges the live objects all the same: an
    outcome that is missing here may still have happened.
    """

    def __init__(self, storage: Storage, run_id: str) -> None:
        self._storage = storage
        self._prefix = f"{JOURNALS}/{run_id}"
        self._segments = 0

    async def add(self, outcomes: list[Outcome]) -> None:
        """Append outcomes.

        Raises:
            StorageError: The storage cannot be written.
        """
        if outcomes:
            self._segments += 1
            key = f"{self._prefix}/{self._segments:06d}"
            await self._storage.put(key, _OUTCOMES.dump_json(outcomes))

    @asynccontextmanager
    async def pen(self) -> AsyncIterator[Pen]:
        """Lend a pen that appends what it takes in the background; at the end all is written.

        Raises:
            StorageError: The storage cannot be written; raised at the end.
        """
        pen = Pen(self)
        writing = asyncio.ensure_future(pen.write())
        try:
            yield pen
        finally:
            pen.put_down()
            await writing

    async def read(self) -> tuple[Outcome, ...]:
        """Return what was written down, in order.

        Raises:
            StorageError: The storage cannot be read.
        """
        found: list[Outcome] = []
        for key in await self._storage.keys(self._prefix):
            found += _OUTCOMES.validate_json(await self._storage.get(key) or b"[]")
        return tuple(found)


class Pen:
    """Appends outcomes to a journal in pieces; `is_broken` once that has failed."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._waiting: list[Outcome] = []
        self._some = asyncio.Event()
        self._end = asyncio.Event()
        self.is_broken = False

    def take(self, outcome: Outcome) -> None:
        """Take one outcome; it is written soon."""
        self._waiting.append(outcome)
        self._some.set()

    def put_down(self) -> None:
        """Take no more: `write` ends when all is written."""
        self._end.set()
        self._some.set()

    async def write(self) -> None:
        """Write what was taken, until the pen is put down.

        Raises:
            StorageError: The storage cannot be written.
        """
        try:
            while await self._some.wait():
                self._some.clear()
                piece, self._waiting = self._waiting, []
                await self._journal.add(piece)
                if self._end.is_set():
                    await self._journal.add(self._waiting)
                    return
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._end.wait(), PAUSE_SECONDS)
        except StorageError:
            self.is_broken = True
            raise
