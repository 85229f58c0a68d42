"""A real web server on 127.0.0.1 that gives the answers a test wrote down, and notes requests."""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import orjson
from aiohttp import web

Answer = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Seen:
    """One request as the server got it."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


class CannedServer:
    """Gives its answers one after the other, then `otherwise` for ever."""

    def __init__(self) -> None:
        self.url = ""
        self.seen: list[Seen] = []
        self.in_flight = 0
        self.most_in_flight = 0
        self.arrived = asyncio.Event()
        self.closing = asyncio.Event()
        self._script: deque[Answer] = deque()
        self._otherwise: Answer = says({"unexpected": "the script of this test is at its end"}, 418)

    def answers(self, *script: Answer, otherwise: Answer | None = None) -> None:
        """Write down the next answers."""
        self._script.extend(script)
        self._otherwise = otherwise or self._otherwise

    @property
    def methods(self) -> list[str]:
        """Return the methods of the requests so far, in their order."""
        return [seen.method for seen in self.seen]

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Note a request and give the answer whose turn it is."""
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            body = await request.content.read()
            self.seen.append(
                Seen(
                    request.method,
                    request.raw_path,
                    dict(request.query),
                    dict(request.headers),
                    body,
                )
            )
            self.arrived.set()
            answer = self._script.popleft() if self._script else self._otherwise
            return await answer(request)
        finally:
            self.in_flight -= 1

    def hangs(self) -> Answer:
        """Answer nothing while the test runs."""

        async def answer(_: web.BaseRequest) -> web.StreamResponse:
            await self.closing.wait()
            return web.Response()

        return answer


@asynccontextmanager
async def canned_server(tls: ssl.SSLContext | None = None) -> AsyncIterator[CannedServer]:
    """Serve on a free port of 127.0.0.1."""
    canned = CannedServer()
    site = web.Server(canned.handle, access_log=None)
    listening = await asyncio.get_running_loop().create_server(site, "127.0.0.1", 0, ssl=tls)
    port = listening.sockets[0].getsockname()[1]
    canned.url = f"{'https' if tls else 'http'}://127.0.0.1:{port}"
    try:
        yield canned
    finally:
        canned.closing.set()
        listening.close()
        await site.shutdown(1.0)
        await listening.wait_closed()


def says(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """Answer with a JSON value."""
    return page(orjson.dumps(value), status, "application/json", headers)


def page(
    text: str | bytes,
    status: int = 200,
    content_type: str = "text/html",
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Answer with any text, such as the error page of a proxy."""
    body = text.encode() if isinstance(text, str) else text

    async def answer(_: web.BaseRequest) -> web.StreamResponse:
        return web.Response(body=body, status=status, content_type=content_type, headers=headers)

    return answer


def refuses(
    status: int, reason: str = "", message: str = "", headers: Mapping[str, str] | None = None
) -> Answer:
    """Answer with a Kubernetes Status."""
    return says(status_of(status, reason, message), status, headers)


def status_of(status: int, reason: str = "", message: str = "") -> dict[str, Any]:
    """Return the Status that an API server sends with an error."""
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "status": "Failure",
        "code": status,
        "reason": reason,
        "message": message,
    }


async def cuts(request: web.BaseRequest) -> web.StreamResponse:
    """Break the connection before the answer."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def cuts_in_answer(request: web.BaseRequest) -> web.StreamResponse:
    """Break the connection in the middle of the answer."""
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(request)
    await response.write(b'{"kind": "Conf')
    assert request.transport is not None
    request.transport.close()
    return response


def streams(*chunks: bytes, cut: bool = False) -> Answer:
    """Answer in chunks, each a packet of its own, and end cleanly or by a broken connection."""

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        response.enable_chunked_encoding()
        await response.prepare(request)
        for chunk in chunks:
            await response.write(chunk)
            await asyncio.sleep(0)
        if cut:
            assert request.transport is not None
            request.transport.close()
        return response

    return answer


def lines(*events: Any) -> list[bytes]:
    """Return watch events as the lines of a stream."""
    return [orjson.dumps(event) + b"\n" for event in events]
