"""Where bytes are kept for ever: written once under a key, never changed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import uuid
from pathlib import Path
from typing import Protocol


class StorageError(Exception):
    """The storage cannot be read or written; the message says where and what to do."""


class Storage(Protocol):
    """Append-only storage of small blobs; keys are paths, and sort by name."""

    async def put(self, key: str, content: bytes) -> None:
        """Store a blob under a new key; StorageError where the key is taken."""

    async def get(self, key: str) -> bytes | None:
        """Return a blob, None where there is none under the key."""

    async def keys(self, prefix: str) -> tuple[str, ...]:
        """Return the keys below a prefix (a folder, without a slash at its end), sorted."""


class FolderStorage:
    """Storage in a folder, for one machine or a shared disk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, key: str, content: bytes) -> None:
        """Write a file that appears whole or not at all.

        Raises:
            StorageError: The folder cannot be written, or the key is taken.
        """
        await asyncio.to_thread(self._write, key, content)

    async def get(self, key: str) -> bytes | None:
        """Read a file.

        Raises:
            StorageError: It cannot be read.
        """
        return await asyncio.to_thread(self._read, key)

    async def keys(self, prefix: str) -> tuple[str, ...]:
        """List the files below a folder, sorted; empty where there is no such folder."""
        return await asyncio.to_thread(self._list, prefix)

    def _write(self, key: str, content: bytes) -> None:
        target = self._folder / key
        scratch = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
        try:
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            fd = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(fd, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.link(scratch, target)  # unlike a rename, it refuses to replace
        except FileExistsError:
            raise StorageError(
                f"{key} exists already in {self._folder}; nothing is replaced."
            ) from None
        except OSError as error:
            raise StorageError(
                f"The folder {self._folder} cannot be written: {error.strerror}. Check the path of "
                "the record store block and the rights of the worker."
            ) from error
        finally:
            with contextlib.suppress(OSError):
                scratch.unlink()

    def _read(self, key: str) -> bytes | None:
        try:
            return (self._folder / key).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StorageError(
                f"The folder {self._folder} cannot be read: {error.strerror}."
            ) from error

    def _list(self, prefix: str) -> tuple[str, ...]:
        root = self._folder / prefix
        files = (path for path in root.rglob("*") if path.is_file() and path.name[0] != ".")
        return tuple(sorted(str(path.relative_to(self._folder)) for path in files))
