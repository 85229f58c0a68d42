"""What is read from an address, and what is not: an https server and an S3 server on this machine.

- size, digest, redirects and status are checked, and no error shows what may be a credential;
- a bundle that is too large for a parameter comes whole.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Iterator
from hashlib import sha256
from pathlib import Path

import pytest
import trustme
from aiohttp import web

from kube.manifests.problems import InvalidSource
from kube.sources.address import read_address, shown

LARGE = "a: " + "x" * 1_500_000
LIMIT = 2_000_000


async def _answer(request: web.Request) -> web.StreamResponse:
    match request.path:
        case "/large.yaml":
            return web.Response(text=LARGE)
        case "/moved.yaml":
            return web.Response(status=302, headers={"Location": "/large.yaml"})
        case "/open.yaml":
            return web.Response(status=301, headers={"Location": "http://127.0.0.1/a.yaml?t=tok"})
        case "/round.yaml":
            return web.Response(status=307, headers={"Location": "/round.yaml"})
        case "/binary.yaml":
            return web.Response(body=b"\xff\xfe")
    return web.Response(status=404, text="nothing")


@pytest.fixture(scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """An https server whose CA the environment names."""
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    file: Path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    app = web.Application()
    app.router.add_get("/{path:.*}", _answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    port = runner.addresses[0][1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(file))
        patch.setenv("NO_PROXY", "127.0.0.1")
        yield f"https://127.0.0.1:{port}"
    await runner.cleanup()


@pytest.fixture(scope="module")
def bucket(s3_url: str) -> Iterator[str]:
    """A bucket of an S3 server that the environment names."""
    import boto3

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL_S3", s3_url)
        patch.setenv("AWS_ACCESS_KEY_ID", "id")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "key")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patch.setenv("NO_PROXY", "127.0.0.1")
        client = boto3.client("s3")
        client.create_bucket(Bucket="manifests")
        client.put_object(Bucket="manifests", Key="apps/shop.yaml", Body=LARGE.encode())
        client.close()
        yield "s3://manifests"


async def test_a_bundle_larger_than_any_parameter_comes_by_https(server: str) -> None:
    digest = sha256(LARGE.encode()).hexdigest()
    for given in (None, digest, f"sha256:{digest.upper()}"):
        assert (await read_address(f"{server}/large.yaml", given, LIMIT)).text == LARGE
    assert (await read_address(f"{server}/moved.yaml", digest, LIMIT)).text == LARGE


async def test_a_bundle_comes_from_s3(bucket: str) -> None:
    assert (await read_address(f"{bucket}/apps/shop.yaml", None, LIMIT)).text == LARGE


async def test_what_is_not_in_s3_or_too_large_is_refused(bucket: str) -> None:
    with pytest.raises(InvalidSource, match=r"s3://manifests/nothing cannot be read \(NoSuchKey\)"):
        await read_address(f"{bucket}/nothing", None, LIMIT)
    with pytest.raises(InvalidSource, match="NoSuchBucket"):
        await read_address("s3://elsewhere/a", None, LIMIT)
    with pytest.raises(InvalidSource, match="longer than 1,000 bytes"):
        await read_address(f"{bucket}/apps/shop.yaml", None, 1_000)


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("open.yaml", "leads on to http://127.0.0.1/a.yaml|no address that is read"),
        ("round.yaml", "leads on more than 5 times"),
        ("binary.yaml", "not valid Unicode"),
        ("nowhere.yaml?token=tok", "answers 404"),
    ],
)
async def test_an_answer_that_is_no_good_is_refused(server: str, path: str, told: str) -> None:
    with pytest.raises(InvalidSource, match=told) as caught:
        await read_address(f"{server}/{path}", None, LIMIT)
    assert "tok" not in str(caught.value)


async def test_another_digest_or_too_much_is_refused(server: str) -> None:
    with pytest.raises(InvalidSource, match="not the one given"):
        await read_address(f"{server}/large.yaml", "0" * 64, LIMIT)
    with pytest.raises(InvalidSource, match="longer than 1,000 bytes"):
        await read_address(f"{server}/large.yaml", None, 1_000)


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1/a.yaml", "file:///etc/passwd", "https://", "https://[", "ftp://a/b", "x"],
)
async def test_only_https_and_s3_are_read(address: str) -> None:
    with pytest.raises(InvalidSource, match="begins with https:// or s3://"):
        await read_address(address, None, LIMIT)


async def test_an_address_with_a_password_is_refused_and_not_shown() -> None:
    with pytest.raises(InvalidSource, match="user or password") as caught:
        await read_address("https://ann:hunter2@127.0.0.1/a", None, LIMIT)
    assert "hunter2" not in str(caught.value)
    assert shown("https://a@b.example/c?sig=hunter2#d") == "https://b.example/c?…"


async def test_a_server_that_is_not_there_is_told() -> None:
    with pytest.raises(InvalidSource, match="cannot be read"):
        await read_address("https://127.0.0.1:1/a.yaml", None, LIMIT)
