"""Get every executable, by the first of several ways that works."""

import shutil
import tempfile
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

from filelock import Timeout

from sandbox.binaries import downloads
from sandbox.binaries.builds import BuildFailed, build
from sandbox.binaries.cache import Cache
from sandbox.binaries.catalog import CATALOG, Binary, architecture
from sandbox.binaries.explanation import explain
from sandbox.binaries.probe import reason_to_refuse
from sandbox.binaries.progress import Progress
from sandbox.binaries.search import Attempt, Found, Search, search
from sandbox.binaries.toolchain import NoToolchain, find_go
from sandbox.errors import BinariesMissing

SCRATCH = ".work-"


def resolve(
    names: Iterable[str], *, cache: Cache | None = None, progress: Progress | None = None
) -> dict[str, Path]:
    """Find executables, downloading or building what is not there.

    The order, for each: what the environment names, our cache, PATH, the project's release
    files, its Go modules. What is downloaded or built stays in the cache.

    Args:
        names: Keys of the catalog.
        cache: Where verified ones are kept; None is the user's cache.
        progress: Told what goes on; None is standard error.

    Returns:
        A file per name, each of the pinned minor version.

    Raises:
        KeyError: A name is not in the catalog.
        UnsupportedPlatform: Not Linux on x86-64 or arm64.
        BinariesMissing: Names each that could not be had, each place tried and why in vain,
            and the commands that would help.
    """
    architecture()
    cache, progress = cache or Cache(), progress or Progress()
    results = search([CATALOG[name] for name in names], cache)
    if any(result.found is None for result in results):
        results = _obtain(results, cache, progress)
    lost = [result for result in results if result.found is None]
    if lost:
        raise BinariesMissing(explain(lost))
    return {result.binary.name: result.found.path for result in results if result.found}


def fill_cache(*, cache: Cache | None = None, progress: Progress | None = None) -> dict[str, Path]:
    """Get every executable, so that later starts need neither network nor environment.

    Args:
        cache: Where they are kept; None is the user's cache.
        progress: Told what goes on; None is standard error.

    Returns:
        A file per catalog name: in the cache, or on PATH where it was found there.

    Raises:
        BinariesMissing: As `resolve`.
    """
    cache, progress = cache or Cache(), progress or Progress()
    resolve(CATALOG, cache=cache, progress=progress)
    paths: dict[str, Path] = {}
    with cache.lock():
        for result in search(CATALOG.values(), cache):
            if result.found is None:
                continue
            path = result.found.path
            if result.found.may_vanish:
                path = cache.store(result.binary, path, f"{result.found.place}: {path}")
            progress.say(f"{result.binary.name}: {path}")
            paths[result.binary.name] = path
    return paths


def _obtain(results: list[Search], cache: Cache, progress: Progress) -> list[Search]:
    """Download or build what was not found; one process at a time does it."""
    with ExitStack() as stack:
        lock = cache.lock()
        try:
            lock.acquire(timeout=0)
        except Timeout:
            progress.say("another process is getting the binaries; waiting for it")
            lock.acquire()
        stack.callback(lock.release)
        # Whoever held the lock before us may have fetched what we want.
        results = search([result.binary for result in results], cache)
        # Nobody else works here while we hold the lock: these are of processes that were killed.
        for leftover in cache.folder.glob(f"{SCRATCH}*"):
            shutil.rmtree(leftover, ignore_errors=True)
        scratch = Path(tempfile.mkdtemp(prefix=SCRATCH, dir=cache.folder))
        stack.callback(shutil.rmtree, scratch, ignore_errors=True)
        for way in (_download, _build):
            missing = [result for result in results if result.found is None]
            if missing:
                outcome = way([m.binary for m in missing], cache, scratch, progress)
                results = [_with_outcome(result, outcome) for result in results]
    return results


def _with_outcome(result: Search, outcome: dict[str, Found | Attempt]) -> Search:
    """Add what another way brought."""
    brought = outcome.get(result.binary.name)
    if isinstance(brought, Found):
        return Search(result.binary, brought, result.attempts)
    if isinstance(brought, Attempt):
        return Search(result.binary, None, (*result.attempts, brought))
    return result


def _download(
    binaries: list[Binary], cache: Cache, scratch: Path, progress: Progress
) -> dict[str, Found | Attempt]:
    """Download executables, all that can be had."""
    releases = {binary: downloads.release_of(binary, architecture()) for binary in binaries}
    refused = downloads.unreachable(release.host for release in releases.values())
    outcome: dict[str, Found | Attempt] = {}
    for binary, release in releases.items():
        if release.host in refused:
            outcome[binary.name] = Attempt("download", refused[release.host])
            continue
        try:
            path = downloads.fetch(release, scratch, progress)
        except downloads.DownloadFailed as error:
            outcome[binary.name] = Attempt("download", str(error))
            continue
        outcome[binary.name] = _keep(binary, path, cache, "download", release.url)
    return outcome


def _build(
    binaries: list[Binary], cache: Cache, scratch: Path, progress: Progress
) -> dict[str, Found | Attempt]:
    """Build the projects of executables; what comes along is kept too."""
    try:
        go = find_go(progress)
    except NoToolchain as error:
        return {binary.name: Attempt("go build", str(error)) for binary in binaries}
    outcome: dict[str, Found | Attempt] = {}
    for project in dict.fromkeys(binary.project for binary in binaries):
        progress.say(f"building {project} from its Go modules; this takes minutes, once")
        try:
            built = build(project, go, scratch, progress)
        except BuildFailed as error:
            for binary in binaries:
                if binary.project == project:
                    outcome[binary.name] = Attempt("go build", str(error))
            continue
        for name, path in built.items():
            outcome[name] = _keep(CATALOG[name], path, cache, "go build", f"go build, {go}")
    return outcome


def _keep(binary: Binary, path: Path, cache: Cache, place: str, origin: str) -> Found | Attempt:
    """Put a fresh executable into the cache if it is what it should be."""
    path.chmod(0o755)
    if (reason := reason_to_refuse(binary, path)) is not None:
        return Attempt(place, reason)
    return Found(cache.store(binary, path, origin), place)
