from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import aiohttp
import orjson

from kube.api.answers import error_of, json_of
from kube.api.client import ApiClient
from kube.api.errors import TransientError

# The server closes a watch after this; a connection that died in silence is noticed soon after.
WATCH_SECONDS = 300
SILENCE_SECONDS = WATCH_SECONDS + 30.0


@dataclass(frozen=True)
class WatchEvent:
    """One change of one object: `type` is ADDED, MODIFIED or DELETED."""

    type: str
    object: dict[str, Any]


async def watch(
    api: ApiClient,
    path: str,
    resource_version: str,
    query: Mapping[str, str] | None = None,
) -> AsyncGenerator[WatchEvent, None]:
    """Yield every change of a collection after `resource_version`, for ever.

    A watch that ends or breaks goes on where it was; bookmarks keep that place fresh while nothing
    happens. Leave the loop to stop it; inside of `contextlib.aclosing` its request ends at once.

    Raises:
        Gone: The place is too old: list again, and watch from there.
        KubeError: See `kube.api.errors`; a transient one only after as many failures in a row as
            the client's retry policy has attempts.
    """
    retry, place, failures, silent = api.settings.retry, resource_version, 0, 0
    while True:
        before = place
        try:
            async with aclosing(_one_watch(api, path, place, query or {})) as events:
                async for event in events:
                    failures = 0
                    place = event.object["metadata"]["resourceVersion"]
                    if event.type != "BOOKMARK":
                        yield event
        except TransientError as error:
            failures += 1
            if failures >= retry.attempts:
                raise
            await retry.sleep(retry.pause_seconds(failures, error))
        else:
            # A server that ends every watch at once is not asked in a tight loop.
            silent = min(silent + 1, retry.attempts) if place == before else 0
            if silent:
                await retry.sleep(retry.pause_seconds(silent, None))


async def _one_watch(
    api: ApiClient, path: str, place: str, query: Mapping[str, str]
) -> AsyncGenerator[WatchEvent, None]:
    parameters = {
        **query,
        "watch": "1",
        "allowWatchBookmarks": "true",
        "resourceVersion": place,
        "timeoutSeconds": str(WATCH_SECONDS),
    }
    async with (
        api.stream(path, parameters, SILENCE_SECONDS) as content,
        aclosing(_lines(content)) as lines,
    ):
        async for line in lines:
            change = json_of(f"WATCH {path}", line)
            if change["type"] == "ERROR":
                status = int(change["object"].get("code", 500))
                raise error_of("WATCH", path, status, {}, orjson.dumps(change["object"]))
            yield WatchEvent(change["type"], change["object"])


async def _lines(content: aiohttp.StreamReader) -> AsyncGenerator[bytes, None]:
    """Split a stream into lines of any length; aiohttp's own `readline` stops at 128 KiB."""
    rest = bytearray()
    async for chunk in content.iter_any():
        rest += chunk
        if b"\n" in chunk:
            *lines, tail = bytes(rest).split(b"\n")
            rest = bytearray(tail)
            for line in lines:
                if line:
                    yield line
