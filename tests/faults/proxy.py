"""A proxy before the real API server that spoils one write, or the first watch."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Literal

import aiohttp
from aiohttp import web
from yarl import URL

from kube.api.connection import Connection

Fault = Literal[
    "kill before", "kill after", "cut before", "cut after", "429", "409", "500", "503", "delay"
]  # fmt: skip
REASONS = {
    "429": "TooManyRequests",
    "409": "Conflict",
    "500": "InternalError",
    "503": "ServiceUnavailable",
}
DELAY_SECONDS = 0.5
PASSED_ON = ("Accept", "Content-Type")
SENT_BACK = ("Content-Type", "Retry-After")


class Upstream:
    """The real API server, as the administrator."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._connector = aiohttp.TCPConnector(ssl=connection.tls_context() or True, limit=0)
        self.session = aiohttp.ClientSession(connector=self._connector)

    async def close(self) -> None:
        await self.session.close()


class Proxy:
    """Passes requests on, and does a fault to the write of a number, counted from 1.

    After a kill nothing is passed on any more; `quiet` waits for what was under way.
    """

    def __init__(self, upstream: Upstream, fault: Fault | None, at: int, drops: int = 0) -> None:
        self._upstream, self._fault, self._at = upstream, fault, at
        self._drops = drops
        self._under_way = 0
        self._quiet = asyncio.Event()
        self._dead = False
        self._killed = asyncio.Event()
        self.kill: Callable[[], None] = lambda: None
        self.writes = 0
        self.watches = 0
        self.url = ""

    async def quiet(self) -> None:
        """Wait until the server has answered everything that was passed on."""
        if self._under_way:
            await self._quiet.wait()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        body = await request.read()
        if self._dead:  # between two writes there is nothing to see, not even a broken connection
            await self._killed.wait()
            return _cut(request)
        if request.query.get("watch"):
            return await self._watch(request)
        if not _is_write(request, body):
            return await self._passed(request, body)
        self.writes += 1
        if self.writes != self._at or self._fault is None:
            return await self._passed(request, body)
        return await self._spoiled(request, body, self._fault)

    async def _spoiled(
        self, request: web.BaseRequest, body: bytes, fault: Fault
    ) -> web.StreamResponse:
        match fault:
            case "kill before" | "kill after":
                self._dead = True
                if fault == "kill after":
                    await self._passed(request, body)
                self.kill()
                self._killed.set()
                return _cut(request)
            case "cut before":
                return _cut(request)
            case "cut after":
                await self._passed(request, body)
                return _cut(request)
            case "delay":
                await asyncio.sleep(DELAY_SECONDS)
                return await self._passed(request, body)
            case code:
                status = {"kind": "Status", "reason": REASONS[code], "message": "as asked"}
                headers = {"Retry-After": "1"} if code == "429" else {}
                return web.json_response(status, status=int(code), headers=headers)

    async def _passed(self, request: web.BaseRequest, body: bytes) -> web.Response:
        self._under_way += 1
        self._quiet.clear()
        try:
            async with self._sent(request, body) as answer:
                headers = {
                    name: answer.headers[name] for name in SENT_BACK if name in answer.headers
                }
                return web.Response(status=answer.status, body=await answer.read(), headers=headers)
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._quiet.set()

    async def _watch(self, request: web.BaseRequest) -> web.StreamResponse:
        self.watches += 1
        response = web.StreamResponse()
        async with self._sent(request, b"") as answer:
            await response.prepare(request)
            async for chunk in answer.content.iter_any():
                if self._drops:
                    self._drops -= 1
                    return _cut(request)
                await response.write(chunk)
        return response

    def _sent(self, request: web.BaseRequest, body: bytes) -> Any:
        headers = {name: request.headers[name] for name in PASSED_ON if name in request.headers}
        return self._upstream.session.request(
            request.method,
            URL(self._upstream.connection.server + request.raw_path, encoded=True),
            data=body or None,
            headers=headers,
        )


@asynccontextmanager
async def proxy(
    upstream: Upstream, fault: Fault | None = None, at: int = 0, drops: int = 0
) -> AsyncIterator[Proxy]:
    """Lend a proxy at a port of its own.

    Args:
        upstream: The real API server.
        fault: What happens to one write; None passes all on.
        at: Which write, counted from 1; dry runs and reviews are no writes.
        drops: How often a watch is cut at its first event.
    """
    made = Proxy(upstream, fault, at, drops)
    runner = web.ServerRunner(web.Server(made.handle, access_log=None), shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield made
    finally:
        await runner.cleanup()


def _is_write(request: web.BaseRequest, body: bytes) -> bool:
    if request.method == "GET" or "dryRun" in request.query or "reviews" in request.path:
        return False
    return request.method != "DELETE" or "dryRun" not in (json.loads(body) if body else {})


def _cut(request: web.BaseRequest) -> web.StreamResponse:
    """Break the connection without a word."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
