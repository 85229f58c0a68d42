from __future__ import annotations

import asyncio
import os
import signal
from base64 import b64encode
from contextlib import suppress
from dataclasses import replace
from typing import Any

import orjson

from kube.api.connection import Connection, ExecPlugin, is_bearer_token
from kube.api.errors import InvalidKubeconfig, Unauthorized

EXEC_TIMEOUT_SECONDS = 30.0


async def sign_in(connection: Connection) -> Connection:
    """Return the connection with a fresh credential from its token file or exec plugin.

    A connection with a static credential comes back as it is. Called once when a client opens, and
    once more after a 401: exec and ServiceAccount tokens expire while a client lives.

    Raises:
        Unauthorized: The plugin cannot be run, failed, or printed no credential; or the token file
            cannot be read.
    """
    if connection.read_token is not None:
        try:
            return replace(connection, token=connection.read_token())
        except OSError as error:
            raise Unauthorized(
                f"The token of user {connection.user!r} cannot be read ({error.strerror}); is the "
                "ServiceAccount's volume mounted?",
                status=401,
            ) from error
    if connection.exec_plugin is None:
        return connection
    status = await _run(connection.exec_plugin, _cluster_info(connection))
    token = str(status.get("token") or "")
    if token and not is_bearer_token(token):
        raise _failure(connection.exec_plugin, "its token is not one word")
    if status.get("clientCertificateData") and status.get("clientKeyData"):
        return replace(
            connection,
            client_certificate=str(status["clientCertificateData"]),
            client_key=str(status["clientKeyData"]),
            token=token or connection.token,
        )
    if not token:
        raise _failure(connection.exec_plugin, "it printed neither a token nor a certificate")
    return replace(connection, token=token)


def _cluster_info(connection: Connection) -> dict[str, Any]:
    """Return what a plugin with `provideClusterInfo` is told of the cluster."""
    info = {
        "server": connection.server,
        "tls-server-name": connection.tls_server_name,
        "insecure-skip-tls-verify": connection.insecure_skip_tls_verify,
        "certificate-authority-data": b64encode((connection.ca or "").encode()).decode(),
        "proxy-url": connection.proxy_url,
    }
    return {key: value for key, value in info.items() if value}


async def _run(plugin: ExecPlugin, cluster: dict[str, Any]) -> dict[str, Any]:
    spec: dict[str, Any] = {"interactive": False}
    if plugin.provide_cluster_info:
        spec["cluster"] = cluster
    info = {"apiVersion": plugin.api_version, "kind": "ExecCredential", "spec": spec}
    env = {**os.environ, **dict(plugin.env), "KUBERNETES_EXEC_INFO": orjson.dumps(info).decode()}
    try:
        process = await asyncio.create_subprocess_exec(
            plugin.command,
            *plugin.args,
            env=env,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        raise _failure(plugin, f"it cannot be started: {error.strerror}") from error
    try:
        output, _ = await asyncio.wait_for(process.communicate(), EXEC_TIMEOUT_SECONDS)
    except (TimeoutError, asyncio.CancelledError) as error:
        # The whole group: a child of the plugin would keep its pipe, and us, waiting.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
        if isinstance(error, asyncio.CancelledError):
            raise
        raise _failure(plugin, f"no answer within {EXEC_TIMEOUT_SECONDS:.0f} s") from None
    if process.returncode:
        # What it wrote is not quoted: plugins print tokens and requests into their errors.
        raise _failure(plugin, f"exit code {process.returncode}")
    try:
        status = orjson.loads(output).get("status")
    except (orjson.JSONDecodeError, AttributeError):
        status = None
    if not isinstance(status, dict):
        raise _failure(plugin, "its output is no ExecCredential with a status")
    return status


def _failure(plugin: ExecPlugin, what: str) -> Unauthorized:
    return Unauthorized(
        f"The exec plugin {plugin.command!r} gave no credential: {what}. Run it by hand on the "
        "worker to see why.",
        status=401,
    )


def require_credential(connection: Connection) -> None:
    """Refuse a connection that could only be anonymous.

    Raises:
        InvalidKubeconfig: It holds no token, certificate, exec plugin or token file.
    """
    if not any(
        (connection.token, connection.client_key, connection.exec_plugin, connection.read_token)
    ):
        raise InvalidKubeconfig(
            f"The user {connection.user!r} has no credential: token, client certificate with key, "
            "or exec plugin."
        )
