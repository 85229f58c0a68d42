"""A watch: goes on where it was after any break, and tells when that place is gone."""

from __future__ import annotations

from contextlib import aclosing
from typing import Any

import pytest

from kube.api.client import ApiClient
from kube.api.errors import Forbidden, Gone, ServerError, Unauthorized, Unreachable
from kube.api.watch import watch
from tests.unit.api.conftest import Pauses
from tests.unit.api.server import (
    Answer,
    CannedServer,
    cuts,
    lines,
    page,
    refuses,
    status_of,
    streams,
)

PODS = "/api/v1/pods"


def event(kind: str, name: str, version: int) -> dict[str, Any]:
    return {"type": kind, "object": {"metadata": {"name": name, "resourceVersion": str(version)}}}


def bookmark(version: int) -> dict[str, Any]:
    return {
        "type": "BOOKMARK",
        "object": {"kind": "Pod", "metadata": {"resourceVersion": str(version)}},
    }


def gone() -> dict[str, Any]:
    return {"type": "ERROR", "object": status_of(410, "Expired", "too old resource version")}


END: Answer = streams(*lines(gone()))


async def seen_until_gone(api: ApiClient, version: str = "1") -> list[str]:
    """Watch until the canned server ends it, and return `type name` of each event."""
    seen: list[str] = []
    try:
        async for change in watch(api, PODS, version, {"labelSelector": "a=b"}):
            seen.append(f"{change.type} {change.object['metadata']['name']}")
    except Gone:
        return seen
    raise AssertionError("a watch does not end by itself")


def places(server: CannedServer) -> list[str]:
    """Return the resource versions that the watches began at."""
    return [seen.query["resourceVersion"] for seen in server.seen]


async def test_changes_come_in_order_and_bookmarks_are_kept_back(
    api: ApiClient, server: CannedServer
) -> None:
    server.answers(
        streams(
            *lines(
                event("ADDED", "a", 2),
                bookmark(5),
                event("MODIFIED", "a", 6),
                event("DELETED", "a", 7),
                gone(),
            )
        )
    )
    assert await seen_until_gone(api) == ["ADDED a", "MODIFIED a", "DELETED a"]
    assert server.seen[0].query == {
        "labelSelector": "a=b",
        "watch": "1",
        "allowWatchBookmarks": "true",
        "resourceVersion": "1",
        "timeoutSeconds": "300",
    }


async def test_a_watch_that_ends_goes_on_at_its_last_version(
    api: ApiClient, server: CannedServer, pauses: Pauses
) -> None:
    server.answers(
        streams(*lines(event("ADDED", "a", 2))), streams(*lines(event("ADDED", "b", 9))), END
    )
    assert await seen_until_gone(api) == ["ADDED a", "ADDED b"]
    assert places(server) == ["1", "2", "9"]
    assert pauses == []


async def test_a_bookmark_moves_the_place_on(api: ApiClient, server: CannedServer) -> None:
    server.answers(streams(*lines(bookmark(40)), cut=True), END)
    assert await seen_until_gone(api) == []
    assert places(server) == ["1", "40"]


@pytest.mark.parametrize("failure", [cuts, refuses(503)])
async def test_a_cut_watch_loses_and_repeats_nothing(
    api: ApiClient, server: CannedServer, failure: Answer
) -> None:
    (first, second) = lines(event("ADDED", "a", 2), event("ADDED", "b", 3))
    server.answers(streams(first, second[:20], cut=True), failure, streams(second), END)
    assert await seen_until_gone(api) == ["ADDED a", "ADDED b"]
    assert places(server) == ["1", "2", "2", "3"]


async def test_an_expired_place_is_gone_as_an_event_or_as_an_answer(
    api: ApiClient, server: CannedServer
) -> None:
    server.answers(END, refuses(410, "Expired", "too old"))
    for _ in range(2):
        with pytest.raises(Gone, match="410 Expired: too old") as caught:
            await anext(watch(api, PODS, "1"))
        assert caught.value.status == 410


