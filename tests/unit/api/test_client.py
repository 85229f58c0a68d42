"""What every request carries, what is counted, and how many are under way at once."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from urllib.parse import unquote

import orjson
import pytest
from aiohttp import web

from kube.api.client import APPLY, ApiClient, ClientSettings
from kube.api.connection import Connection
from kube.api.errors import NotFound
from kube.api.retry import RetryPolicy
from kube.objects.resource import ResourceType
from tests.unit.api.server import Answer, CannedServer, page, refuses, says

PATH = "/api/v1/namespaces/shop/configmaps"
GOOD = says({})


def meeting(size: int) -> Answer:
    """Answer only when `size` requests are there at the same time."""
    barrier = asyncio.Barrier(size)

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        await barrier.wait()
        return await GOOD(request)

    return answer


async def test_never_more_requests_than_the_budget_are_under_way(
    server: CannedServer,
) -> None:
    server.answers(otherwise=meeting(4))
    async with ApiClient(Connection(server.url), ClientSettings(in_flight=4)) as api:
        await asyncio.gather(*(api.get(PATH) for _ in range(40)))
    assert server.most_in_flight == 4
    assert len(server.seen) == 40


async def test_a_request_that_waits_for_its_next_attempt_takes_no_slot(
    server: CannedServer,
) -> None:
    others: list[object] = []

    async def sleep(_: float) -> None:
        others.append(await api.get("/other"))

    server.answers(refuses(503), otherwise=GOOD)
    settings = ClientSettings(in_flight=1, retry=RetryPolicy(sleep=sleep))
    async with ApiClient(Connection(server.url), settings) as api:
        await api.get(PATH)
    assert others == [{}]


async def test_a_watch_takes_no_slot(server: CannedServer) -> None:
    server.answers(otherwise=GOOD)
    settings = ClientSettings(in_flight=1)
    async with ApiClient(Connection(server.url), settings) as api, api.stream(PATH, {}):
        assert await api.get(PATH) == {}
    assert api.calls == {"GET": 2}


def timers_to(server: CannedServer) -> list[str]:
    """Return the kernel's timer of each open connection to the server."""
    port = f":{int(server.url.rpartition(':')[2]):04X}"
    rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()]
    return [row[5][:2] for row in rows if row[2].endswith(port) and row[3] == "01"]


@pytest.mark.skipif(sys.platform != "linux", reason="reads the kernel's table of connections")
async def test_a_connection_that_dies_in_silence_is_noticed_by_the_kernel(
    api: ApiClient, server: CannedServer
) -> None:
    server.answers(server.hangs())
    waiting = asyncio.ensure_future(api.get(PATH))
    await server.arrived.wait()
    assert timers_to(server) == ["02"]  # a keep-alive timer
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)


async def test_calls_are_counted_by_method_with_retries(
    api: ApiClient, server: CannedServer
) -> None:
    server.answers(refuses(503), GOOD, GOOD, GOOD, refuses(404))
    await api.get(PATH)
    await api.write("POST", PATH, {})
    await api.write("PATCH", PATH, {}, content_type=APPLY)
    with pytest.raises(NotFound):
        await api.write("DELETE", PATH)
    assert api.calls == {"GET": 2, "POST": 1, "PATCH": 1, "DELETE": 1}
    assert api.calls.total() == len(server.seen)


async def test_a_write_names_its_field_manager_and_media_type(
    api: ApiClient, server: CannedServer
) -> None:
    server.answers(otherwise=GOOD)
    await api.write("PATCH", f"{PATH}/a", {"a": 1}, content_type=APPLY, query={"force": "true"})
    seen = server.seen[0]
    assert seen.query == {"fieldManager": "capstan", "force": "true"}
    assert seen.headers["Content-Type"] == APPLY
    assert seen.headers["Authorization"] == "Bearer t0ken"
    assert seen.headers["User-Agent"] == "capstan"
    assert orjson.loads(seen.body) == {"a": 1}


async def test_bytes_are_sent_as_they_are(api: ApiClient, server: CannedServer) -> None:
    server.answers(GOOD)
    await api.write("PUT", PATH, b'{"a":  1}')
    assert server.seen[0].body == b'{"a":  1}'


async def test_a_body_of_more_than_a_megabyte_is_sent_whole(
    api: ApiClient, server: CannedServer
) -> None:
    server.answers(refuses(503), GOOD)
    body = {"data": {"blob": "x" * 900_000, "more": "y" * 900_000}}
    await api.write("PUT", PATH, body)
    assert [len(seen.body) for seen in server.seen] == [len(orjson.dumps(body))] * 2


async def test_a_dry_run_client_marks_every_write_and_no_question(server: CannedServer) -> None:
    server.answers(otherwise=GOOD)
    async with ApiClient(Connection(server.url), ClientSettings(dry_run=True)) as api:
        await api.write("POST", PATH, {}, query={"dryRun": ""})
        await api.write("DELETE", PATH)
        await api.ask(PATH, {})
        await api.get(PATH)
    assert [seen.query.get("dryRun") for seen in server.seen] == ["All", "All", None, None]
    assert "fieldManager" not in server.seen[1].query


async def test_a_name_with_odd_letters_arrives_as_it_was(
    api: ApiClient, server: CannedServer
) -> None:
    server.answers(otherwise=GOOD)
    roles = ResourceType("x", "v1", "Role", "roles", namespaced=False)
    for name in ("system:node", "a?dryRun=All", "../../nodes", "a%2Fb", "a#b c", "ü"):
        await api.get(roles.path(name=name))
        place, _, segment = server.seen[-1].path.rpartition("/")
        assert (place, unquote(segment)) == ("/apis/x/v1/roles", name)


async def test_labels_in_a_query_arrive_as_they_were(api: ApiClient, server: CannedServer) -> None:
    server.answers(otherwise=GOOD)
    selector = "app in (a,b),!c,d=e+f&g"
    await api.get(PATH, {"labelSelector": selector})
    assert server.seen[0].query == {"labelSelector": selector}


async def test_plain_text_is_read_as_bytes(api: ApiClient, server: CannedServer) -> None:
    server.answers(page("line one\nline two\n", content_type="text/plain"))
    assert await api.read(f"{PATH}/log", accept="*/*") == b"line one\nline two\n"


async def test_a_client_outside_of_its_block_says_so(server: CannedServer) -> None:
    api = ApiClient(Connection(server.url))
    with pytest.raises(AssertionError, match="async with"):
        await api.get(PATH)
