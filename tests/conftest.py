"""Fixtures that every tier shares: one control plane a session, one namespace a test."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.binaries.resolver import resolve
from sandbox.control_plane import ControlPlane
from sandbox.own_cluster import OwnCluster
from sandbox.readiness import exists

NAMESPACE_SECONDS = 20.0


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a person name a cluster of their own for the tests that are meant for one."""
    group = parser.getgroup("a cluster of your own (images must be pullable, probes are real)")
    group.addoption("--kubeconfig", type=Path, metavar="FILE", help="its kubeconfig")
    group.addoption("--kube-context", metavar="NAME", help="the context in it, by name")


@pytest.fixture(scope="session")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A control plane with three nodes, metrics and an audit log, for the whole session."""
    folder = tmp_path_factory.mktemp("plane")
    with ControlPlane(state=folder, nodes=3, metrics=True, audit=True) as started:
        yield started


@pytest.fixture
def namespace(plane: ControlPlane) -> Iterator[str]:
    """The name of a fresh namespace in which pods can be created; deleted without waiting."""
    name = _fresh_name()
    path = f"/api/v1/namespaces/{name}"
    plane.api.request("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
    # Without its default service account a namespace refuses pods.
    plane.wait_until(
        f"namespace {name}",
        lambda: exists(plane.api, f"{path}/serviceaccounts/default"),
        timeout_seconds=NAMESPACE_SECONDS,
    )
    yield name
    if exists(plane.api, path):
        plane.api.request("DELETE", path)


@pytest.fixture(scope="session")
def own_cluster(pytestconfig: pytest.Config) -> OwnCluster:
    """The cluster named with ``--kubeconfig`` and ``--kube-context``; skips without them."""
    kubeconfig = pytestconfig.getoption("--kubeconfig")
    context = pytestconfig.getoption("--kube-context")
    if not kubeconfig or not context:
        pytest.skip("needs a cluster of your own: --kubeconfig FILE --kube-context NAME")
    return OwnCluster(resolve(["kubectl"])["kubectl"], kubeconfig, context)


@pytest.fixture
def own_namespace(own_cluster: OwnCluster) -> Iterator[str]:
    """A fresh namespace of one's own cluster, the only place where a test may write there."""
    name = _fresh_name()
    own_cluster.kubectl("create", "namespace", name)
    yield name
    own_cluster.kubectl("delete", "namespace", name, "--wait=false")


def _fresh_name() -> str:
    """Return a namespace name nobody has."""
    return f"test-{uuid.uuid4().hex[:10]}"
