from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import aiohttp
import orjson

from kube.api.answers import json_of
from kube.api.connection import Connection
from kube.api.retry import RetryPolicy, retrying
from kube.api.transport import Transport

FIELD_MANAGER = "capstan"
JSON = "application/json"
APPLY = "application/apply-patch+yaml"
MERGE_PATCH = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
STRATEGIC_MERGE_PATCH = "application/strategic-merge-patch+json"


@dataclass(frozen=True)
class ClientSettings:
    """How a client behaves; set once, obeyed by every request.

    `read_timeout_seconds` bounds the silence between two packets, so a large list may take longer.
    `in_flight` bounds the requests that wait for an answer at the same time.
    `dry_run` makes the server check every write and store none.
    """

    connect_timeout_seconds: float = 3.0
    read_timeout_seconds: float = 10.0
    in_flight: int = 32
    field_manager: str = FIELD_MANAGER
    dry_run: bool = False
    retry: RetryPolicy = field(default_factory=RetryPolicy)


class ApiClient:
    """The only HTTP to a Kubernetes API server: bytes out, JSON in, typed errors.

    One client is one cluster and one event loop. Use it as an async context manager. `calls` counts
    the requests that were sent, by HTTP method, retries included.
    """

    def __init__(self, connection: Connection, settings: ClientSettings | None = None) -> None:
        self.connection = connection
        self.settings = settings or ClientSettings()
        self._slots = asyncio.Semaphore(self.settings.in_flight)
        self._transport = Transport(
            connection,
            connect_timeout_seconds=self.settings.connect_timeout_seconds,
            read_timeout_seconds=self.settings.read_timeout_seconds,
        )
        self.calls: Counter[str] = self._transport.calls

    async def __aenter__(self) -> Self:
        await self._transport.open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._transport.close()

    async def get(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        """Read one path and return its JSON value.

        Raises:
            KubeError: See `kube.api.errors`; transient ones only after the settings' retries.
        """
        return json_of(f"GET {path}", await self.read(path, query))

    async def read(
        self,
        path: str,
        query: Mapping[str, str] | None = None,
        accept: str = JSON,
        also_accept: frozenset[int] = frozenset(),
    ) -> bytes:
        """Read one path and return the bytes of the answer.

        Args:
            path: Absolute path of the API.
            query: Query parameters.
            accept: Media type asked for.
            also_accept: HTTP statuses above 299 whose body is the answer, and no error.

        Raises:
            KubeError: As `get`.
        """
        headers = {"Accept": accept}
        return await self._retried(
            "GET", path, query or {}, None, headers, repeatable=True, also_accept=also_accept
        )

    async def ask(self, path: str, question: Any) -> Any:
        """Send a review that stores nothing (such as a SelfSubjectAccessReview).

        Raises:
            KubeError: As `get`.
        """
        headers = {"Accept": JSON, "Content-Type": JSON}
        body = orjson.dumps(question)
        answer = await self._retried("POST", path, {}, body, headers, repeatable=True)
        return json_of(f"POST {path}", answer)

    async def write(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: Mapping[str, str] | None = None,
        content_type: str = JSON,
        repeatable: bool | None = None,
    ) -> Any:
        """Send one write and return the object of the answer.

        Args:
            method: POST, PUT, PATCH or DELETE.
            path: Absolute path of the API.
            body: A JSON value, or bytes that are sent as they are.
            query: Query parameters beside field manager and dry run.
            content_type: Media type of the body; one of the patch types for PATCH.
            repeatable: Sending it twice does no harm; None means PUT, DELETE and server-side apply.

        Raises:
            KubeError: As `get`.
        """
        if repeatable is None:
            repeatable = method in ("PUT", "DELETE") or content_type == APPLY
        payload = body if isinstance(body, bytes) or body is None else orjson.dumps(body)
        headers = {"Accept": JSON, "Content-Type": content_type}
        params = {**(query or {}), **self._write_parameters(method)}
        answer = await self._retried(method, path, params, payload, headers, repeatable=repeatable)
        return json_of(f"{method} {path}", answer)

    @asynccontextmanager
    async def stream(
        self, path: str, query: Mapping[str, str], read_timeout_seconds: float | None = None
    ) -> AsyncIterator[aiohttp.StreamReader]:
        """Open a long answer (a watch, a log) and lend its byte stream.

        It takes no slot of the in-flight budget, since it waits most of its life.

        Raises:
            KubeError: See `kube.api.errors`; also while the stream is read.
        """
        async with self._transport.stream(path, query, read_timeout_seconds) as content:
            yield content

    async def _retried(
        self,
        method: str,
        path: str,
        params: Mapping[str, str],
        payload: bytes | None,
        headers: Mapping[str, str],
        *,
        repeatable: bool,
        also_accept: frozenset[int] = frozenset(),
    ) -> bytes:
        async for attempt in retrying(self.settings.retry, repeatable=repeatable):
            with attempt:
                # The slot is given back between two attempts: a wait is no request in flight.
                async with self._slots:
                    return await self._transport.send(
                        method, path, params, payload, headers, also_accept
                    )
        raise AssertionError("the retry loop ends by a result or an error")

    def _write_parameters(self, method: str) -> dict[str, str]:
        manager = {} if method == "DELETE" else {"fieldManager": self.settings.field_manager}
        return manager | ({"dryRun": "All"} if self.settings.dry_run else {})
