"""Manifests behind an address: https, or an object in S3."""

from __future__ import annotations

import asyncio
import ssl
from hashlib import sha256 as sha256_of
from urllib.parse import SplitResult, urljoin, urlsplit, urlunsplit

import aiohttp

from kube.manifests.problems import InvalidSource
from kube.sources.bundle import ManifestFile

TIMEOUT_SECONDS = 60.0
CONNECT_SECONDS = 10.0
MAX_REDIRECTS = 5
_REDIRECTS = (301, 302, 303, 307, 308)
_CHUNK_BYTES = 65_536


async def read_address(address: str, sha256: str | None, max_bytes: int) -> ManifestFile:
    """Fetch what is behind an address.

    https goes by the proxy and the CAs of the worker's environment, s3 by its AWS settings
    (`AWS_ENDPOINT_URL_S3` names another service that speaks S3).

    Args:
        address: `https://…` or `s3://bucket/key`.
        sha256: Hex digest that it must have, with or without `sha256:`; None takes what comes.
        max_bytes: What is longer is refused, and no more than that is read.

    Raises:
        InvalidSource: No such address, no answer within 60 s, an answer that is no success, a
            redirect to anything but https, too long, not the digest, or not UTF-8.
    """
    parts = _parts(address)
    read = _https if parts.scheme == "https" else _s3
    content = await read(parts, max_bytes)
    if len(content) > max_bytes:
        raise InvalidSource.because(f"{shown(address)} is longer than {max_bytes:,} bytes.")
    found = sha256_of(content).hexdigest()
    if sha256 and sha256.strip().lower().removeprefix("sha256:") != found:
        raise InvalidSource.because(
            f"{shown(address)} has the sha256 {found}, not the one given. Look at what is there."
        )
    try:
        return ManifestFile(text=content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise InvalidSource.because(f"{shown(address)} is not valid Unicode (UTF-8).") from None


def shown(address: str) -> str:
    """Return an address without what may be a credential in it: its user and its query."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return "the address"
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, place, parts.path, "…" if parts.query else "", ""))


def _parts(address: str) -> SplitResult:
    try:
        parts = urlsplit(address.strip())
        good = bool(parts.hostname) and parts.scheme in ("https", "s3")
    except ValueError:
        good = False
    if not good:
        raise InvalidSource.because(
            f"{shown(address)} is no address that is read. It begins with https:// or s3://."
        )
    if "@" in parts.netloc:
        raise InvalidSource.because(
            f"The address of {shown(address)} holds a user or password, which would be kept in "
            "clear. Leave it out; use s3, or a folder in the checkout, for what is not public."
        )
    return parts


async def _https(parts: SplitResult, max_bytes: int) -> bytes:
    url = urlunsplit(parts)
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS, sock_connect=CONNECT_SECONDS)
    connector = aiohttp.TCPConnector(ssl=ssl.create_default_context())
    try:
        async with aiohttp.ClientSession(
            timeout=timeout, connector=connector, trust_env=True
        ) as session:
            for _ in range(MAX_REDIRECTS + 1):
                async with session.get(url, allow_redirects=False) as answer:
                    if answer.status not in _REDIRECTS:
                        return await _body(answer, url, max_bytes)
                    url = urljoin(url, answer.headers.get("Location", ""))
                if _parts(url).scheme != "https":
                    raise InvalidSource.because(f"The server leads on to {shown(url)}, no https.")
    except TimeoutError:
        raise InvalidSource.because(
            f"{shown(url)} did not answer within {TIMEOUT_SECONDS:.0f} s."
        ) from None
    except aiohttp.ClientError as error:
        reason = type(error).__name__
        raise InvalidSource.because(
            f"{shown(url)} cannot be read ({reason}). Check the address, and whether the worker "
            "reaches it."
        ) from None
    raise InvalidSource.because(f"{shown(url)} leads on more than {MAX_REDIRECTS} times.")


async def _body(answer: aiohttp.ClientResponse, url: str, max_bytes: int) -> bytes:
    if answer.status != 200:
        raise InvalidSource.because(f"{shown(url)} answers {answer.status}, not 200.")
    content = bytearray()
    async for piece in answer.content.iter_chunked(_CHUNK_BYTES):
        content += piece
        if len(content) > max_bytes:
            break
    return bytes(content)


async def _s3(parts: SplitResult, max_bytes: int) -> bytes:
    return await asyncio.to_thread(_s3_object, parts, max_bytes)


def _s3_object(parts: SplitResult, max_bytes: int) -> bytes:
    import boto3  # 0.4 s that only those pay who use it
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    config = Config(
        connect_timeout=CONNECT_SECONDS, read_timeout=TIMEOUT_SECONDS, retries={"max_attempts": 2}
    )
    try:
        answer = boto3.client("s3", config=config).get_object(
            Bucket=parts.netloc, Key=parts.path.removeprefix("/")
        )
        with answer["Body"] as body:
            content: bytes = body.read(max_bytes + 1)
            return content
    except ClientError as error:
        reason = error.response.get("Error", {}).get("Code", "refused")
    except BotoCoreError as error:
        reason = type(error).__name__
    raise InvalidSource.because(
        f"{shown(urlunsplit(parts))} cannot be read ({reason}). Check bucket and key, and the AWS "
        "settings of the worker."
    )
