"""The path of a kind's collection and of one object."""

from __future__ import annotations

import pytest

from kube.objects.resource import ResourceType

DEPLOYMENT = ResourceType("apps", "v1", "Deployment", "deployments", namespaced=True)
POD = ResourceType("", "v1", "Pod", "pods", namespaced=True)
NODE = ResourceType("", "v1", "Node", "nodes", namespaced=False)
ROLE = ResourceType(
    "rbac.authorization.k8s.io", "v1", "ClusterRole", "clusterroles", namespaced=False
)
ROLES = "/apis/rbac.authorization.k8s.io/v1/clusterroles"


@pytest.mark.parametrize(
    ("kind", "namespace", "name", "path"),
    [
        (POD, None, None, "/api/v1/pods"),
        (POD, "", None, "/api/v1/pods"),
        (POD, "shop", None, "/api/v1/namespaces/shop/pods"),
        (POD, "shop", "web-0", "/api/v1/namespaces/shop/pods/web-0"),
        (DEPLOYMENT, None, None, "/apis/apps/v1/deployments"),
        (DEPLOYMENT, "shop", "web", "/apis/apps/v1/namespaces/shop/deployments/web"),
        (NODE, None, None, "/api/v1/nodes"),
        (NODE, "shop", "node-0", "/api/v1/nodes/node-0"),
        (ROLE, None, "system:node", f"{ROLES}/system:node"),
    ],
)
def test_each_kind_has_its_path(
    kind: ResourceType, namespace: str | None, name: str | None, path: str
) -> None:
    assert kind.path(namespace, name) == path


@pytest.mark.parametrize("name", ["", ".", ".."])
def test_a_name_that_would_name_something_else_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no name of an object"):
        POD.path("shop", name)


def test_a_namespace_cannot_climb_out_of_its_place() -> None:
    with pytest.raises(ValueError, match="no name of an object"):
        POD.path("..", "web-0")
    assert POD.path("a/../b", "c") == "/api/v1/namespaces/a%2F..%2Fb/pods/c"


@pytest.mark.parametrize(
    ("name", "segment"),
    [
        ("../../namespaces/kube-system", "..%2F..%2Fnamespaces%2Fkube-system"),
        ("a?dryRun=All", "a%3FdryRun%3DAll"),
        ("a#b c%2F", "a%23b%20c%252F"),
    ],
)
def test_a_name_is_one_segment_whatever_it_holds(name: str, segment: str) -> None:
    assert ROLE.path(name=name) == f"{ROLES}/{segment}"


def test_the_core_group_has_a_version_alone() -> None:
    assert (POD.api_version, DEPLOYMENT.api_version) == ("v1", "apps/v1")
