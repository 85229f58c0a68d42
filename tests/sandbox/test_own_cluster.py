from pathlib import Path

import pytest
import yaml

from sandbox.control_plane import ControlPlane
from sandbox.errors import KubectlFailed
from sandbox.own_cluster import OwnCluster

pytestmark = pytest.mark.cluster


@pytest.fixture
def named(plane: ControlPlane) -> OwnCluster:
    return OwnCluster(plane.binary("kubectl"), plane.kubeconfig, "sandbox")


def test_a_named_context_is_used(named: OwnCluster) -> None:
    assert named.kubectl("get", "--raw", "/readyz") == "ok"


def test_its_kubeconfig_holds_that_context_alone(named: OwnCluster, plane: ControlPlane) -> None:
    config = yaml.safe_load(named.kubeconfig_text)
    assert [context["name"] for context in config["contexts"]] == ["sandbox"]
    assert config["clusters"][0]["cluster"]["server"] == plane.url


def test_an_unknown_context_is_refused(plane: ControlPlane) -> None:
    cluster = OwnCluster(plane.binary("kubectl"), plane.kubeconfig, "elsewhere")
    with pytest.raises(KubectlFailed, match="elsewhere"):
        cluster.kubectl("get", "nodes")


def test_an_absent_file_is_refused(plane: ControlPlane, tmp_path: Path) -> None:
    cluster = OwnCluster(plane.binary("kubectl"), tmp_path / "absent", "sandbox")
    with pytest.raises(KubectlFailed):
        _ = cluster.kubeconfig_text


def test_ones_own_cluster_can_be_written_to(own_cluster: OwnCluster, own_namespace: str) -> None:
    own_cluster.kubectl("-n", own_namespace, "create", "configmap", "given")
    names = own_cluster.kubectl("-n", own_namespace, "get", "configmaps", "-o", "name")
    assert "configmap/given" in names
