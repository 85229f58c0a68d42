"""One Prefect server for all flow tests, and blocks of the session's control plane in it."""

from __future__ import annotations

import random
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from prefect import get_client, results
from prefect.exceptions import ObjectNotFound
from prefect.settings import (
    PREFECT_HOME,
    PREFECT_LOCAL_STORAGE_PATH,
    PREFECT_SERVER_ANALYTICS_ENABLED,
    PREFECT_SERVER_SERVICES_EVENT_PERSISTER_FLUSH_INTERVAL,
    PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE,
    PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL,
    PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE,
    temporary_settings,
)
from prefect.testing.utilities import prefect_test_harness
from pydantic import SecretStr
from websockets.asyncio import connection

from blocks.cluster import Cluster, ClusterCredentials
from deployments.blocks import ensure_record_store, register_block_types
from kube.clusters.registration import ClusterSettings
from sandbox.control_plane import ControlPlane
from tests.flows.runs import Runs

START_SECONDS = 100

MakeCredentials = Callable[..., Awaitable[ClusterCredentials]]
MakeCluster = Callable[..., Awaitable[Cluster]]


@pytest.fixture(scope="session", autouse=True)
def prefect_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The home of the session's one server, where it would keep results."""
    home = tmp_path_factory.mktemp("prefect")
    settings = {
        PREFECT_HOME: home,
        PREFECT_LOCAL_STORAGE_PATH: home / "storage",
        PREFECT_SERVER_ANALYTICS_ENABLED: False,
        # In batches, as `deployments` sets it, and soon: a test waits for what it wrote.
        PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE: 100,
        PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE: 100,
        PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL: 1,
        PREFECT_SERVER_SERVICES_EVENT_PERSISTER_FLUSH_INTERVAL: 1,
    }
    with (
        pytest.MonkeyPatch.context() as patch,
        temporary_settings(settings),
        prefect_test_harness(START_SECONDS),
        get_client(sync_client=True) as client,
    ):

        def default_storage() -> UUID | None:
            return client.read_server_default_result_storage().default_result_storage_block_id

        # Prefect 3.8 asks this twice a flow, each time with a client of its own (50 ms) that it
        # never closes; the socket would fail whatever test runs when it is collected.
        patch.setattr(results, "_read_server_default_result_storage_block_id", default_storage)
        # Its event clients ping from a thread of their own, at any time, with numbers from the
        # generator that all share, and hypothesis takes that for an impure strategy.
        patch.setattr(connection, "random", random.Random())
        yield home


@pytest.fixture(scope="session", autouse=True)
async def records(prefect_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the default record store; the block types are registered."""
    await register_block_types()
    return Path(await ensure_record_store(tmp_path_factory.mktemp("records")))


@pytest.fixture
def runs(records: Path) -> Runs:
    """Starts flows and reads the record of each."""
    return Runs(records)


@pytest.fixture
def fresh() -> str:
    """A cluster name nobody has."""
    return f"c-{uuid.uuid4().hex[:10]}"


@pytest.fixture
async def forget() -> AsyncIterator[Callable[[str], None]]:
    """Remember the name of a cluster whose block is deleted after the test."""
    names: list[str] = []
    yield names.append
    async with get_client() as client:
        for name in names:
            try:
                document = await client.read_block_document_by_name(
                    name, Cluster.get_block_type_slug(), include_secrets=False
                )
            except ObjectNotFound:
                continue
            await client.delete_block_document(document.id)


@pytest.fixture
async def make_credentials(plane: ControlPlane) -> MakeCredentials:
    """Save a credentials block: of a kubeconfig, the administrator's by default, or of fields."""

    async def make(kubeconfig: str | None = None, **fields: Any) -> ClusterCredentials:
        if "method" not in fields:
            text = plane.kubeconfig_text if kubeconfig is None else kubeconfig
            fields |= {"method": "kubeconfig", "kubeconfig": SecretStr(text)}
        credentials = ClusterCredentials(**fields)
        await credentials.asave(f"k-{uuid.uuid4().hex[:10]}")
        return credentials

    return make


@pytest.fixture
async def make_cluster(plane: ControlPlane, forget: Callable[[str], None]) -> MakeCluster:
    """Save a cluster's block as `register-cluster` does, of a kubeconfig and settings."""

    async def make(
        kubeconfig: str | None = None, name: str = "", context: str | None = None, **settings: Any
    ) -> Cluster:
        name = name or f"c-{uuid.uuid4().hex[:10]}"
        text = plane.kubeconfig_text if kubeconfig is None else kubeconfig
        cluster = Cluster(
            method="kubeconfig",
            kubeconfig=SecretStr(text),
            context=context,
            settings=ClusterSettings(**settings),
        )
        await cluster.asave(name)
        forget(name)
        return cluster

    return make
