from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from kube.api.client import ApiClient, ClientSettings
from kube.api.connection import Connection
from kube.api.retry import RetryPolicy
from tests.unit.api.server import CannedServer, canned_server


class Pauses(list[float]):
    """Notes how long it was asked to sleep, and does not."""

    async def sleep(self, seconds: float) -> None:
        self.append(seconds)


@pytest.fixture
def pauses() -> Pauses:
    return Pauses()


@pytest.fixture
async def server() -> AsyncIterator[CannedServer]:
    async with canned_server() as started:
        yield started


@pytest.fixture
def settings(pauses: Pauses) -> ClientSettings:
    """Three attempts without real pauses."""
    return ClientSettings(
        connect_timeout_seconds=5.0,
        read_timeout_seconds=5.0,
        retry=RetryPolicy(attempts=3, sleep=pauses.sleep),
    )


@pytest.fixture
async def api(server: CannedServer, settings: ClientSettings) -> AsyncIterator[ApiClient]:
    connection = Connection(server=server.url, user="tester", token="t0ken")
    async with ApiClient(connection, settings) as client:
        yield client
