"""TLS against real servers in this process: each failure typed, named, and raised at once."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from aiohttp import web

from kube.api.client import ApiClient, ClientSettings
from kube.api.connection import Connection, ExecPlugin
from kube.api.errors import KubeError, TlsFailure, Unreachable
from kube.api.retry import RetryPolicy
from tests.unit.api.server import canned_server, says

AUTHORITY = trustme.CA()
ANOTHER = trustme.CA()
ANN = AUTHORITY.issue_cert("ann@capstan.invalid", common_name="ann")
HERE = "127.0.0.1"


def pem(authority: trustme.CA = AUTHORITY) -> str:
    return authority.cert_pem.bytes().decode()


def client_pair(leaf: trustme.LeafCert) -> tuple[str, str]:
    chain = "".join(blob.bytes().decode() for blob in leaf.cert_chain_pems)
    return chain, leaf.private_key_pem.bytes().decode()


def server_context(leaf: trustme.LeafCert, *, ask_client: bool = False) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    leaf.configure_cert(context)
    if ask_client:
        context.verify_mode = ssl.CERT_REQUIRED
        AUTHORITY.configure_trust(context)
    return context


async def failure(connection: Connection, settings: ClientSettings) -> KubeError:
    """Return the error of one request, which must not have been tried twice."""
    async with ApiClient(connection, settings) as api:
        with pytest.raises(KubeError) as caught:
            await api.get("/version")
    if isinstance(caught.value, TlsFailure):
        assert api.calls.total() == 1
    return caught.value


async def test_a_server_of_our_authority_is_trusted() -> None:
    async with canned_server(server_context(AUTHORITY.issue_cert(HERE))) as server:
        server.answers(says({"gitVersion": "v1"}))
        async with ApiClient(Connection(server.url, ca=pem())) as api:
            assert await api.get("/version") == {"gitVersion": "v1"}


YESTERDAY = datetime.now(UTC) - timedelta(days=1)


@pytest.mark.parametrize(
    ("leaf", "ca", "cause"),
    [
        (AUTHORITY.issue_cert(HERE), pem(ANOTHER), "unable to get local issuer certificate"),
        (AUTHORITY.issue_cert(HERE), None, "unable to get local issuer certificate"),
        (AUTHORITY.issue_cert(HERE, not_after=YESTERDAY), pem(), "certificate has expired"),
        (AUTHORITY.issue_cert("a.invalid"), pem(), "not valid for '127.0.0.1'"),
    ],
    ids=["wrong CA", "no CA", "expired", "wrong name"],
)
async def test_a_certificate_that_does_not_fit_is_named(
    leaf: trustme.LeafCert, ca: str | None, cause: str, settings: ClientSettings
) -> None:
    async with canned_server(server_context(leaf)) as server:
        error = await failure(Connection(server.url, ca=ca), settings)
    assert isinstance(error, TlsFailure)
    assert cause in str(error)
    assert "check the CA of the kubeconfig, the certificate's dates and the server's name" in str(
        error
    )
    assert server.seen == []


async def test_the_server_name_of_the_kubeconfig_is_checked_instead() -> None:
    async with canned_server(server_context(AUTHORITY.issue_cert("a.invalid"))) as server:
        server.answers(says({}), says({}))
        connection = Connection(server.url, ca=pem(), tls_server_name="a.invalid")
        async with ApiClient(connection) as api:
            assert await api.get("/version") == {}
            async with api.stream("/version", {}) as content:
                assert await content.read() == b"{}"


async def test_verification_can_be_turned_off() -> None:
    async with canned_server(server_context(ANOTHER.issue_cert("a.invalid"))) as server:
        server.answers(says({}))
        connection = Connection(server.url, insecure_skip_tls_verify=True)
        async with ApiClient(connection) as api:
            assert await api.get("/version") == {}


async def peer(request: web.BaseRequest) -> web.StreamResponse:
    """Answer with the common name of the client's certificate."""
    certificate = request.get_extra_info("peercert")
    subject = {key: value for ((key, value),) in certificate["subject"]}
    return await says({"user": subject["commonName"]})(request)


