"""The administrator's client, and the way of the proxies to the API server."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from kube.api.client import ApiClient
from kube.api.kubeconfig import parse_kubeconfig
from sandbox.control_plane import ControlPlane
from tests.faults.proxy import Upstream


@pytest.fixture(scope="session")
async def api(plane: ControlPlane) -> AsyncIterator[ApiClient]:
    """The administrator's client, one for the session."""
    async with ApiClient(parse_kubeconfig(plane.kubeconfig_text)) as client:
        yield client


@pytest.fixture(scope="session")
async def upstream(api: ApiClient) -> AsyncIterator[Upstream]:
    """Where the proxies pass requests on to."""
    made = Upstream(api.connection)
    yield made
    await made.close()
