"""Runs of deployments as an API client starts them, and their pages in the UI."""

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from prefect import get_client
from prefect.client.schemas.objects import FlowRun
from prefect.deployments import arun_deployment
from prefect.flow_runs import aresume_flow_run

from sandbox.errors import TourFailed

RUN_SECONDS = 120.0
POLL_SECONDS = 0.5
CLUSTER = "demo"
DIGEST = re.compile("sha256:[0-9a-f]{64}")
Say = Callable[[str], None]


@dataclass(frozen=True)
class Stop:
    """One thing to look at: what it is, and its address in the UI."""

    title: str
    url: str


def reference(block_type: str) -> dict[str, Any]:
    """Return the reference to the demo's block of a type, as a parameter."""
    return {"$ref": {"block_document_slug": f"{block_type}/{CLUSTER}"}}


async def run(
    deployment: str, parameters: dict[str, Any], say: Say, expected: str | None = None
) -> FlowRun:
    """Run a deployment to its end: a good one, or the state of the name that is expected.

    Raises:
        TourFailed: It ended in another state than the one expected, or not in time.
    """
    ended = await arun_deployment(
        deployment, parameters=parameters, timeout=RUN_SECONDS, poll_interval=POLL_SECONDS
    )
    return _judged(ended, deployment, say, expected)


async def run_with_approval(
    deployment: str, parameters: dict[str, Any], say: Say, digest: str, approver: str
) -> FlowRun:
    """Start a run that asks, approve the plan of this digest, and wait for its end.

    Raises:
        TourFailed: It did not ask, or ended in another state than Completed.
    """
    started = await arun_deployment(deployment, parameters=parameters, timeout=0)
    await _until(started, lambda found: found.state is not None and found.state.is_paused())
    say(f"{_operation(deployment)} asks for approval; {approver} approves")
    answer = {"decision": "approve", "approver": approver, "digest": digest}
    await aresume_flow_run(started.id, run_input=answer)
    ended = await _until(started, lambda found: found.state is not None and found.state.is_final())
    return _judged(ended, deployment, say)


async def page(ui: str, of: FlowRun) -> str:
    """Return the address of the report of a run."""
    return f"{ui}/artifacts/artifact/{(await _artifact(of))['id']}"


async def digest_of(of: FlowRun) -> str:
    """Return the digest of the plan that a run shows, as a person copies it from its page."""
    found = DIGEST.search((await _artifact(of))["data"])
    if found is None:
        raise TourFailed(f"The page of {of.name} shows no plan")
    return found.group()


def _judged(ended: FlowRun, deployment: str, say: Say, expected: str | None = None) -> FlowRun:
    state = ended.state
    is_good = state is not None and state.is_completed()
    if state is None or not (state.name == expected if expected else is_good):
        told = f"{state.name}: {state.message}" if state else "no state"
        raise TourFailed(f"The run {ended.name} of {deployment} ended as {told}")
    say(f"{_operation(deployment)}: {state.name}. {state.message or ''}".rstrip())
    return ended


def _operation(deployment: str) -> str:
    return deployment.partition("/")[0]


async def _until(started: FlowRun, enough: Callable[[FlowRun], bool]) -> FlowRun:
    """Read a run again and again until it is as wanted.

    Raises:
        TourFailed: It ended otherwise, or the time is up.
    """
    deadline = time.monotonic() + RUN_SECONDS
    async with get_client() as client:
        while not enough(found := await client.read_flow_run(started.id)):
            state = found.state
            if (state and state.is_final()) or time.monotonic() > deadline:
                told = f"{state.name}: {state.message}" if state else "no state"
                raise TourFailed(f"The run {found.name} is {told}")
            await asyncio.sleep(POLL_SECONDS)
    return found


async def _artifact(of: FlowRun) -> dict[str, Any]:
    wanted = {"flow_run_id": {"any_": [str(of.id)]}, "type": {"any_": ["markdown"]}}
    async with get_client() as client:
        answer = await client.request(
            "POST", "/artifacts/filter", json={"artifacts": wanted, "limit": 1}
        )
    found: dict[str, Any] = answer.json()[0]
    return found
