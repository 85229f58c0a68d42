"""Look for executables where they may already be."""

import os
import shutil
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from sandbox.binaries.cache import Cache
from sandbox.binaries.catalog import Binary
from sandbox.binaries.probe import reason_to_refuse


@dataclass(frozen=True)
class Attempt:
    """One place that was tried in vain, and why in vain."""

    place: str
    reason: str


@dataclass(frozen=True)
class Found:
    """An executable that answers with the pinned version."""

    path: Path
    place: str

    @property
    def may_vanish(self) -> bool:
        """Whether it is there only as long as an environment variable says so."""
        return self.place not in ("cache", "PATH")


@dataclass(frozen=True)
class Search:
    """What became of looking for one executable."""

    binary: Binary
    found: Found | None
    attempts: tuple[Attempt, ...]


def search(binaries: Iterable[Binary], cache: Cache) -> list[Search]:
    """Look for executables in the environment's places, the cache and PATH; first hit wins.

    Args:
        binaries: What is wanted.
        cache: Where verified ones are kept.

    Returns:
        One result per binary, in input order.
    """
    # Asking ten programs for their version takes a second one after another.
    with ThreadPoolExecutor(max_workers=4) as pool:
        return list(pool.map(lambda binary: _search_one(binary, cache), binaries))


def _search_one(binary: Binary, cache: Cache) -> Search:
    """Look for one executable."""
    attempts: list[Attempt] = []
    for place, path in _named_by_environment(binary):
        reason = reason_to_refuse(binary, path)
        if reason is None:
            return Search(binary, Found(path, place), tuple(attempts))
        attempts.append(Attempt(place, reason))
    if (cached := cache.find(binary)) is not None:
        return Search(binary, Found(cached, "cache"), tuple(attempts))
    attempts.append(Attempt("cache", f"{cache.folder / binary.name} is not there or was changed"))
    if (on_path := shutil.which(binary.name)) is None:
        attempts.append(Attempt("PATH", f"no {binary.name} on PATH"))
    elif (reason := reason_to_refuse(binary, Path(on_path))) is None:
        return Search(binary, Found(Path(on_path), "PATH"), tuple(attempts))
    else:
        attempts.append(Attempt("PATH", reason))
    return Search(binary, None, tuple(attempts))


def _named_by_environment(binary: Binary) -> list[tuple[str, Path]]:
    """List the files that envtest's variables name for an executable."""
    named = []
    if value := os.environ.get(binary.asset_variable):
        named.append((binary.asset_variable, Path(value).absolute()))
    if value := os.environ.get("KUBEBUILDER_ASSETS"):
        named.append(("KUBEBUILDER_ASSETS", (Path(value) / binary.name).absolute()))
    return named