async def test_failures_in_a_row_end_the_watch_with_their_error(
    api: ApiClient, server: CannedServer, pauses: Pauses
) -> None:
    server.answers(otherwise=refuses(503))
    with pytest.raises(ServerError):
        await anext(watch(api, PODS, "1"))
    assert (len(server.seen), len(pauses)) == (3, 2)


async def test_an_event_makes_the_failures_before_it_forgotten(
    api: ApiClient, server: CannedServer
) -> None:
    server.answers(
        *[cuts, cuts, streams(*lines(event("ADDED", "a", 2)), cut=True)],
        *[cuts, streams(*lines(event("ADDED", "b", 3)), cut=True), END],
    )
    assert await seen_until_gone(api) == ["ADDED a", "ADDED b"]


async def test_a_server_error_event_is_tried_again(api: ApiClient, server: CannedServer) -> None:
    failed = {"type": "ERROR", "object": status_of(500, "InternalError", "etcd: leader changed")}
    server.answers(streams(*lines(event("ADDED", "a", 2), failed)), END)
    assert await seen_until_gone(api) == ["ADDED a"]
    assert places(server) == ["1", "2"]


async def test_a_retry_after_is_obeyed(
    api: ApiClient, server: CannedServer, pauses: Pauses
) -> None:
    server.answers(refuses(429, headers={"Retry-After": "4"}), END)
    await seen_until_gone(api)
    assert pauses == [4.0]


@pytest.mark.parametrize(("status", "error"), [(401, Unauthorized), (403, Forbidden)])
async def test_a_permanent_failure_is_raised_at_once(
    api: ApiClient, server: CannedServer, status: int, error: type[Exception]
) -> None:
    server.answers(refuses(status))
    with pytest.raises(error):
        await anext(watch(api, PODS, "1"))
    assert len(server.seen) == 1


async def test_a_server_that_ends_every_watch_at_once_is_not_asked_in_a_tight_loop(
    api: ApiClient, server: CannedServer, pauses: Pauses
) -> None:
    server.answers(*[streams()] * 20, END)
    assert await seen_until_gone(api) == []
    assert len(pauses) == 20
    assert min(pauses[2:]) >= 0.4


async def test_a_login_page_is_no_watch(api: ApiClient, server: CannedServer) -> None:
    server.answers(otherwise=page("<html>\nc4n4ry\n"))
    with pytest.raises(Unreachable, match="not answered in JSON") as caught:
        await anext(watch(api, PODS, "1"))
    assert "c4n4ry" not in repr(caught.value)


async def test_lines_of_more_than_a_megabyte_come_whole(
    api: ApiClient, server: CannedServer
) -> None:
    name = "x" * 1_500_000
    sent = lines(event("ADDED", name, 2), event("ADDED", "b", 3), gone())
    server.answers(streams(b"".join(sent)))
    assert await seen_until_gone(api) == [f"ADDED {name}", "ADDED b"]


@pytest.mark.parametrize("size", [1, 7, 64])
async def test_lines_that_are_split_anywhere_come_whole(
    api: ApiClient, server: CannedServer, size: int
) -> None:
    text = b"\n".join(lines(event("ADDED", "ä", 2), bookmark(3), event("DELETED", "ä", 4), gone()))
    server.answers(streams(*(text[i : i + size] for i in range(0, len(text), size))))
    assert await seen_until_gone(api) == ["ADDED ä", "DELETED ä"]


async def test_leaving_the_loop_ends_the_request(api: ApiClient, server: CannedServer) -> None:
    server.answers(streams(*lines(event("ADDED", "a", 2), event("ADDED", "b", 3))))
    async with aclosing(watch(api, PODS, "1")) as changes:
        async for change in changes:
            assert change.object["metadata"]["name"] == "a"
            break
    assert len(server.seen) == 1
