"""Everything that a server and its flows leave behind, to look for needles in it."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import psutil
from prefect import get_client
from prefect.events.filters import EventFilter, EventOccurredFilter

from blocks.cluster import Cluster, ClusterCredentials, ClusterVersion
from tests.flows.runs import api

PAGE = 200
LOOK_SECONDS = 1.0
WITH_SECRETS = (Cluster, ClusterCredentials, ClusterVersion)


def spellings(needle: str) -> Iterator[bytes]:
    """Yield a text as itself and as base64 has it, wherever in the encoded bytes it begins."""
    raw = needle.encode()
    yield raw
    for shift, first in ((0, 0), (1, 2), (2, 3)):
        # The letters that depend on what stands before and after are left out.
        yield base64.b64encode(bytes(shift) + raw)[first : -4 if len(raw) > 9 else None]


def found_in(content: bytes | str, needles: dict[str, str]) -> list[str]:
    """Return the names of the needles that the content holds, in any spelling."""
    content = content.encode() if isinstance(content, str) else content
    return [
        name for name, text in needles.items() if any(one in content for one in spellings(text))
    ]


async def rows_of(kind: str, **filters: Any) -> list[dict[str, Any]]:
    """Return everything of a kind that the REST API lists."""
    rows: list[dict[str, Any]] = []
    while page := await api(f"/{kind}/filter", limit=PAGE, offset=len(rows), **filters):
        rows += page
    return rows


async def events_since(moment: datetime) -> list[str]:
    """Return every event since a moment, as JSON."""
    wanted = EventFilter(occurred=EventOccurredFilter(since=cast(Any, moment)))
    async with get_client() as client:
        page = await client.read_events(wanted, limit=50)
        events = [event.model_dump_json() for event in page.events]
        while page.next_page:
            page = await client.read_events_page(str(page.next_page))
            events += [event.model_dump_json() for event in page.events]
    return events


async def states_of(run_ids: list[str]) -> list[Any]:
    """Return the history of states of flow runs."""
    async with get_client() as client:
        answers = [
            await client.request("GET", "/flow_run_states/", params={"flow_run_id": run_id})
            for run_id in run_ids
        ]
    return [state for answer in answers for state in answer.json()]


async def secrets_in_clear() -> str:
    """Return the blocks as one who may read their secrets gets them."""
    async with get_client() as client:
        documents = [
            document.model_dump_json()
            for kind in WITH_SECRETS
            for document in await client.read_block_documents_by_type(
                kind.get_block_type_slug(), include_secrets=True
            )
        ]
    return "\n".join(documents)


def files_below(*folders: Path) -> dict[Path, bytes]:
    """Return the files in folders; a result, which Prefect keeps as base64, also decoded."""
    found: dict[Path, bytes] = {}
    for folder in folders:
        for path in folder.rglob("*"):
            with suppress(FileNotFoundError):
                if path.is_file():
                    found[path] = path.read_bytes()
                    if path.parent.name == "storage":
                        found[path] += _result_in(found[path])
    return found


def _result_in(content: bytes) -> bytes:
    """Return what a result holds: base64, in a JSON object together with its metadata or alone."""
    with suppress(ValueError):
        return base64.b64decode(json.loads(content)["result"])
    return base64.b64decode(content)


class Lines(logging.Handler):
    """Keeps what any logger of this process says, with its tracebacks."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []
        self.setFormatter(logging.Formatter())

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one line."""
        self.lines.append(self.format(record))


class Processes:
    """Collects the command lines and environments of all processes, until it is told to stop."""

    def __init__(self) -> None:
        self.seen: set[str] = set()
        self._task = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        """Look a last time and stop."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._look()

    async def _watch(self) -> None:
        while True:
            await asyncio.to_thread(self._look)
            await asyncio.sleep(LOOK_SECONDS)

    def _look(self) -> None:
        for process in psutil.process_iter(["cmdline", "environ"]):
            self.seen.add(str(process.info["cmdline"]))
            self.seen.add(str(process.info["environ"]))
