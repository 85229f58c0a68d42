from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from kube.api.answers import json_of
from kube.api.client import JSON, ApiClient
from kube.api.errors import Gone

PAGE_SIZE = 500
MAX_RESTARTS = 3
METADATA_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"


class Reducer(Protocol):
    """Takes the objects of a list page by page and keeps only what it needs."""

    def add(self, items: list[dict[str, Any]]) -> None:
        """Take the objects of one page."""


R = TypeVar("R", bound=Reducer)


@dataclass
class Collected:
    """The reducer that keeps everything, for lists that are small by nature."""

    items: list[dict[str, Any]]

    def add(self, items: list[dict[str, Any]]) -> None:
        """Keep the objects of one page."""
        self.items.extend(items)


async def reduce_list(
    api: ApiClient,
    path: str,
    make: Callable[[], R],
    *,
    query: Mapping[str, str] | None = None,
    page_size: int = PAGE_SIZE,
    accept: str = JSON,
) -> R:
    """Read a whole list in pages, each reduced before the next one is parsed.

    Memory holds two pages at most, however long the list. Where the server forgot the list's
    version on the way (410), everything is read again into a new reducer, so nothing is counted
    twice.

    Args:
        api: The cluster.
        path: Path of the collection, such as `/api/v1/pods`.
        make: Makes an empty reducer.
        query: Selectors and such.
        page_size: Objects a page.
        accept: Media type; `METADATA_ONLY` leaves out spec and status.

    Raises:
        KubeError: See `kube.api.errors`; Gone only after three restarts.
    """
    for restart in range(MAX_RESTARTS + 1):
        reducer = make()
        try:
            pages = _pages(api, path, dict(query or {}), page_size, accept)
            async with aclosing(pages):
                async for items in pages:
                    reducer.add(items)
        except Gone:
            if restart == MAX_RESTARTS:
                raise
        else:
            return reducer
    raise AssertionError("the loop returns or raises")


async def list_all(
    api: ApiClient, path: str, query: Mapping[str, str] | None = None
) -> list[dict[str, Any]]:
    """Read a whole list that is small by nature.

    Raises:
        KubeError: As `reduce_list`.
    """
    return (await reduce_list(api, path, lambda: Collected([]), query=query)).items


async def _pages(
    api: ApiClient, path: str, query: dict[str, str], page_size: int, accept: str
) -> AsyncGenerator[list[dict[str, Any]], None]:
    """Yield page after page; the next one is under way while the caller reduces this one."""
    query["limit"] = str(page_size)
    request = asyncio.ensure_future(api.read(path, query, accept))
    try:
        while True:
            page = json_of(f"GET {path}", await request)
            token = page["metadata"].get("continue")
            if token:
                request = asyncio.ensure_future(
                    api.read(path, {**query, "continue": token}, accept)
                )
                await asyncio.sleep(0)  # lets the request leave before the caller computes
            yield page["items"] or []
            if not token:
                return
    finally:
        request.cancel()
        await asyncio.gather(request, return_exceptions=True)  # none is left under way
