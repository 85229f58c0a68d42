"""What a newcomer would do first, done by API: register a cluster and refresh it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prefect import get_client
from prefect.client.schemas.objects import FlowRun
from prefect.deployments import arun_deployment
from pydantic import SecretStr

from blocks.cluster import Cluster, ClusterCredentials
from deployments.errors import SetupFailed
from deployments.setup import set_up
from sandbox.errors import TourFailed

RUN_SECONDS = 120.0
CLUSTER = "demo"
# The interface that `/` leads to; the older one shows the folded parts of a report unfolded.
UI_PATH = "/v2"
Say = Callable[[str], None]


@dataclass(frozen=True)
class Stop:
    """One thing to look at: what it is, and its address in the UI."""

    title: str
    url: str


async def tour(kubeconfig: str, state: Path, ui: str, say: Say) -> list[Stop]:
    """Set the server up, register the demo cluster by its flow and refresh it.

    Args:
        kubeconfig: Text of the admin kubeconfig of the control plane.
        state: State folder of the installation.
        ui: Address of the server.
        say: Takes one sentence for each step.

    Returns:
        What to open in the UI, in order.

    Raises:
        TourFailed: The set-up failed, or a run ended in another state than Completed.
    """
    try:
        await set_up(state, say)
    except SetupFailed as error:
        raise TourFailed(str(error)) from error
    await _introduce(kubeconfig, say)
    ui += UI_PATH
    cluster = {"cluster": _reference("capstan-cluster")}
    refreshed = await _run("refresh-cluster/default", cluster, say)
    listed = await _run("list-clusters/default", {}, say)
    return [
        Stop("the refreshed cluster", await _artifact(ui, refreshed)),
        Stop("its run", f"{ui}/runs/flow-run/{refreshed.id}"),
        Stop("the list of clusters", await _artifact(ui, listed)),
        Stop(
            "refresh it yourself: the form of the deployment",
            f"{ui}/deployments/deployment/{refreshed.deployment_id}/run",
        ),
    ]


async def _introduce(kubeconfig: str, say: Say) -> None:
    """Register the cluster, or tell the address and credentials of today where it is known.

    Forgetting it first would fail a refresh that the schedule has started meanwhile.
    """
    block = ClusterCredentials(method="kubeconfig", kubeconfig=SecretStr(kubeconfig))
    await block.asave(CLUSTER, overwrite=True)
    access = {
        "credentials": _reference("capstan-cluster-credentials"),
        "capability": "admin",
    }
    try:
        await Cluster.aload(CLUSTER)
    except ValueError:
        settings = {"labels": {"team": "shop", "region": "local"}, "environment": "dev"}
        new = {"name": CLUSTER, "settings": settings}
        await _run("register-cluster/default", access | new, say)
    else:
        known = {"cluster": _reference("capstan-cluster")}
        await _run("update-cluster/default", access | known, say)


def _reference(block_type: str) -> dict[str, Any]:
    return {"$ref": {"block_document_slug": f"{block_type}/{CLUSTER}"}}


async def _run(deployment: str, parameters: dict[str, Any], say: Say) -> FlowRun:
    run = await arun_deployment(
        deployment, parameters=parameters, timeout=RUN_SECONDS, poll_interval=0.5
    )
    state = run.state
    if state is None or not state.is_completed():
        told = f"{state.name}: {state.message}" if state else "no state"
        raise TourFailed(f"The run {run.name} of {deployment} ended as {told}")
    say(f"{deployment.partition('/')[0]}: {state.name}. {state.message or ''}".rstrip())
    return run


async def _artifact(ui: str, run: FlowRun) -> str:
    """Return the address of the report of a run."""
    async with get_client() as client:
        answer = await client.request(
            "POST",
            "/artifacts/filter",
            json={
                "artifacts": {
                    "flow_run_id": {"any_": [str(run.id)]},
                    "type": {"any_": ["markdown"]},
                },
                "limit": 1,
            },
        )
    return f"{ui}/artifacts/artifact/{answer.json()[0]['id']}"
