"""Records are found again: by what they are about, by their run, and against each other.

- list: by object, cluster, outcome and time, over all record stores;
- show: the page of a run, with how to undo it; a run that left no record is told apart;
- compare: what differs in parameters and objects;
- a run of a plan carries the tags of its namespaces.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from prefect import get_client
from pydantic import SecretStr

from blocks.record_store import RecordStore
from flows.manifests import apply_yaml
from flows.plans import undo
from flows.records import compare_records, list_records, show_record
from kube.execution.options import RunOptions
from kube.execution.seal import Sealed
from kube.planners.apply import ApplyOptions
from kube.plans.plan import Plan
from kube.records.selection import RecordFilter
from tasks.records import load_store
from tests.flows.conftest import MakeCluster
from tests.flows.runs import Run, Runs, api

pytestmark = pytest.mark.cluster

MANIFEST = """
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {theme: spring}
"""
CHANGED = MANIFEST.replace("spring", "autumn")


def ids(run: Run) -> list[str]:
    return [row["run_id"] for row in run.record.result["rows"]]


async def page(run: Run) -> str:
    found = await api("/artifacts/filter", artifacts={"flow_run_id": {"any_": [str(run.id)]}})
    (markdown,) = (one["data"] for one in found if one["type"] == "markdown")
    return str(markdown)


async def test_what_was_done_to_an_object_is_found_shown_compared_and_taken_back(
    runs: Runs, make_cluster: MakeCluster, namespace: str, fresh: str
) -> None:
    cluster, options = await make_cluster(name=fresh), ApplyOptions(namespace=namespace)
    asked = RunOptions(mode="apply", requested_by="Anna")
    planned = await runs.direct(apply_yaml, cluster, MANIFEST, options)
    applied = await runs.direct(apply_yaml, cluster, MANIFEST, options, asked)
    changed = await runs.direct(apply_yaml, cluster, CHANGED, options, asked)
    about = {"kind": "ConfigMap", "name": "settings", "namespace": namespace}

    async def listed(**wanted: Any) -> list[str]:
        return ids(await runs.direct(list_records, RecordFilter(**wanted)))

    mine = [str(run.id) for run in (changed, applied, planned)]
    assert await listed(**about) == mine
    assert await listed(cluster=fresh) == mine
    assert await listed(**about, outcome="changed", requester="anna") == mine[:2]
    assert await listed(**about, until=changed.record.started_at) == mine[1:]
    assert await listed(**about, limit=1) == mine[:1]
    assert await listed(cluster=fresh, kind="Secret") == []
    assert await listed(cluster=fresh, since=datetime.now(UTC) + timedelta(days=1)) == []

    shown = await runs.direct(show_record, mine[0])
    own = await page(changed)
    assert await page(shown) == own
    assert f"run the flow undo with cluster={fresh} and run\\_id={changed.id}" in own
    assert planned.record.undo is None

    between = await runs.direct(compare_records, mine[1], mine[0])
    assert between.told == ("Completed", "1 parameter, 1 object differ")
    (one,) = between.record.result["objects"]
    assert (one["name"], one["other_change"]) == ("settings", True)
    (parameter,) = between.record.result["parameters"]
    assert parameter["path"].endswith("sha256")

    back = await runs.direct(undo, cluster, str(changed.id), run=asked)
    assert back.told[0] == "Completed"
    async with get_client() as client:
        tags = (await client.read_flow_run(back.id)).tags
    assert {f"namespace:{namespace}", f"cluster:{fresh}", "operation:undo"} <= set(tags)


async def test_every_store_is_looked_into_and_one_that_cannot_be_is_told(
    runs: Runs, make_cluster: MakeCluster, tmp_path: Path, fresh: str, namespace: str
) -> None:
    name = f"folder-{uuid.uuid4().hex[:8]}"
    seal_key = SecretStr(Fernet.generate_key().decode())
    await RecordStore(location=str(tmp_path / "other"), seal_key=seal_key).asave(name)
    cluster = await make_cluster(name=fresh, record_store=name)
    await runs.direct(apply_yaml, cluster, MANIFEST, ApplyOptions(namespace=namespace))
    in_all = await runs.direct(list_records, RecordFilter(cluster=fresh))
    assert len(ids(in_all)) == 1
    assert ids(await runs.direct(list_records, RecordFilter(cluster=fresh), "default")) == []
    assert (await runs.direct(show_record, ids(in_all)[0])).told[0] == "Completed"

    (tmp_path / "file").write_text("in the way")
    broken = RecordStore(location=str(tmp_path / "file"))
    await broken.asave(name, overwrite=True)
    still = await runs.direct(list_records, RecordFilter(cluster=fresh))
    assert still.told[0] == "Completed"
    (warning,) = still.record.warnings
    assert warning.startswith(f"The store '{name}' could not be looked into: The folder")
    alone = await runs.direct(list_records, RecordFilter(), name)
    assert alone.told[0] == "Failed"
    await RecordStore.adelete(name)


async def test_a_run_that_left_no_record_is_told_apart_from_one_that_never_was(runs: Runs) -> None:
    never = await runs.direct(show_record, "no-such-run")
    assert never.told[0] == "Failed"
    assert never.told[1].startswith("No record of a run no-such-run is kept.")
    killed = str(uuid.uuid4())
    plan = Plan(operation="apply", planner="apply", cluster_uid="u")
    sealed = Sealed(run_id=killed, cluster="demo", sealed_at=datetime.now(UTC), plan=plan)
    await (await load_store("default")).seals().put(sealed)
    run = await runs.direct(compare_records, killed, killed)
    assert run.told[0] == "Failed"
    assert "has left no record: it is under way, or it was killed" in run.told[1]
    assert "`recover`" in run.told[1]
