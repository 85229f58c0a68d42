"""The projects' own release files, checked against their published checksums."""

import hashlib
import json
import shutil
import socket
import tarfile
import threading
import urllib.parse
import urllib.request
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from sandbox.binaries.cache import sha256
from sandbox.binaries.catalog import Binary
from sandbox.binaries.progress import Progress

PROBE_SECONDS = 3.0
STALL_SECONDS = 30.0
BLOCK_BYTES = 1 << 20
GITHUB = "https://github.com"
GITHUB_API = "https://api.github.com"


class DownloadFailed(Exception):
    """A release file could not be fetched, or is not what its checksum says."""


@dataclass(frozen=True)
class Release:
    """Where one executable is published.

    Attributes:
        url: The file, or the archive it lies in.
        checksum_url: A text with the file's SHA-256, alone or in a list of names; or a release
            of GitHub's API, which states a digest for every file.
        member: The executable's path in the archive; None when the file is the executable.
    """

    url: str
    checksum_url: str
    member: str | None = None

    @property
    def host(self) -> str:
        """The host that must be reachable."""
        return urllib.parse.urlsplit(self.url).hostname or ""


def release_of(binary: Binary, architecture: str) -> Release:
    """Say where an executable is published.

    Args:
        binary: The executable.
        architecture: ``amd64`` or ``arm64``.
    """
    version, system = binary.version, f"linux-{architecture}"
    if binary.project == "kubernetes":
        url = f"https://dl.k8s.io/release/v{version}/bin/linux/{architecture}/{binary.name}"
        return Release(url, f"{url}.sha256")
    if binary.project == "helm":
        url = f"https://get.helm.sh/helm-v{version}-{system}.tar.gz"
        return Release(url, f"{url}.sha256sum", f"{system}/helm")
    if binary.project == "etcd":
        folder = f"{GITHUB}/etcd-io/etcd/releases/download/v{version}"
        name = f"etcd-v{version}-{system}"
        return Release(f"{folder}/{name}.tar.gz", f"{folder}/SHA256SUMS", f"{name}/{binary.name}")
    # These two publish no checksum file; GitHub computes a digest when a file is uploaded.
    path = f"kubernetes-sigs/{binary.project}/releases"
    return Release(
        f"{GITHUB}/{path}/download/v{version}/{binary.name}-{system}",
        f"{GITHUB_API}/repos/{path}/tags/v{version}",
    )


def unreachable(hosts: Iterable[str]) -> dict[str, str]:
    """Say which hosts cannot be reached; takes three seconds at most, however many there are.

    Args:
        hosts: Host names; a proxy from the environment is probed in their place.

    Returns:
        The reason for each host that did not accept a connection; empty when all did.
    """
    names = sorted(set(hosts))
    if not names:
        return {}
    with ThreadPoolExecutor(max_workers=len(names)) as pool:
        reasons = list(pool.map(_reason_not_to_ask, names))
    return {name: reason for name, reason in zip(names, reasons, strict=True) if reason}


def fetch(release: Release, folder: Path, progress: Progress) -> Path:
    """Download one executable and check it.

    Args:
        release: Where from.
        folder: Where to; a file of the same name there is trusted only if its hash is right.
        progress: Told how far it is.

    Returns:
        The executable, not executable yet.

    Raises:
        DownloadFailed: No answer, no checksum for the file, or another hash.
    """
    name = release.url.rpartition("/")[2]
    try:
        with _open(release.checksum_url) as stream:
            expected = find_checksum(stream.read().decode(errors="replace"), name)
        target = folder / name
        if not target.exists() or sha256(target) != expected:
            _save(release.url, target, progress)
    except OSError as error:
        raise DownloadFailed(f"{release.url}: {error}") from error
    if (actual := sha256(target)) != expected:
        target.unlink()
        raise DownloadFailed(f"{release.url} has SHA-256 {actual}, not {expected}")
    return target if release.member is None else _extract(target, release.member)


def find_checksum(text: str, name: str) -> str:
    """Find a file's SHA-256 in what a project publishes.

    Args:
        text: A bare hash, lines of hash and file name, or a release of GitHub's API.
        name: The file's name.

    Raises:
        DownloadFailed: The text has none for that file.
    """
    if text.lstrip().startswith("{"):
        assets = json.loads(text).get("assets", [])
        digests = [str(a.get("digest") or "") for a in assets if a.get("name") == name]
        candidates = [d.removeprefix("sha256:") for d in digests if d.startswith("sha256:")]
    else:
        rows = [line.split() for line in text.splitlines() if line.strip()]
        candidates = [r[0] for r in rows if r[-1].lstrip("*").rpartition("/")[2] == name]
        if len(rows) == 1 and len(rows[0]) == 1:
            candidates = rows[0]
    if len(candidates) != 1 or len(candidates[0]) != hashlib.sha256().digest_size * 2:
        raise DownloadFailed(f"no checksum is published for {name}")
    return candidates[0].lower()


def _open(url: str) -> IO[bytes]:
    """Open a URL; a server that goes silent for thirty seconds has failed."""
    answer: IO[bytes] = urllib.request.urlopen(url, timeout=STALL_SECONDS)
    return answer


def _save(url: str, target: Path, progress: Progress) -> None:
    """Stream a URL into a file."""
    label = f"downloading {target.name} (MiB)"
    with _open(url) as source, target.open("wb") as sink:
        length = getattr(source, "length", None)
        done = 0
        while block := source.read(BLOCK_BYTES):
            sink.write(block)
            done += len(block)
            progress.step(label, done // BLOCK_BYTES, length and length // BLOCK_BYTES)


def _extract(archive: Path, member: str) -> Path:
    """Take one file out of a checked archive."""
    target = archive.parent / member.rpartition("/")[2]
    try:
        with tarfile.open(archive) as files:
            source = files.extractfile(member)
            if source is None:
                raise DownloadFailed(f"{archive.name}: {member} is not a file")
            with source, target.open("wb") as sink:
                shutil.copyfileobj(source, sink)
    except (KeyError, tarfile.TarError) as error:
        raise DownloadFailed(f"{archive.name}: {error}") from error
    return target


def _reason_not_to_ask(host: str) -> str | None:
    """Try to connect to a host, or to the proxy that leads to it."""
    address = (host, 443)
    proxy = urllib.request.getproxies().get("https")
    if proxy and not urllib.request.proxy_bypass(host):
        parts = urllib.parse.urlsplit(proxy)
        address = (parts.hostname or host, parts.port or 443)
    result: list[str] = []

    def connect() -> None:
        try:
            socket.create_connection(address, timeout=PROBE_SECONDS).close()
            result.append("")
        except OSError as error:
            result.append(f"{address[0]} cannot be reached: {error}")

    # Resolving a name obeys no timeout of ours, so it may go on behind our back.
    thread = threading.Thread(target=connect, daemon=True)
    thread.start()
    thread.join(PROBE_SECONDS)
    return (result[0] or None) if result else f"{address[0]} did not answer in 3 s"
