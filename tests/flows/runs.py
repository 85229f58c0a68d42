"""Runs of flows as a test looks at them: the state, the kept record, what the API tells."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast
from uuid import UUID

from prefect import Flow, get_client
from prefect.client.schemas.objects import FlowRun, State
from prefect.flow_engine import run_flow_async
from prefect.utilities.callables import get_call_parameters, parameters_to_args_kwargs

from kube.records.record import Record
from tasks.cluster_blocks import load_cluster
from tasks.errors import OperationError

T = TypeVar("T")

SECONDS = 60
POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Run:
    """One run that has ended; `record` is the one that the record store holds of it."""

    id: UUID
    state: State[Any]
    kept: Record | None

    @property
    def told(self) -> tuple[str, str]:
        """The name and the message of the state."""
        return str(self.state.name), self.state.message or ""

    @property
    def record(self) -> Record:
        """The record, for runs that have one."""
        assert self.kept is not None, f"no record of {self.state}"
        return self.kept


class Runs:
    """Starts flows, directly or as a worker does, and reads the record of each."""

    def __init__(self, records: Path) -> None:
        self.records = records

    async def direct(self, flow: Flow[..., Any], *args: Any, **parameters: Any) -> Run:
        """Call a flow in this process."""
        call = cast(Callable[..., Awaitable[State[Any]]], flow)
        return self._run(await call(*args, **parameters, return_state=True))

    async def by_api(self, flow: Flow[..., Any], deployment: UUID, **parameters: Any) -> Run:
        """Have the server create a run with parameters as JSON, then do it as a worker does."""
        async with get_client() as client:
            run = await client.create_flow_run_from_deployment(deployment, parameters=parameters)
        return await self.work(flow, run)

    async def work(self, flow: Flow[..., Any], run: FlowRun) -> Run:
        """Do a run that the server holds."""
        # As `run_flow` does, whose type does not tell what it returns of an async flow.
        args, kwargs = parameters_to_args_kwargs(flow.fn, run.parameters)
        parameters = get_call_parameters(flow.fn, args, kwargs)
        state = await run_flow_async(flow, run, parameters, return_type="state")
        return self._run(cast(State[Any], state))

    def _run(self, state: State[Any]) -> Run:
        run_id = state.state_details.flow_run_id
        assert run_id is not None
        files = list(self.records.rglob(f"*-{run_id}.json"))
        assert len(files) <= 1
        kept = Record.model_validate_json(files[0].read_bytes()) if files else None
        return Run(run_id, state, kept)


async def is_registered(name: str) -> bool:
    """Tell whether there is a cluster's block of that name."""
    try:
        await load_cluster(name)
    except OperationError:
        return False
    return True


async def api(path: str, **body: Any) -> Any:
    """Post a filter to the server's REST API and return its JSON answer."""
    async with get_client() as client:
        answer = await client.request("POST", cast(Any, path), json=body)
    answer.raise_for_status()
    return answer.json()


async def until(read: Callable[[], Awaitable[T]], enough: Callable[[T], object]) -> T:
    """Ask again and again until the answer is enough, and return it."""
    deadline = time.monotonic() + SECONDS
    while not enough(answer := await read()):
        assert time.monotonic() < deadline, f"it never came; the last answer is {answer!r:.2000}"
        await asyncio.sleep(POLL_SECONDS)  # leaves the server some time for other things
    return answer
