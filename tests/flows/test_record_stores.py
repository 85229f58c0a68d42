"""Where records, seals and journals are kept is a setting of a block: here, a bucket.

- a whole way through a plan, an apply and its undo leaves everything in the bucket;
- no secret value is in any object of it;
- a store that is not there, or is not set up as it should be, is told.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from prefect import get_client
from prefect.client.schemas.actions import BlockDocumentUpdate
from pydantic import SecretStr

from blocks.record_store import RecordStore
from flows.manifests import apply_yaml
from flows.plans import undo
from kube.execution.options import RunOptions
from kube.planners.apply import ApplyOptions
from kube.records.s3 import Bucket
from sandbox.control_plane import ControlPlane
from tasks.records import load_store
from tests.fixtures.s3 import KEY_ID, SECRET, make_bucket, objects_of, s3_server
from tests.flows.conftest import MakeCluster
from tests.flows.haystack import found_in
from tests.flows.runs import Runs

pytestmark = pytest.mark.cluster

APPLY = RunOptions(mode="apply")
SEAL_KEY = Fernet.generate_key().decode()
CANARY = uuid.uuid4().hex
MANIFEST = f"""
apiVersion: v1
kind: Secret
metadata: {{name: key}}
stringData: {{password: {CANARY}}}
"""


@pytest.fixture(scope="module")
def bucket() -> Iterator[Bucket]:
    """A bucket for the store; it lives as long as its server."""
    with s3_server() as url:
        yield make_bucket(url, prefix="capstan")


@pytest.fixture
async def block(bucket: Bucket) -> AsyncIterator[str]:
    """The name of a record store block that points to the bucket."""
    name = f"s3-{uuid.uuid4().hex[:8]}"
    store = RecordStore(
        location=f"s3://{bucket.name}/{bucket.prefix}",
        endpoint_url=bucket.endpoint_url,
        access_key_id=KEY_ID,
        secret_access_key=SecretStr(SECRET),
        seal_key=SecretStr(SEAL_KEY),
    )
    await store.asave(name)
    yield name
    await RecordStore.adelete(name)


async def test_an_apply_and_its_undo_are_kept_whole_in_a_bucket_without_secret_values(
    runs: Runs,
    make_cluster: MakeCluster,
    plane: ControlPlane,
    namespace: str,
    block: str,
    bucket: Bucket,
) -> None:
    cluster, options = await make_cluster(record_store=block), ApplyOptions(namespace=namespace)
    planned = await runs.direct(apply_yaml, cluster, MANIFEST, options)
    applied = await runs.direct(apply_yaml, cluster, MANIFEST, options, APPLY)
    undone = await runs.direct(undo, cluster, str(applied.id), run=APPLY)
    assert [run.told[0] for run in (planned, applied, undone)] == ["Completed"] * 3
    assert plane.kubectl("-n", namespace, "get", "secrets", "-o", "name") == ""

    kept = objects_of(bucket)
    store = (await load_store(block)).open()
    record = await store.find(str(applied.id))
    assert record is not None
    assert [outcome.status for outcome in record.outcomes] == ["changed"]
    names = "\n".join(kept)
    for run, areas in ((planned, ["plans"]), (applied, ["seals", "journal"]), (undone, ["seals"])):
        for area in areas:
            assert f"capstan/{area}/{run.id}" in names
        assert f"-{run.id}.json" in names
        assert run.kept is None, "the default store has none of it"
    assert found_in(b"".join(kept.values()), {"value": CANARY, "key": SECRET}) == []


async def test_a_bucket_that_is_not_there_is_told_before_anything_is_changed(
    runs: Runs, make_cluster: MakeCluster, namespace: str, block: str, plane: ControlPlane
) -> None:
    store = await load_store(block)
    store.location = "s3://no-such-bucket"
    await store.asave(block, overwrite=True)
    cluster, options = await make_cluster(record_store=block), ApplyOptions(namespace=namespace)
    run = await runs.direct(apply_yaml, cluster, MANIFEST, options, APPLY)
    assert run.state.is_failed()
    assert "s3://no-such-bucket at http://127.0.0.1" in run.told[1]
    assert "there is no such bucket" in run.told[1]
    assert SECRET not in run.told[1]
    assert plane.kubectl("-n", namespace, "get", "secrets", "-o", "name") == ""


async def test_a_block_that_was_filled_in_by_halves_is_told(
    runs: Runs, make_cluster: MakeCluster, namespace: str, block: str
) -> None:
    cluster = await make_cluster(record_store=block)
    async with get_client() as client:  # as the UI saves a block: nobody checks it
        document = await client.read_block_document_by_name(block, "capstan-record-store")
        half = {"access_key_id": None}
        await client.update_block_document(document.id, BlockDocumentUpdate(data=half))
    run = await runs.direct(apply_yaml, cluster, MANIFEST, ApplyOptions(namespace=namespace))
    assert run.state.is_failed()
    assert f"The record store block '{block}' cannot be used" in run.told[1]
    assert "belong together" in run.told[1]


async def test_a_block_of_the_time_when_there_were_folders_only_goes_on_working(
    make_cluster: MakeCluster, namespace: str, block: str, tmp_path: Path
) -> None:
    async with get_client() as client:
        document = await client.read_block_document_by_name(block, "capstan-record-store")
        data = {"folder": str(tmp_path), "seal_key": SEAL_KEY, "schema_version": 1}
        former = BlockDocumentUpdate(data=data, merge_existing_data=False)
        await client.update_block_document(document.id, former)
    cluster = await make_cluster(record_store=block)
    options = ApplyOptions(namespace=namespace)
    run = await Runs(tmp_path).direct(apply_yaml, cluster, MANIFEST, options)
    assert run.told[0] == "Completed"
    assert run.record.verdict.good
