"""A process that carries out a sealed plan and nothing else, to be killed at any write.

It imports no Prefect, and is forked from a process that has imported the kernel, so that a run
costs its writes and little more.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections.abc import Callable
from pathlib import Path

from kube.api.client import ApiClient, ClientSettings
from kube.api.connection import Connection
from kube.api.retry import RetryPolicy
from kube.execution.carry_out import CarriedOut, carry_out
from kube.execution.journal import Journal
from kube.plans.plan import Plan
from kube.records.folder import FolderStorage

IN_FLIGHT = 4
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload([__name__, "pytest"])


def settings() -> ClientSettings:
    """Return how a client behaves here: few writes at once, so that a kill falls between them."""
    return ClientSettings(in_flight=IN_FLIGHT, retry=RetryPolicy(first_seconds=0.02))


def connection(url: str) -> Connection:
    """Return the connection to a proxy, which signs in by itself."""
    return Connection(server=url, token="unused")


async def write(url: str, plan: Plan, journal: Journal) -> CarriedOut:
    """Carry out a plan through a proxy, in this process."""
    async with ApiClient(connection(url), settings()) as api:
        return await carry_out(api, plan, journal, on_failure="stop", clock=time.monotonic)


async def write_in_child(
    url: str, sealed: Path, folder: Path, name: str, started: Callable[[Callable[[], None]], None]
) -> int:
    """Carry out a plan in a process of its own and wait for its end.

    Args:
        url: The proxy.
        sealed: File of the plan.
        folder: The storage of the journal.
        name: The journal in it.
        started: Is given what kills the process at once.

    Returns:
        Its exit code, -9 where it was killed.
    """
    child = _CONTEXT.Process(target=_child, args=(url, sealed, folder, name), daemon=True)
    child.start()
    started(child.kill)
    await asyncio.to_thread(child.join)
    code = child.exitcode
    child.close()
    assert code is not None
    return code


def _child(url: str, sealed: Path, folder: Path, name: str) -> None:
    plan = Plan.model_validate_json(sealed.read_bytes())
    asyncio.run(write(url, plan, Journal(FolderStorage(folder), name)))
