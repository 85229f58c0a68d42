"""The folder of verified executables, shared by every checkout of this user."""

import hashlib
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from filelock import FileLock

from sandbox import versions
from sandbox.binaries.catalog import Binary, architecture
from sandbox.paths import cache_folder


class Cache:
    """Executables with a manifest that says what each was when it was verified."""

    def __init__(self, folder: Path | None = None) -> None:
        """Open a cache; nothing is created until something is stored.

        Args:
            folder: Where; None is the user's cache, one folder per set of versions.
        """
        self.folder = folder or cache_folder() / "bin" / f"{versions.pins()}_{architecture()}"

    def lock(self) -> FileLock:
        """Return the lock to hold while fetching or building, so that two processes do it once."""
        self.folder.mkdir(parents=True, exist_ok=True)
        return FileLock(self.folder / ".lock")

    def find(self, binary: Binary) -> Path | None:
        """Return a stored executable that is still the file that was verified, else None."""
        path = self.folder / binary.name
        entry = self._manifest().get(binary.name)
        if entry is None or not path.is_file():
            return None
        # Hashing half a gigabyte would cost every start a second; a changed size or time is
        # hashed, and everything else is the file that was hashed when it was stored.
        if entry["size"] == path.stat().st_size and entry["mtime_ns"] == path.stat().st_mtime_ns:
            return path
        return path if sha256(path) == entry["sha256"] else None

    def store(self, binary: Binary, source: Path, origin: str) -> Path:
        """Copy a verified executable into the cache; hold `lock` meanwhile.

        Args:
            binary: What it is.
            source: The file; left where it is.
            origin: Where it came from, for the manifest.

        Returns:
            The stored file. It appears whole or not at all.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        target = self.folder / binary.name
        descriptor, name = tempfile.mkstemp(dir=self.folder, prefix=f".{binary.name}.")
        os.close(descriptor)
        temporary = Path(name)
        try:
            shutil.copyfile(source, temporary)
            temporary.chmod(0o755)
            status = temporary.stat()
            entry = {
                "version": binary.version,
                "sha256": sha256(temporary),
                "size": status.st_size,
                "mtime_ns": status.st_mtime_ns,
                "origin": origin,
            }
            os.replace(temporary, target)
        finally:
            temporary.unlink(missing_ok=True)
        self._write_manifest(self._manifest() | {binary.name: entry})
        return target

    def _manifest(self) -> dict[str, Any]:
        """Read the manifest; an absent or damaged one holds nothing."""
        try:
            manifest = json.loads((self.folder / "manifest.json").read_bytes())
        except (FileNotFoundError, json.JSONDecodeError):
            return {}
        return manifest if isinstance(manifest, dict) else {}

    def _write_manifest(self, manifest: dict[str, Any]) -> None:
        """Replace the manifest in one step."""
        temporary = self.folder / ".manifest.json.new"
        temporary.write_text(json.dumps(manifest, indent=2, sort_keys=True) + "\n")
        os.replace(temporary, self.folder / "manifest.json")


def sha256(path: Path) -> str:
    """Return a file's SHA-256 in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
