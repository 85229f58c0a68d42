"""Mode ask: a person approves this very plan, or nothing is changed."""

import asyncio
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from prefect.flow_runs import aresume_flow_run

from flows.manifests import apply_yaml
from kube.execution.options import RunOptions
from kube.planners.apply import ApplyOptions
from sandbox.control_plane import ControlPlane
from tests.flows.conftest import MakeCluster
from tests.flows.runs import Run, Runs, api

pytestmark = pytest.mark.cluster

MANIFEST = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {theme: spring}\n"
PAUSE_SECONDS = 60.0


async def paused_run(cluster: str) -> UUID:
    """Wait for the run on a cluster that asks for approval."""
    filters = {
        "tags": {"all_": [f"cluster:{cluster}"]},
        "state": {"type": {"any_": ["PAUSED"]}},
    }
    deadline = time.monotonic() + PAUSE_SECONDS
    while time.monotonic() < deadline:
        found = await api("/flow_runs/filter", flow_runs=filters)
        if found:
            return UUID(found[0]["id"])
        await asyncio.sleep(0.2)
    raise AssertionError("no run asks for approval")


async def asked(
    runs: Runs,
    cluster: Any,
    options: ApplyOptions,
    answer: dict[str, str],
    meddle: Callable[[], None] = lambda: None,
    **run: Any,
) -> Run:
    """Start an apply in mode ask and answer its question, after something else happened."""
    under_way = asyncio.create_task(
        runs.direct(
            apply_yaml,
            cluster,
            MANIFEST,
            options,
            RunOptions(mode="ask", timeout_seconds=90, **run),
        )
    )
    paused = await paused_run(cluster.name)
    meddle()
    await aresume_flow_run(paused, run_input=answer)
    return await under_way


def names(plane: ControlPlane, namespace: str) -> str:
    return plane.kubectl("-n", namespace, "get", "configmaps", "-o", "name")


async def test_an_approved_plan_is_carried_out_and_the_record_names_the_approver(
    runs: Runs, make_cluster: MakeCluster, plane: ControlPlane, namespace: str
) -> None:
    cluster, options = await make_cluster(), ApplyOptions(namespace=namespace)
    shown = await runs.direct(apply_yaml, cluster, MANIFEST, options)
    digest = shown.record.result["digest"]
    answer = {"decision": "approve", "approver": "ann", "digest": digest}
    run = await asked(runs, cluster, options, answer)
    assert run.told[0] == "Completed"
    assert run.record.result["approval"]["approver"] == "ann"
    assert run.record.result["digest"] == digest
    assert "configmap/settings" in names(plane, namespace)


async def test_the_requester_approves_where_the_cluster_lets_them(
    runs: Runs, make_cluster: MakeCluster, plane: ControlPlane, namespace: str
) -> None:
    cluster, options = (
        await make_cluster(requester_may_approve=True),
        ApplyOptions(namespace=namespace),
    )
    shown = await runs.direct(apply_yaml, cluster, MANIFEST, options)
    answer = {"decision": "approve", "approver": "bob", "digest": shown.record.result["digest"]}
    run = await asked(runs, cluster, options, answer, requested_by="bob")
    assert run.told[0] == "Completed"


async def test_an_approval_after_the_plan_went_stale_is_refused(
    runs: Runs, make_cluster: MakeCluster, plane: ControlPlane, namespace: str
) -> None:
    cluster, options = await make_cluster(), ApplyOptions(namespace=namespace)
    shown = await runs.direct(apply_yaml, cluster, MANIFEST, options)
    answer = {"decision": "approve", "approver": "ann", "digest": shown.record.result["digest"]}

    def meddle() -> None:
        plane.kubectl("-n", namespace, "create", "configmap", "settings", "--from-literal=theme=x")

    run = await asked(runs, cluster, options, answer, meddle=meddle)
    assert run.told[0] == "Refused"
    assert f"ConfigMap {namespace}/settings was created since" in run.told[1]
    theme = ("-n", namespace, "get", "configmap/settings", "-o", "jsonpath={.data.theme}")
    assert plane.kubectl(*theme) == "x"


@pytest.mark.parametrize(
    ("answer", "requested_by", "told"),
    [
        ({"decision": "reject", "approver": "ann", "digest": ""}, "", "ann rejected the plan"),
        ({"decision": "approve", "approver": "ann", "digest": "sha256:0"}, "", "digest"),
        ({"decision": "approve", "approver": "Bob", "digest": "right"}, "bob", "cannot approve"),
    ],
    ids=["rejected", "another digest", "the requester"],
)
async def test_without_a_valid_approval_nothing_is_changed(
    runs: Runs,
    make_cluster: MakeCluster,
    plane: ControlPlane,
    namespace: str,
    answer: dict[str, str],
    requested_by: str,
    told: str,
) -> None:
    cluster, options = await make_cluster(), ApplyOptions(namespace=namespace)
    if answer["digest"] == "right":
        shown = await runs.direct(apply_yaml, cluster, MANIFEST, options)
        answer = {**answer, "digest": shown.record.result["digest"]}
    run = await asked(runs, cluster, options, answer, requested_by=requested_by)
    assert run.told[0] == "Failed"
    assert told in run.told[1]
    assert "nothing was changed" in run.told[1]
    assert "configmap/settings" not in names(plane, namespace)
