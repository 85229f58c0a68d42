"""deployments/rbac on a real API server.

- the service account of a level, by a short-lived token, misses nothing of its level;
- it misses something of the next level;
- a refresh by the reader is denied no fact;
- bound in one namespace, a role suffices for a cluster confined to it, and for no other.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import get_args

import pytest

from kube.api.access import Permission, missing_permissions
from kube.api.client import ApiClient
from kube.api.kubeconfig import parse_kubeconfig
from kube.clusters.capability import CapabilityLevel, needed_permissions
from kube.clusters.measurement import measure
from kube.clusters.reach import probe
from sandbox.control_plane import ControlPlane

pytestmark = pytest.mark.cluster

RBAC = Path(__file__).resolve().parents[2] / "deployments" / "rbac"
LEVELS: tuple[CapabilityLevel, ...] = get_args(CapabilityLevel)
FACTS = ("nodes", "pods", "namespaces", "workloads", "claims", "events", "usage", "resources")
AUTHORIZER_SECONDS = 20


@pytest.fixture(scope="module", autouse=True)
def applied(plane: ControlPlane) -> None:
    """The manifests of all levels, as a person applies them; they are in nobody's way."""
    plane.kubectl("apply", "-f", str(RBAC))


@asynccontextmanager
async def account_of(plane: ControlPlane, level: CapabilityLevel) -> AsyncIterator[ApiClient]:
    """A client with a token made as the manual says."""
    words = f"create token capstan-{level} --namespace capstan --duration 10m"
    admin = parse_kubeconfig(plane.kubeconfig_text)
    connection = replace(
        admin,
        client_certificate=None,
        client_key=None,
        token=plane.kubectl(*words.split()).strip(),
    )
    async with ApiClient(connection) as client:
        yield client


async def finally_missing(
    api: ApiClient, permissions: Iterable[Permission]
) -> tuple[Permission, ...]:
    """Return what is missing once the authorizer knows the bindings, a moment after they are."""
    missing = tuple(permissions)
    with suppress(TimeoutError):
        async with asyncio.timeout(AUTHORIZER_SECONDS):
            while missing:
                missing = await missing_permissions(api, missing)
    return missing


@pytest.mark.parametrize("level", LEVELS)
async def test_an_account_misses_nothing_of_its_level(
    plane: ControlPlane, level: CapabilityLevel
) -> None:
    async with account_of(plane, level) as api:
        assert await finally_missing(api, needed_permissions(level)) == ()


@pytest.mark.parametrize(("level", "higher"), list(pairwise(LEVELS)))
async def test_an_account_misses_some_of_the_next_level(
    plane: ControlPlane, level: CapabilityLevel, higher: CapabilityLevel
) -> None:
    async with account_of(plane, level) as api:
        assert await finally_missing(api, needed_permissions(level)) == ()
        beyond = needed_permissions(higher) - needed_permissions(level)
        assert set(await missing_permissions(api, needed_permissions(higher))) == beyond


async def test_a_reader_may_not_see_a_secret(plane: ControlPlane) -> None:
    secrets = {Permission(verb, "secrets") for verb in ("get", "list", "watch")}
    async with account_of(plane, "read") as api:
        assert set(await missing_permissions(api, secrets)) == secrets


async def test_a_reader_is_denied_no_fact_of_a_refresh(plane: ControlPlane) -> None:
    async with account_of(plane, "read") as api:
        assert await finally_missing(api, needed_permissions("read")) == ()
        reach = await probe(api)
        snapshot = await measure(api, reach, datetime.now(UTC), None)
    assert (reach.status, reach.failing_checks) == ("ok", ())
    assert reach.version
    facts = {name: getattr(snapshot, name) for name in FACTS}
    assert not {name: fact.reason for name, fact in facts.items() if fact.status == "denied"}
    assert snapshot.cluster_uid


@pytest.mark.parametrize("level", ["read", "operate"])
async def test_a_user_bound_in_one_namespace_has_the_level_there_alone(
    plane: ControlPlane, namespace: str, level: CapabilityLevel
) -> None:
    user = f"{level}-of-{namespace}"
    whole = f"capstan-{level}-cluster"
    plane.kubectl("create", "clusterrolebinding", user, f"--clusterrole={whole}", f"--group={user}")
    plane.kubectl(
        "create", "rolebinding", user, "-n", namespace, f"--clusterrole=capstan-{level}",
        f"--group={user}",
    )  # fmt: skip
    async with ApiClient(parse_kubeconfig(plane.user_kubeconfig("ann", (user,)))) as api:
        assert await finally_missing(api, needed_permissions(level, [namespace])) == ()
        elsewhere = {p for p in needed_permissions(level, ["default"]) if p.namespace}
        assert set(await missing_permissions(api, elsewhere)) == elsewhere
    plane.kubectl("delete", "clusterrolebinding", user)
