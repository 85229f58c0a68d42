"""Waiting until deleted objects are gone, on a real API server."""

from __future__ import annotations

import asyncio

import pytest

from kube.api.access import Permission
from kube.api.client import MERGE_PATCH, ApiClient
from kube.api.kubeconfig import parse_kubeconfig
from kube.execution.gone import wait_gone
from kube.objects.ref import ObjectRef
from kube.objects.resource import ResourceType
from kube.plans.change import Change
from kube.plans.deletion import deletion
from sandbox.control_plane import ControlPlane
from tests.fixtures.access import user_with

pytestmark = pytest.mark.cluster

NAMESPACES = ResourceType("", "v1", "Namespace", "namespaces", namespaced=False)
CONFIG_MAPS = ResourceType("", "v1", "ConfigMap", "configmaps", namespaced=True)


def deleted(resource: ResourceType, live: dict[str, dict[str, str]]) -> Change:
    """Return the change that deleted an object."""
    metadata = live["metadata"]
    ref = ObjectRef(
        api_version=resource.api_version,
        kind=resource.kind,
        name=metadata["name"],
        namespace=metadata.get("namespace"),
    )
    return deletion(resource, ref, live, step=0, reason="")


async def test_what_is_left_in_a_namespace_is_named_with_its_finalizers(
    api: ApiClient, plane: ControlPlane, namespace: str
) -> None:
    held = {"metadata": {"name": "held", "finalizers": ["example.com/hold"]}}
    path = CONFIG_MAPS.path(namespace)
    await api.write("POST", path, held)
    change = deleted(NAMESPACES, await api.get(NAMESPACES.path(None, namespace)))
    await api.write("DELETE", NAMESPACES.path(None, namespace))

    def is_judged() -> bool:
        found = plane.api.request("GET", NAMESPACES.path(None, namespace))
        conditions = found["status"].get("conditions", ())
        return any(
            one["type"] == "NamespaceFinalizersRemaining" and one["status"] == "True"
            for one in conditions
        )

    plane.wait_until("the namespace's controller", is_judged, timeout_seconds=30)
    left = await wait_gone(api, [change], timeout_seconds=0.5)
    message = left[change.ref].message
    assert "finalizer kubernetes" in message
    assert "example.com/hold in 1 resource instances" in message
    patch = {"metadata": {"finalizers": None}}
    await api.write("PATCH", f"{path}/held", patch, content_type=MERGE_PATCH)


async def test_an_object_that_was_made_anew_counts_as_gone(api: ApiClient, namespace: str) -> None:
    path = CONFIG_MAPS.path(namespace)
    changes = []
    for number in range(5):
        body = {"metadata": {"name": f"a{number}"}}
        changes.append(deleted(CONFIG_MAPS, await api.write("POST", path, body)))
        await api.write("DELETE", f"{path}/a{number}")
        await api.write("POST", path, body)
    assert await wait_gone(api, changes, timeout_seconds=20) == {}


async def test_a_user_who_may_not_watch_waits_all_the_same(
    api: ApiClient, plane: ControlPlane, namespace: str
) -> None:
    path = CONFIG_MAPS.path(namespace)
    held = {"metadata": {"name": "held", "finalizers": ["example.com/hold"]}}
    change = deleted(CONFIG_MAPS, await api.write("POST", path, held))
    await api.write("DELETE", f"{path}/held")
    permissions = [Permission("get", "configmaps", namespace=namespace)]
    kubeconfig = await user_with(plane, permissions)
    async with ApiClient(parse_kubeconfig(kubeconfig)) as reader:
        waits = asyncio.create_task(wait_gone(reader, [change], timeout_seconds=20))
        patch = {"metadata": {"finalizers": None}}
        await api.write("PATCH", f"{path}/held", patch, content_type=MERGE_PATCH)
        assert await waits == {}
