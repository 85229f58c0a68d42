"""Long lists: page by page, whole, nothing twice, and nothing left under way."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiohttp import web

from kube.api.client import ApiClient
from kube.api.errors import Gone, ServerError, Unreachable
from kube.api.listing import METADATA_ONLY, Collected, list_all, reduce_list
from tests.unit.api.server import CannedServer, cuts_in_answer, page, refuses, says

PODS = "/api/v1/pods"
EXPIRED = refuses(410, "Expired", "The provided continue parameter is too old")


def items(*names: str) -> list[dict[str, Any]]:
    return [{"metadata": {"name": name}} for name in names]


def part(*names: str, then: str = "") -> dict[str, Any]:
    return {"metadata": {"resourceVersion": "7", "continue": then}, "items": items(*names)}


class Names:
    """Keeps the names, and the size of each page."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.pages: list[int] = []

    def add(self, items: list[dict[str, Any]]) -> None:
        self.names += [item["metadata"]["name"] for item in items]
        self.pages.append(len(items))


def reads_under_way() -> list[str]:
    return [repr(task) for task in asyncio.all_tasks() if "ApiClient.read" in repr(task)]


async def test_pages_are_joined_in_order(api: ApiClient, server: CannedServer) -> None:
    server.answers(says(part("a", "b", then="t1")), says(part("c", then="t2")), says(part("d")))
    found = await reduce_list(api, PODS, Names, query={"labelSelector": "x"}, page_size=2)
    assert found.names == ["a", "b", "c", "d"]
    assert found.pages == [2, 1, 1]
    assert [seen.query for seen in server.seen] == [
        {"labelSelector": "x", "limit": "2"},
        {"labelSelector": "x", "limit": "2", "continue": "t1"},
        {"labelSelector": "x", "limit": "2", "continue": "t2"},
    ]


@pytest.mark.parametrize("nothing", [[], None])
async def test_an_empty_list_is_one_request(
    api: ApiClient, server: CannedServer, nothing: Any
) -> None:
    server.answers(says({"metadata": {}, "items": nothing}))
    assert await list_all(api, PODS) == []
    assert len(server.seen) == 1


async def test_a_list_that_the_server_forgot_is_read_anew_and_nothing_counts_twice(
    api: ApiClient, server: CannedServer
) -> None:
    server.answers(
        says(part("a", "b", then="old")), EXPIRED, says(part("a", "b", then="new")), says(part("c"))
    )
    made: list[Names] = []

    def make() -> Names:
        made.append(Names())
        return made[-1]

    found = await reduce_list(api, PODS, make)
    assert found.names == ["a", "b", "c"]
    assert len(made) == 2
    assert "continue" not in server.seen[2].query


async def test_a_list_that_is_forgotten_again_and_again_ends_in_gone(
    api: ApiClient, server: CannedServer
) -> None:
    server.answers(*[says(part("a", then="old")), EXPIRED] * 4)
    with pytest.raises(Gone, match="410 Expired"):
        await reduce_list(api, PODS, Names)
    assert len(server.seen) == 8


async def test_a_page_that_breaks_is_read_again_and_counted_once(
    api: ApiClient, server: CannedServer
) -> None:
    server.answers(
        says(part("a", then="t")), cuts_in_answer, refuses(503), says(part("b")), refuses(418)
    )
    assert (await reduce_list(api, PODS, Names)).names == ["a", "b"]


async def test_a_page_that_stays_broken_is_raised(api: ApiClient, server: CannedServer) -> None:
    server.answers(says(part("a", then="t")), otherwise=refuses(503))
    with pytest.raises(ServerError):
        await reduce_list(api, PODS, Names)


async def test_the_next_page_is_under_way_while_this_one_is_reduced(
    api: ApiClient, server: CannedServer
) -> None:
    sent: list[int] = []

    class Watching(Names):
        def add(self, items: list[dict[str, Any]]) -> None:
            super().add(items)
            sent.append(api.calls["GET"])

    server.answers(says(part("a", then="t1")), says(part("b", then="t2")), says(part("c")))
    await reduce_list(api, PODS, Watching)
    assert sent == [2, 3, 3]


async def test_a_reducer_that_fails_leaves_no_request_under_way(
    api: ApiClient, server: CannedServer
) -> None:
    class Broken(Names):
        def add(self, items: list[dict[str, Any]]) -> None:
            raise ZeroDivisionError

    server.answers(says(part("a", then="t")), server.hangs())
    with pytest.raises(ZeroDivisionError):
        await reduce_list(api, PODS, Broken)
    assert reads_under_way() == []


async def test_a_cancelled_list_leaves_no_request_under_way(
    api: ApiClient, server: CannedServer
) -> None:
    asked = asyncio.Event()

    async def answer(_: web.BaseRequest) -> web.StreamResponse:
        asked.set()
        await server.closing.wait()
        return web.Response()

    server.answers(says(part("a", then="t")), answer)
    reading = asyncio.ensure_future(list_all(api, PODS))
    await asked.wait()
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert reads_under_way() == []


async def test_metadata_only_is_asked_for_by_media_type(
    api: ApiClient, server: CannedServer
) -> None:
    server.answers(says(part("a")))
    await reduce_list(api, PODS, lambda: Collected([]), accept=METADATA_ONLY)
    assert server.seen[0].headers["Accept"] == METADATA_ONLY


async def test_a_login_page_instead_of_a_list_is_a_typed_error(
    api: ApiClient, server: CannedServer
) -> None:
    server.answers(page("<html>"))
    with pytest.raises(Unreachable, match=f"GET {PODS} was not answered in JSON"):
        await list_all(api, PODS)
