"""Each way in which a cluster is not reached, told apart, and in time."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import trustme

from kube.clusters.snapshot import ReachStatus
from sandbox.control_plane import ControlPlane
from tests.cluster.refresh_scene import FACTS, refresh, statuses
from tests.fixtures.kubeconfigs import edited, refusing_server, silent_server, with_wrong_ca

pytestmark = pytest.mark.cluster


@asynccontextmanager
async def expired_server(authority: trustme.CA) -> AsyncIterator[str]:
    """Lend the address of a TLS server whose certificate ended yesterday."""
    leaf = authority.issue_cert("127.0.0.1", not_after=datetime.now(UTC) - timedelta(days=1))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    leaf.configure_cert(context)
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0, ssl=context)
    async with server:
        yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.mark.parametrize(
    ("status", "cluster"),
    [
        ("dns", {"server": "https://no-such-host.invalid:6443"}),
        ("tls", {"tls-server-name": "somebody-else.example"}),
    ],
)
async def test_a_wrong_host_is_told(
    plane: ControlPlane, status: ReachStatus, cluster: dict[str, Any]
) -> None:
    snapshot = await refresh(edited(plane.kubeconfig_text, cluster=cluster))
    assert (snapshot.reach.status, snapshot.health.status) == (status, "unreachable")
    assert snapshot.server == snapshot.reach.message.split(": ")[1].split()[0]


async def test_a_wrong_port_is_refused(plane: ControlPlane) -> None:
    with refusing_server() as server:
        snapshot = await refresh(edited(plane.kubeconfig_text, cluster={"server": server}))
    assert (snapshot.reach.status, snapshot.health.status) == ("refused", "unreachable")
    assert statuses(snapshot) == dict.fromkeys(FACTS, "error")
    assert snapshot.nodes.reason == "not read: refused"


async def test_a_server_that_says_nothing_is_a_timeout(plane: ControlPlane) -> None:
    with silent_server() as server:
        kubeconfig = edited(plane.kubeconfig_text, cluster={"server": server})
        snapshot = await refresh(kubeconfig, connect_timeout_seconds=0.5)
    assert snapshot.reach.status == "timeout"
    assert 0.5 <= snapshot.reach.seconds < 5


async def test_a_wrong_ca_is_told(plane: ControlPlane) -> None:
    snapshot = await refresh(with_wrong_ca(plane.kubeconfig_text))
    assert (snapshot.reach.status, snapshot.health.status) == ("tls", "unreachable")
    assert "self-signed certificate" in snapshot.reach.message or "unable to get" in (
        snapshot.reach.message
    )


async def test_an_expired_server_certificate_is_told(plane: ControlPlane) -> None:
    authority = trustme.CA()
    data = base64.b64encode(authority.cert_pem.bytes()).decode()
    async with expired_server(authority) as server:
        changed = {"server": server, "certificate-authority-data": data}
        snapshot = await refresh(edited(plane.kubeconfig_text, cluster=changed))
    assert snapshot.reach.status == "tls"
    assert "certificate has expired" in snapshot.reach.message


@pytest.mark.parametrize("credential", ["expired certificate", "bad token"])
async def test_credentials_that_are_not_valid_are_unauthorized(
    plane: ControlPlane, credential: str
) -> None:
    past = datetime.now(UTC) - timedelta(hours=1)
    kubeconfig = {
        "expired certificate": plane.user_kubeconfig("ann", not_after=past),
        "bad token": edited(plane.kubeconfig_text, user={"token": "not-one"}),
    }[credential]
    snapshot = await refresh(kubeconfig)
    assert (snapshot.reach.status, snapshot.health.status) == ("unauthorized", "unauthorized")
    assert "401 Unauthorized" in snapshot.reach.message
    assert snapshot.nodes.reason == "not read: unauthorized"


async def test_a_user_without_any_right_reaches_the_cluster_and_reads_nothing(
    plane: ControlPlane,
) -> None:
    snapshot = await refresh(plane.user_kubeconfig("nobody"))
    assert snapshot.reach.status == "ok"
    assert statuses(snapshot) == dict.fromkeys(FACTS, "denied")
