"""Storage in a folder, for one machine or a shared disk."""

from __future__ import annotations

import asyncio
import contextlib
import os
import uuid
from pathlib import Path

from kube.records.storage import StorageError


class FolderStorage:
    """Storage in a folder that only its owner can read; see `kube.records.storage.Storage`."""

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
        """List the files below a folder, sorted; empty where there is no such folder.

        Raises:
            StorageError: The folder cannot be read.
        """
        return await asyncio.to_thread(self._list_files, prefix)

    async def folders(self, prefix: str, after: str = "") -> tuple[str, ...]:
        """List the folders right below a folder, sorted; empty where there is no such folder.

        Raises:
            StorageError: The folder cannot be read.
        """
        return await asyncio.to_thread(self._list_folders, prefix, after)

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
            raise self._unreadable(error) from error

    def _list_files(self, prefix: str) -> tuple[str, ...]:
        found = []
        for folder, folders, names in os.walk(self._folder / prefix, onerror=self._fail):
            folders[:] = [name for name in folders if name[0] != "."]
            relative = Path(folder).relative_to(self._folder)
            found += [str(relative / name) for name in names if name[0] != "."]
        return tuple(sorted(found))

    def _list_folders(self, prefix: str, after: str) -> tuple[str, ...]:
        try:
            with os.scandir(self._folder / prefix) as entries:
                names = [entry.name for entry in entries if entry.is_dir()]
        except OSError as error:
            self._fail(error)
            return ()
        return tuple(sorted(name for name in names if name[0] != "." and name > after))

    def _fail(self, error: OSError) -> None:
        """Raise what went wrong, but for a folder that is not there."""
        if not isinstance(error, FileNotFoundError):
            raise self._unreadable(error) from error

    def _unreadable(self, error: OSError) -> StorageError:
        return StorageError(
            f"The folder {self._folder} cannot be read: {error.strerror}. Check the path of the "
            "record store block and the rights of the worker."
        )
