"""Registering a cluster: what is proved before anything is stored.

- a good one is stored with its settings, and needs the credentials block no more;
- refused, and nothing stored: a taken or bad name, a server that is not reached, credentials that
  are not valid, a permission that is missing, what would run or read something on the worker.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from blocks.cluster import ClusterCredentials
from flows.clusters import register_cluster, show_cluster
from kube.clusters.capability import needed_permissions
from kube.clusters.registration import ClusterSettings
from sandbox.control_plane import ControlPlane
from tasks.cluster_blocks import load_cluster
from tests.fixtures.access import user_with
from tests.fixtures.kubeconfigs import (
    authority_of,
    edited,
    refusing_server,
    silent_server,
    user_of,
    with_wrong_ca,
)
from tests.flows.conftest import MakeCluster, MakeCredentials
from tests.flows.runs import Runs, is_registered

pytestmark = pytest.mark.cluster


async def test_a_good_cluster_is_stored_and_needs_the_credentials_no_more(
    runs: Runs,
    fresh: str,
    forget: Callable[[str], None],
    make_credentials: MakeCredentials,
    plane: ControlPlane,
) -> None:
    forget(fresh)
    credentials = await make_credentials()
    settings = ClusterSettings(environment="staging", labels={"team": "shop"}, work_pool="near")
    run = await runs.direct(register_cluster, fresh, credentials, settings=settings)
    host = plane.url.removeprefix("https://")
    version = plane.api.request("GET", "/version")["gitVersion"]
    assert run.told == ("Completed", f"{fresh} is {host} ({version}); admin may read.")
    row = run.record.result["row"]
    assert (row["server"], row["context"], row["user"]) == (host, "sandbox", "admin")
    assert row["ca_fingerprint"].startswith("sha256:")
    assert run.record.result["capability"] == "read"
    name = credentials._block_document_name
    assert run.record.parameters["credentials"] == {"block": f"capstan-cluster-credentials/{name}"}

    assert name is not None
    await ClusterCredentials.adelete(name)
    cluster = await load_cluster(fresh)
    assert cluster.settings == settings
    shown = await runs.direct(show_cluster, cluster)
    assert shown.record.result["reach"]["status"] == "ok"


async def test_a_taken_name_is_refused_and_its_cluster_stays(
    runs: Runs, make_cluster: MakeCluster, make_credentials: MakeCredentials
) -> None:
    cluster = await make_cluster(environment="production")
    run = await runs.direct(register_cluster, cluster.name, await make_credentials())
    name, message = run.told
    assert name == "Failed"
    assert message.startswith(f"A cluster '{cluster.name}' is registered already.")
    assert run.record.verdict.message == message
    loaded = await load_cluster(cluster.name)
    assert loaded.settings.environment == "production"


@pytest.mark.parametrize("name", ["", "No Spaces", "dotted.name", "-dash", "dash-", "x" * 64, "ä"])
async def test_a_name_that_cannot_be_one_is_told_before_the_cluster_is_asked(
    runs: Runs, make_credentials: MakeCredentials, name: str
) -> None:
    with refusing_server() as server:
        credentials = await make_credentials(method="token", server=server, token=SecretStr("t"))
        run = await runs.direct(register_cluster, name, credentials)
    assert run.state.is_failed()
    assert "lower-case letters, digits and dashes" in run.record.verdict.message
    assert not await is_registered(name or "x")


@pytest.fixture
def kubeconfigs(plane: ControlPlane) -> Iterator[dict[str, str]]:
    """Kubeconfigs with which the control plane is not reached, by the status that tells why."""
    with ExitStack() as stack:
        refusing = stack.enter_context(refusing_server())
        silent = stack.enter_context(silent_server())
        past = datetime.now(UTC) - timedelta(hours=1)
        good = plane.kubeconfig_text
        yield {
            "refused": edited(good, cluster={"server": refusing}),
            "timeout": edited(good, cluster={"server": silent}),
            "tls": with_wrong_ca(good),
            "unauthorized": plane.user_kubeconfig("ann", not_after=past),
        }


@pytest.mark.parametrize(
    ("status", "why"),
    [
        ("refused", "refused the connection; is the API server up, and the port right?"),
        ("timeout", "did not answer in time."),
        ("tls", "failed the TLS handshake"),
        ("unauthorized", "answered 401 Unauthorized"),
    ],
)
async def test_a_cluster_that_is_not_reached_is_not_stored(
    runs: Runs,
    fresh: str,
    kubeconfigs: dict[str, str],
    make_credentials: MakeCredentials,
    status: str,
    why: str,
) -> None:
    credentials = await make_credentials(kubeconfigs[status])
    settings = ClusterSettings(connect_timeout_seconds=1)
    run = await runs.direct(register_cluster, fresh, credentials, settings=settings)
    name, message = run.told
    assert name == run.record.verdict.name == "Refused"
    assert message.startswith(f"The cluster is not reached ({status}): ")
    assert why in message
    assert not await is_registered(fresh)


async def test_a_missing_permission_is_named_with_verb_resource_and_namespace(
    runs: Runs, fresh: str, make_credentials: MakeCredentials, plane: ControlPlane, namespace: str
) -> None:
    needed = needed_permissions("read", [namespace])
    lacking = {p for p in needed if (p.verb, p.resource) == ("list", "pods")}
    credentials = await make_credentials(await user_with(plane, needed - lacking, name=fresh))
    settings = ClusterSettings(allowed_namespaces=[namespace])
    run = await runs.direct(register_cluster, fresh, credentials, settings=settings)
    assert run.told == (
        "Refused",
        f"The capability 'read' needs permissions that '{fresh}' does not have: list pods in "
        f"{namespace}. Grant them (see deployments/rbac/read.yaml) or choose a lower capability.",
    )
    assert not await is_registered(fresh)


async def test_a_reader_is_registered_to_read_and_not_to_operate(
    runs: Runs,
    fresh: str,
    forget: Callable[[str], None],
    make_credentials: MakeCredentials,
    plane: ControlPlane,
    namespace: str,
) -> None:
    forget(fresh)
    reader = await user_with(plane, needed_permissions("read", [namespace]))
    credentials = await make_credentials(reader)
    settings = ClusterSettings(allowed_namespaces=[namespace])
    refused = await runs.direct(
        register_cluster, fresh, credentials, settings=settings, capability="operate"
    )
    assert refused.told[0] == "Refused"
    assert f"create configmaps in {namespace}; " in refused.told[1]
    assert "; and " in refused.told[1]
    assert not await is_registered(fresh)
    accepted = await runs.direct(register_cluster, fresh, credentials, settings=settings)
    assert accepted.told[0] == "Completed"
    everywhere = await runs.direct(register_cluster, f"{fresh}-2", credentials)
    assert everywhere.told[0] == "Refused"
    assert "get pods in all namespaces" in everywhere.told[1]


def plugin_that_signs_in_as(user: dict[str, str], folder: Path) -> Path:
    """Write an exec plugin that hands out a user's certificate, and a file to show that it ran."""
    plugin = folder / "sign-in"
    plugin.write_text(
        f"#!{sys.executable}\n"
        "import base64, json, pathlib\n"
        f"pathlib.Path({str(folder / 'ran')!r}).touch()\n"
        f"user = {json.dumps(user)}\n"
        "pem = {key: base64.b64decode(value).decode() for key, value in user.items()}\n"
        "status = {'clientCertificateData': pem['client-certificate-data'],\n"
        "          'clientKeyData': pem['client-key-data']}\n"
        "version = 'client.authentication.k8s.io/v1'\n"
        "kind = 'ExecCredential'\n"
        "print(json.dumps({'apiVersion': version, 'kind': kind, 'status': status}))\n"
    )
    plugin.chmod(0o700)
    return plugin


