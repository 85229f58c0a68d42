from __future__ import annotations

from pydantic import TypeAdapter

from kube.records.record import Outcome
from kube.records.storage import Storage

_OUTCOMES: TypeAdapter[list[Outcome]] = TypeAdapter(list[Outcome])


class Journal:
    """What is done of a run, written down while it is done, one segment a step.

    It is a help for people and for `recover`, which judges the live objects all the same: an
    outcome that is missing here may still have happened.
    """

    def __init__(self, storage: Storage, run_id: str) -> None:
        self._storage = storage
        self._prefix = f"journal/{run_id}"
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

    async def read(self) -> tuple[Outcome, ...]:
        """Return what was written down, in order.

        Raises:
            StorageError: The storage cannot be read.
        """
        found: list[Outcome] = []
        for key in await self._storage.keys(self._prefix):
            found += _OUTCOMES.validate_json(await self._storage.get(key) or b"[]")
        return tuple(found)
