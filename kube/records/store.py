"""The records of all runs, as JSON in a storage, under keys that tell what is looked up."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from datetime import UTC, datetime

from kube.records.record import SCHEMA_VERSION, Record
from kube.records.storage import AREAS, BY_RUN, Storage

MAX_READS_AT_ONCE = 16

_UNSAFE = re.compile(r"^\.+|[^A-Za-z0-9._-]")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_SUFFIX = ".json"
_MOMENT = re.compile(r"/(\d{4}-\d{2}-\d{2})/(\d{12})-[^/]+\.json$")


def record_key(record: Record) -> str:
    """Return the key of a record: `operation/cluster/day/time-id`, so that keys sort by time."""
    return "/".join((folder_of(record.operation, record.cluster), *_moment(record)))


def folder_of(operation: str, cluster: str | None) -> str:
    """Return the part of the key that all records of an operation on one cluster share."""
    return "/".join(_safe(part or "_") for part in (operation, cluster))


def _safe(part: str) -> str:
    return _UNSAFE.sub("_", part)


def _moment(record: Record) -> tuple[str, str]:
    started = record.started_at.astimezone(UTC)
    return (
        started.strftime("%Y-%m-%d"),
        f"{started.strftime('%H%M%S%f')}-{_safe(record.id)}{_SUFFIX}",
    )


class RecordStore:
    """Records of runs, written once and never changed."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def put(self, record: Record) -> str:
        """Store a record under a key of its own and return the key.

        Raises:
            StorageError: The storage cannot be written, or the key is taken.
        """
        key = record_key(record)
        # First, so that every record that is there can be found by its run.
        await self._storage.put(f"{_by_run(record.id)}/{_name_of(key)}", b"")
        await self._storage.put(key, record.model_dump_json().encode())
        return key

    async def find(self, run_id: str) -> Record | None:
        """Return the record of a run, None where there is none.

        A run that was tried again leaves a record of each try; the newest counts.

        Raises:
            StorageError: The storage cannot be read.
        """
        named = [_key_of(blob) for blob in await self._storage.keys(_by_run(run_id))]
        for key in _newest_first(named):
            record = await self._read(key)
            if record is not None:
                return record
        return None

    async def latest(
        self, operation: str, cluster: str | None, count: int, *, with_result: bool = False
    ) -> tuple[Record, ...]:
        """Return the newest `count` records of an operation on a cluster, newest first.

        Args:
            operation: Name of the flow.
            cluster: The cluster's name; None for operations on none or several.
            count: How many at most.
            with_result: Pass over the records of runs that ended before they found anything.

        Raises:
            StorageError: The storage cannot be read.
        """
        records: list[Record] = []
        if count < 1:
            return ()
        async with aclosing(self._walk([folder_of(operation, cluster)])) as found:
            async for record in found:
                if record.result or not with_result:
                    records.append(record)
                if len(records) == count:
                    break
        return tuple(records)

    async def newest(
        self,
        operation: str = "",
        cluster: str = "",
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> AsyncGenerator[Record, None]:
        """Yield records, newest first; each is read when its turn comes, a few ahead at most.

        Args:
            operation: Name of a flow; empty takes all.
            cluster: Name of a cluster; empty takes all, and what concerns none or several.
            since: Only runs that started then or later.
            until: Only runs that started before.

        Raises:
            StorageError: The storage cannot be read.
        """
        folders = await self._folders(operation, cluster)
        async with aclosing(self._walk(folders, since, until)) as found:
            async for record in found:
                yield record

    async def _folders(self, operation: str, cluster: str) -> list[str]:
        """Return the folders of operations on clusters that there are."""
        operations = [
            name
            for name in await self._storage.folders("")
            if name not in AREAS and _safe(operation) in ("", name)
        ]
        clusters = await asyncio.gather(*(self._storage.folders(name) for name in operations))
        return [
            f"{name}/{each}"
            for name, found in zip(operations, clusters, strict=True)
            for each in found
            if _safe(cluster) in ("", each)
        ]

    async def _walk(
        self, folders: list[str], since: datetime | None = None, until: datetime | None = None
    ) -> AsyncGenerator[Record, None]:
        first, last = _stamp(since) if since else "", _stamp(until) if until else "~"
        # The day without its last digit sorts before it, and after the days of ten days ago.
        listed = await asyncio.gather(*(self._storage.folders(one, first[:9]) for one in folders))
        days: dict[str, list[str]] = {}
        for folder, names in zip(folders, listed, strict=True):
            for day in names:
                if _DAY.fullmatch(day) and first[:10] <= day <= last[:10]:
                    days.setdefault(day, []).append(f"{folder}/{day}")
        ahead = 1  # grows, since most callers want one record and some want hundreds
        for day in sorted(days, reverse=True):
            found = await asyncio.gather(*(self._storage.keys(place) for place in days[day]))
            keys = [k for keys in found for k in keys if first <= _stamp_of(k) < last]
            ordered = _newest_first(keys)
            while ordered:
                batch, ordered = ordered[:ahead], ordered[ahead:]
                for record in await asyncio.gather(*(self._read(key) for key in batch)):
                    if record is not None:
                        yield record
                ahead = min(ahead * 2, MAX_READS_AT_ONCE)

    async def _read(self, key: str) -> Record | None:
        """Read a record; None for what is no record of a version that we know."""
        content = await self._storage.get(key)
        try:
            record = Record.model_validate_json(content or b"")
        except ValueError:
            return None
        return record if record.schema_version <= SCHEMA_VERSION else None


def _by_run(run_id: str) -> str:
    """Return the folder with one empty blob a record of a run, named after the record's key."""
    return f"{BY_RUN}/{_safe(run_id or '_')}"


def _name_of(key: str) -> str:
    return key.removesuffix(_SUFFIX).replace("/", "~")


def _key_of(blob: str) -> str:
    return blob.rpartition("/")[2].replace("~", "/") + _SUFFIX


def _stamp(at: datetime) -> str:
    """Return a moment in UTC as the end of a key has it: `2026-03-01/120000000000`."""
    return at.astimezone(UTC).strftime("%Y-%m-%d/%H%M%S%f")


def _stamp_of(key: str) -> str:
    """Return the moment that a key tells, "" where it is no record's."""
    found = _MOMENT.search(key)
    return f"{found[1]}/{found[2]}" if found else ""


def _newest_first(keys: Iterable[str]) -> list[str]:
    """Sort the keys of records by their moments; leave out what is none."""
    return sorted((key for key in keys if _stamp_of(key)), key=_by_moment, reverse=True)


def _by_moment(key: str) -> tuple[str, str]:
    return _stamp_of(key), key