async def test_a_client_certificate_signs_in() -> None:
    context = server_context(AUTHORITY.issue_cert(HERE), ask_client=True)
    certificate, key = client_pair(ANN)
    async with canned_server(context) as server:
        server.answers(peer)
        connection = Connection(
            server.url, ca=pem(), client_certificate=certificate, client_key=key
        )
        async with ApiClient(connection) as api:
            assert await api.get("/version") == {"user": "ann"}


async def test_a_client_certificate_of_an_exec_plugin_signs_in(tmp_path: Path) -> None:
    certificate, key = client_pair(ANN)
    status = {"clientCertificateData": certificate, "clientKeyData": key}
    script = tmp_path / "plugin.py"
    script.write_text(f"print({json.dumps({'status': status})!r})")
    plugin = ExecPlugin(
        sys.executable, "client.authentication.k8s.io/v1", ("-I", "-S", str(script))
    )
    context = server_context(AUTHORITY.issue_cert(HERE), ask_client=True)
    async with canned_server(context) as server:
        server.answers(peer)
        async with ApiClient(Connection(server.url, ca=pem(), exec_plugin=plugin)) as api:
            assert await api.get("/version") == {"user": "ann"}


@pytest.fixture
def blocking_server() -> Iterator[int]:
    """A server that demands a client certificate; asyncio's own drops the alert that says so."""
    context = server_context(AUTHORITY.issue_cert(HERE), ask_client=True)
    listening = socket.create_server((HERE, 0))

    def serve() -> None:
        while True:
            try:
                accepted, _ = listening.accept()
            except OSError:
                return
            with accepted.dup() as held:  # closing with unread bytes would overtake the alert
                try:
                    context.wrap_socket(accepted, server_side=True).close()
                except (ssl.SSLError, OSError):
                    held.recv(4096)

    thread = threading.Thread(target=serve)
    thread.start()
    yield listening.getsockname()[1]
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    thread.join()


@pytest.mark.parametrize(
    ("leaf", "cause"),
    [(None, "CERTIFICATE_REQUIRED"), (ANOTHER.issue_cert("x@a.invalid"), "UNKNOWN_CA")],
    ids=["no client certificate", "of another CA"],
)
async def test_a_refused_client_certificate_is_named(
    blocking_server: int, leaf: trustme.LeafCert | None, cause: str, settings: ClientSettings
) -> None:
    certificate, key = client_pair(leaf) if leaf else (None, None)
    connection = Connection(
        f"https://{HERE}:{blocking_server}",
        ca=pem(),
        client_certificate=certificate,
        client_key=key,
    )
    error = await failure(connection, settings)
    assert isinstance(error, TlsFailure)
    assert cause in str(error)
    assert "check the client certificate of the kubeconfig" in str(error)


async def test_a_server_that_speaks_no_tls_is_named(settings: ClientSettings) -> None:
    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.invalid ESMTP\r\n")
        await reader.read()
        writer.close()

    async with await asyncio.start_server(speak, HERE, 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        error = await failure(Connection(f"https://{HERE}:{port}", ca=pem()), settings)
    assert isinstance(error, TlsFailure)
    assert "WRONG_VERSION_NUMBER" in str(error)


async def test_a_handshake_that_hangs_ends_with_the_connect_timeout() -> None:
    settings = ClientSettings(connect_timeout_seconds=0.05, retry=RetryPolicy(attempts=1))
    with socket.create_server((HERE, 0)) as silent:  # the kernel accepts, nobody answers
        port = silent.getsockname()[1]
        error = await failure(Connection(f"https://{HERE}:{port}", ca=pem()), settings)
    assert isinstance(error, Unreachable)
    assert error.reason == "timeout"


async def test_a_handshake_that_is_cut_may_be_tried_again(settings: ClientSettings) -> None:
    async def cut(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with await asyncio.start_server(cut, HERE, 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        error = await failure(Connection(f"https://{HERE}:{port}", ca=pem()), settings)
    assert isinstance(error, Unreachable)
    assert error.reason == "connection"
