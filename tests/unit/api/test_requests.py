"""One request to a real server: retried, given up, or refused, and always with a typed error."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable

import pytest

from kube.api.client import APPLY, JSON_PATCH, MERGE_PATCH, ApiClient, ClientSettings
from kube.api.connection import Connection
from kube.api.errors import (
    InvalidRequest,
    KubeError,
    ServerError,
    TooManyRequests,
    Unreachable,
)
from tests.unit.api.conftest import Pauses
from tests.unit.api.server import (
    Answer,
    CannedServer,
    canned_server,
    cuts,
    cuts_in_answer,
    page,
    refuses,
    says,
)

PATH = "/api/v1/namespaces/shop/configmaps"
BUSY = refuses(429, "TooManyRequests", headers={"Retry-After": "7"})
GOOD = says({"kind": "ConfigMap"})


async def test_a_429_is_waited_out_as_the_server_asks(
    api: ApiClient, server: CannedServer, pauses: Pauses
) -> None:
    server.answers(BUSY, BUSY, GOOD)
    assert await api.get(PATH) == {"kind": "ConfigMap"}
    assert pauses == [7.0, 7.0]
    assert api.calls == {"GET": 3}


async def test_a_429_that_stays_is_raised_after_the_last_attempt(
    api: ApiClient, server: CannedServer
) -> None:
    server.answers(otherwise=BUSY)
    with pytest.raises(TooManyRequests) as caught:
        await api.write("POST", PATH, {})
    assert caught.value.retry_after_seconds == 7.0
    assert server.methods == ["POST"] * 3


FAILURES: dict[str, Answer] = {
    "500": refuses(500, "InternalError"),
    "503 of a proxy": page("<html>upstream c4n4ry</html>", 503),
    "cut before the answer": cuts,
    "cut in the answer": cuts_in_answer,
}
REPEATABLE: dict[str, Callable[[ApiClient], object]] = {
    "get": lambda api: api.get(PATH),
    "review": lambda api: api.ask(PATH, {}),
    "put": lambda api: api.write("PUT", PATH, {}),
    "delete": lambda api: api.write("DELETE", PATH),
    "apply": lambda api: api.write("PATCH", PATH, {}, content_type=APPLY),
    "said so": lambda api: api.write("POST", PATH, {}, repeatable=True),
}
ONCE: dict[str, Callable[[ApiClient], object]] = {
    "post": lambda api: api.write("POST", PATH, {}),
    "merge patch": lambda api: api.write("PATCH", PATH, {}, content_type=MERGE_PATCH),
    "json patch": lambda api: api.write("PATCH", PATH, [], content_type=JSON_PATCH),
    "said so": lambda api: api.write("DELETE", PATH, repeatable=False),
}


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("request_", REPEATABLE)
async def test_what_may_be_repeated_survives_a_failure(
    api: ApiClient, server: CannedServer, request_: str, failure: str
) -> None:
    server.answers(FAILURES[failure], GOOD)
    assert await REPEATABLE[request_](api) == {"kind": "ConfigMap"}  # type: ignore[misc]
    assert len(server.seen) == 2
    assert api.calls.total() == 2


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("request_", ONCE)
async def test_what_may_not_be_repeated_is_sent_once(
    api: ApiClient, server: CannedServer, request_: str, failure: str
) -> None:
    server.answers(FAILURES[failure], otherwise=GOOD)
    with pytest.raises((ServerError, Unreachable)) as caught:
        await ONCE[request_](api)  # type: ignore[misc]
    assert len(server.seen) == 1
    assert "c4n4ry" not in str(caught.value)


async def test_a_silent_server_is_left_after_the_read_timeout(
    server: CannedServer, pauses: Pauses, settings: ClientSettings
) -> None:
    server.answers(otherwise=server.hangs())
    impatient = ClientSettings(read_timeout_seconds=0.05, retry=settings.retry)
    async with ApiClient(Connection(server.url), impatient) as api:
        with pytest.raises(Unreachable, match="did not answer in time") as caught:
            await api.get(PATH)
    assert caught.value.reason == "timeout"
    assert len(server.seen) == 3


async def only_error(connection: Connection, settings: ClientSettings) -> KubeError:
    async with ApiClient(connection, settings) as api:
        with pytest.raises(KubeError) as caught:
            await api.get("/version")
    return caught.value


async def test_a_refused_port_is_named(settings: ClientSettings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    for host in ("127.0.0.1", "localhost"):
        error = await only_error(Connection(f"https://{host}:{port}"), settings)
        assert isinstance(error, Unreachable)
        assert error.reason == "refused"
        assert f"{host}:{port} refused the connection" in str(error)


async def test_a_name_without_an_address_is_named(settings: ClientSettings) -> None:
    error = await only_error(Connection("https://cluster.invalid:6443"), settings)
    assert isinstance(error, Unreachable)
    assert error.reason == "dns"
    assert "cluster.invalid:6443 has no address" in str(error)


@pytest.fixture
async def proxy() -> AsyncIterator[CannedServer]:
    async with canned_server() as started:
        yield started


async def test_a_proxy_that_refuses_is_named_without_its_password(
    proxy: CannedServer, settings: ClientSettings
) -> None:
    proxy.answers(otherwise=page("c4n4ry", 407))
    url = proxy.url.replace("//", "//ann:c4n4ry@")
    error = await only_error(Connection("https://a.invalid", proxy_url=url), settings)
    assert isinstance(error, Unreachable)
    assert "a.invalid is behind a proxy, which answered 407" in str(error)
    assert "c4n4ry" not in f"{error!r} {error.__cause__!r} {error.__context__!r}"


async def test_a_proxy_that_is_down_is_named(settings: ClientSettings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    error = await only_error(Connection("https://a.invalid", proxy_url=url), settings)
    assert "a.invalid is behind a proxy, which gave no connection" in str(error)


@pytest.mark.parametrize(
    "sent",
    [
        b"SSH-2.0-c4n4ry\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nc4n4ry header\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nc4n4ry\r\n",
    ],
)
async def test_what_is_no_http_is_named_and_neither_it_nor_the_token_is_shown(
    settings: ClientSettings, sent: bytes
) -> None:
    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(sent)
        await reader.read()
        writer.close()

    async with await asyncio.start_server(speak, "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        error = await only_error(Connection(f"http://127.0.0.1:{port}", token="t0ken"), settings)
    assert isinstance(error, Unreachable)
    assert "the answer is no HTTP" in str(error)
    shown = f"{error!r} {error.__cause__!r} {error.__context__!r}"
    assert "c4n4ry" not in shown
    assert "t0ken" not in shown


async def test_a_login_page_is_no_answer(api: ApiClient, server: CannedServer) -> None:
    server.answers(otherwise=page("<html>sign in, c4n4ry</html>"))
    for call in (api.get(PATH), api.ask(PATH, {}), api.write("POST", PATH, {})):
        with pytest.raises(Unreachable, match="not answered in JSON") as caught:
            await call
        assert "c4n4ry" not in repr(caught.value)


async def test_a_redirect_is_not_followed_with_the_token(
    api: ApiClient, server: CannedServer
) -> None:
    server.answers(otherwise=page("", 302, headers={"Location": "/elsewhere"}))
    with pytest.raises(InvalidRequest, match="answered 302"):
        await api.get(PATH)
    with pytest.raises(InvalidRequest, match="answered 302"):
        async with api.stream(PATH, {}):
            pass
    assert [seen.path for seen in server.seen] == [PATH, PATH]


async def test_statuses_that_are_asked_for_are_an_answer(
    api: ApiClient, server: CannedServer
) -> None:
    server.answers(page("[-]etcd failed", 500))
    assert await api.read(PATH, accept="*/*", also_accept=frozenset({500})) == b"[-]etcd failed"
