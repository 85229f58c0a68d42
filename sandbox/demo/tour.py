"""What a newcomer would do first, done by API: register a cluster, refresh it, change it."""

from pathlib import Path

from pydantic import SecretStr

from blocks.cluster import Cluster, ClusterCredentials
from deployments.errors import SetupFailed
from deployments.setup import set_up
from sandbox.audit import AuditLog
from sandbox.demo.runs import CLUSTER, Say, Stop, page, reference, run
from sandbox.demo.storefront import show_storefront
from sandbox.errors import TourFailed

# The interface that `/` leads to; the older one shows the folded parts of a report unfolded.
UI_PATH = "/v2"


async def tour(kubeconfig: str, audit: AuditLog, state: Path, ui: str, say: Say) -> list[Stop]:
    """Set the server up, register the demo cluster, refresh it, and change it there and back.

    Args:
        kubeconfig: Text of the admin kubeconfig of the control plane.
        audit: Where the API server writes down what it is asked.
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
    cluster = {"cluster": reference("capstan-cluster")}
    refreshed = await run("refresh-cluster/default", cluster, say)
    listed = await run("list-clusters/default", {}, say)
    storefront = await show_storefront(audit, ui, say)
    return [
        Stop("the refreshed cluster", await page(ui, refreshed)),
        Stop("its run", f"{ui}/runs/flow-run/{refreshed.id}"),
        Stop("the list of clusters", await page(ui, listed)),
        *storefront,
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
        "credentials": reference("capstan-cluster-credentials"),
        "capability": "admin",
    }
    try:
        await Cluster.aload(CLUSTER)
    except ValueError:
        settings = {"labels": {"team": "shop", "region": "local"}, "environment": "dev"}
        new = {"name": CLUSTER, "settings": settings}
        await run("register-cluster/default", access | new, say)
    else:
        known = {"cluster": reference("capstan-cluster")}
        await run("update-cluster/default", access | known, say)
