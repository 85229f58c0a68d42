from __future__ import annotations

import asyncio
import contextlib
import os
import re
import uuid
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Protocol

from kube.records.record import SCHEMA_VERSION, Record

_UNSAFE = re.compile(r"^\.+|[^A-Za-z0-9._-]")


class RecordStoreError(Exception):
    """The record store cannot be read or written; the message says where and what to do."""


class RecordStore(Protocol):
    """Where records are kept for ever: written once, never changed."""

    async def put(self, record: Record) -> str:
        """Store a record under a key of its own and return the key."""

    async def latest(
        self, operation: str, cluster: str | None, count: int, *, with_result: bool = False
    ) -> tuple[Record, ...]:
        """Return the newest `count` records of an operation on a cluster, newest first."""


def record_key(record: Record) -> str:
    """Return the key of a record: `operation/cluster/day/time-id`, so that keys sort by time."""
    return "/".join((folder_of(record.operation, record.cluster), *_moment(record)))


def folder_of(operation: str, cluster: str | None) -> str:
    """Return the part of the key that all records of an operation on one cluster share."""
    return "/".join(_UNSAFE.sub("_", part or "_") for part in (operation, cluster))


def _moment(record: Record) -> tuple[str, str]:
    started: datetime = record.started_at
    return (
        started.strftime("%Y-%m-%d"),
        f"{started.strftime('%H%M%S%f')}-{_UNSAFE.sub('_', record.id)}.json",
    )


class FolderRecordStore:
    """A record store in a folder, for one machine or a shared disk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, record: Record) -> str:
        """Write the record to a file that appears whole or not at all.

        Raises:
            RecordStoreError: The folder cannot be written, or the key is taken.
        """
        key = record_key(record)
        await asyncio.to_thread(self._write, key, record.model_dump_json().encode())
        return key

    async def latest(
        self, operation: str, cluster: str | None, count: int, *, with_result: bool = False
    ) -> tuple[Record, ...]:
        """Return the newest `count` records of an operation on a cluster, newest first.

        A file that is no record of a version we know is passed over.

        Args:
            operation: Name of the flow.
            cluster: The cluster's name; None for operations on none or several.
            count: How many at most.
            with_result: Pass over the records of runs that ended before they found anything.

        Raises:
            RecordStoreError: The folder cannot be read.
        """
        prefix = folder_of(operation, cluster)
        return await asyncio.to_thread(self._read_latest, prefix, count, with_result)

    def _write(self, key: str, content: bytes) -> None:
        target = self._folder / key
        scratch = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
        try:
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with os.fdopen(
                os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb"
            ) as f:
                f.write(content)
                f.flush()
                os.fsync(f.fileno())
            os.link(scratch, target)  # unlike rename, it refuses to replace: append-only
        except FileExistsError:
            raise RecordStoreError(
                f"The record {key} exists already; records are not replaced."
            ) from None
        except OSError as error:
            raise RecordStoreError(
                f"The record store {self._folder} cannot be written: {error.strerror}. Check the "
                "path of its block and the rights of the worker."
            ) from error
        finally:
            with contextlib.suppress(OSError):
                scratch.unlink()

    def _read_latest(self, prefix: str, count: int, with_result: bool) -> tuple[Record, ...]:
        records: list[Record] = []
        try:
            for file in self._newest_first(self._folder / prefix):
                if len(records) == count:
                    break
                with contextlib.suppress(ValueError):
                    record = Record.model_validate_json(file.read_bytes())
                    known = record.schema_version <= SCHEMA_VERSION
                    if known and (record.result or not with_result):
                        records.append(record)
        except OSError as error:
            raise RecordStoreError(
                f"The record store {self._folder} cannot be read: {error.strerror}."
            ) from error
        return tuple(records)

    @staticmethod
    def _newest_first(folder: Path) -> Iterator[Path]:
        if not folder.is_dir():
            return
        for day in sorted(folder.iterdir(), reverse=True):
            yield from sorted(day.glob("[!.]*.json"), reverse=True)