async def test_an_exec_plugin_runs_only_where_it_is_allowed(
    runs: Runs,
    fresh: str,
    forget: Callable[[str], None],
    make_credentials: MakeCredentials,
    plane: ControlPlane,
    tmp_path: Path,
) -> None:
    forget(fresh)
    plugin = plugin_that_signs_in_as(user_of(plane.kubeconfig_text), tmp_path)
    call = {"command": str(plugin), "apiVersion": "client.authentication.k8s.io/v1"}
    kubeconfig = edited(plane.kubeconfig_text, user={"exec": call})
    refused = await runs.direct(register_cluster, fresh, await make_credentials(kubeconfig))
    assert refused.told[0] == "Refused"
    assert f"the command '{plugin}' is not allowed on the workers" in refused.told[1]
    assert not (tmp_path / "ran").exists()
    assert not await is_registered(fresh)
    credentials = await make_credentials(kubeconfig, allowed_exec=[str(plugin)])
    allowed = await runs.direct(register_cluster, fresh, credentials)
    assert allowed.told[0] == "Completed"
    assert (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("part", "fields"),
    [
        ("cluster", {"certificate-authority": "ca.crt"}),
        ("user", {"client-certificate": "user.crt", "client-key": "user.key"}),
        ("user", {"tokenFile": "/var/run/token"}),
    ],
)
async def test_files_of_the_worker_are_not_read(
    runs: Runs,
    fresh: str,
    make_credentials: MakeCredentials,
    plane: ControlPlane,
    part: str,
    fields: dict[str, Any],
) -> None:
    credentials = await make_credentials(edited(plane.kubeconfig_text, **{part: fields}))
    run = await runs.direct(register_cluster, fresh, credentials)
    assert run.told[0] == "Refused"
    assert f"points to a file ({next(iter(fields))})" in run.told[1]
    assert not await is_registered(fresh)


async def test_a_token_and_a_ca_are_enough(
    runs: Runs,
    fresh: str,
    forget: Callable[[str], None],
    make_credentials: MakeCredentials,
    plane: ControlPlane,
    namespace: str,
) -> None:
    forget(fresh)
    account = f"{namespace}:default"
    role = ("--clusterrole=cluster-admin", f"--serviceaccount={account}")
    plane.kubectl("create", "clusterrolebinding", namespace, *role)
    fields = {
        "method": "token",
        "server": plane.url,
        "token": SecretStr(plane.kubectl("-n", namespace, "create", "token", "default").strip()),
        "certificate_authority": authority_of(plane.kubeconfig_text),
    }
    run = await runs.direct(
        register_cluster, fresh, await make_credentials(**fields), capability="admin"
    )
    assert run.told[0] == "Completed"
    assert run.record.result["row"]["user"] == "token"
    loaded = await load_cluster(fresh)
    assert loaded.token == fields["token"]

    untrusting = await make_credentials(**{**fields, "certificate_authority": None})
    refused = await runs.direct(register_cluster, f"{fresh}-2", untrusting)
    assert refused.told[0] == "Refused"
    assert "(tls)" in refused.told[1]
