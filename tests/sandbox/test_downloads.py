import hashlib
import io
import json
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from sandbox.binaries.catalog import CATALOG
from sandbox.binaries.downloads import (
    DownloadFailed,
    Release,
    fetch,
    find_checksum,
    release_of,
    unreachable,
)
from sandbox.binaries.progress import Progress
from sandbox.ports import free_ports

CONTENT = b"an executable, honestly"
HASH = hashlib.sha256(CONTENT).hexdigest()
OTHER = hashlib.sha256(b"something else").hexdigest()


@contextmanager
def serve(files: dict[str, bytes]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """Answer with a file, or 404."""
            body = files.get(self.path)
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def progress() -> Progress:
    return Progress(io.StringIO())


def archive(member: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as files:
        entry = tarfile.TarInfo(member)
        entry.size = len(CONTENT)
        files.addfile(entry, io.BytesIO(CONTENT))
    return buffer.getvalue()


def test_a_file_with_the_published_hash_is_kept(tmp_path: Path, progress: Progress) -> None:
    with serve({"/kubectl": CONTENT, "/kubectl.sha256": f"{HASH}\n".encode()}) as url:
        path = fetch(Release(f"{url}/kubectl", f"{url}/kubectl.sha256"), tmp_path, progress)
    assert path.read_bytes() == CONTENT
    assert not path.stat().st_mode & 0o111, "nothing may run before its version is asked for"


def test_a_file_with_another_hash_is_removed(tmp_path: Path, progress: Progress) -> None:
    with (
        serve({"/kubectl": CONTENT, "/sums": f"{OTHER}\n".encode()}) as url,
        pytest.raises(DownloadFailed, match=f"has SHA-256 {HASH}, not {OTHER}"),
    ):
        fetch(Release(f"{url}/kubectl", f"{url}/sums"), tmp_path, progress)
    assert list(tmp_path.iterdir()) == []


def test_a_file_without_a_published_hash_is_not_even_fetched(
    tmp_path: Path, progress: Progress
) -> None:
    with (
        serve({"/kwok": CONTENT, "/sums": b"{}"}) as url,
        pytest.raises(DownloadFailed, match="no checksum is published for kwok"),
    ):
        fetch(Release(f"{url}/kwok", f"{url}/sums"), tmp_path, progress)
    assert list(tmp_path.iterdir()) == []


def test_an_executable_is_taken_out_of_its_archive_once(tmp_path: Path, progress: Progress) -> None:
    packed = archive("etcd-v1/etcd")
    sums = f"{OTHER}  other.tar.gz\n{hashlib.sha256(packed).hexdigest()}  etcd.tar.gz\n".encode()
    files = {"/etcd.tar.gz": packed, "/SHA256SUMS": sums}
    with serve(files) as url:
        release = Release(f"{url}/etcd.tar.gz", f"{url}/SHA256SUMS", "etcd-v1/etcd")
        assert fetch(release, tmp_path, progress).read_bytes() == CONTENT
        del files["/etcd.tar.gz"]
        assert fetch(release, tmp_path, progress).read_bytes() == CONTENT


def test_an_archive_without_the_executable_is_a_failure(tmp_path: Path, progress: Progress) -> None:
    packed = archive("etcd-v1/README")
    sums = f"{hashlib.sha256(packed).hexdigest()}\n".encode()
    with serve({"/a.tar.gz": packed, "/sums": sums}) as url, pytest.raises(DownloadFailed):
        fetch(Release(f"{url}/a.tar.gz", f"{url}/sums", "etcd-v1/etcd"), tmp_path, progress)


def test_an_absent_file_is_a_failure(tmp_path: Path, progress: Progress) -> None:
    with serve({}) as url, pytest.raises(DownloadFailed, match="404"):
        fetch(Release(f"{url}/kubectl", f"{url}/kubectl.sha256"), tmp_path, progress)


@pytest.mark.parametrize(
    "text",
    [
        HASH,
        f"{HASH}  helm\n",
        f"{OTHER} other\n{HASH} *helm\n",
        f"{HASH}  ./dist/helm\n",
        json.dumps({"assets": [{"name": "helm", "digest": f"sha256:{HASH}"}, {"name": "x"}]}),
    ],
)
def test_every_way_to_publish_a_hash_is_understood(text: str) -> None:
    assert find_checksum(text, "helm") == HASH


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<html>moved</html>",
        f"{OTHER}  other\n{OTHER}  another\n",
        f"{HASH[:40]}  helm\n",
        json.dumps({"assets": [{"name": "helm", "digest": None}]}),
        json.dumps({"message": "API rate limit exceeded"}),
    ],
)
def test_no_hash_is_guessed(text: str) -> None:
    with pytest.raises(DownloadFailed, match="no checksum is published for helm"):
        find_checksum(text, "helm")


@pytest.mark.parametrize("name", sorted(CATALOG))
@pytest.mark.parametrize("architecture", ["amd64", "arm64"])
def test_every_executable_has_a_release_of_its_version(name: str, architecture: str) -> None:
    release = release_of(CATALOG[name], architecture)
    assert release.url.startswith("https://")
    assert release.checksum_url.startswith("https://")
    assert f"v{CATALOG[name].version}" in release.url
    assert architecture in release.url


def test_a_host_that_refuses_is_given_up_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{free_ports(1)[0]}")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    refused = unreachable(["one.invalid", "two.invalid"])
    assert set(refused) == {"one.invalid", "two.invalid"}
    assert all("cannot be reached" in reason for reason in refused.values())


def test_a_host_that_accepts_is_reachable(monkeypatch: pytest.MonkeyPatch) -> None:
    with serve({}) as url:
        monkeypatch.setenv("https_proxy", url)
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        assert unreachable(["one.invalid"]) == {}
