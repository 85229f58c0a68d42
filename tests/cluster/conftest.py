"""A client of the session's control plane, and clients of users that a test mints."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from kube.api.client import ApiClient
from kube.api.kubeconfig import parse_kubeconfig
from sandbox.control_plane import ControlPlane


@pytest.fixture(scope="session")
async def api(plane: ControlPlane) -> AsyncIterator[ApiClient]:
    """The administrator's client, one for the session."""
    async with ApiClient(parse_kubeconfig(plane.kubeconfig_text)) as client:
        yield client
