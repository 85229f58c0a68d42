"""The client against a real API server.

- discovery: kinds that are there, kinds that come later;
- lists in pages, as many as kubectl counts;
- watches: add, modify, delete, and a place that is gone;
- writes: field manager, dry run, conflicts, odd names;
- refusals: 401, 403, 404, 409, 422, each typed, and a Secret's values never in the text.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kube.api.access import Permission, missing_permissions
from kube.api.client import APPLY, ApiClient, ClientSettings
from kube.api.discovery import Discovery
from kube.api.errors import (
    Conflict,
    Forbidden,
    Gone,
    InvalidRequest,
    NotFound,
    Unauthorized,
    UnknownKind,
)
from kube.api.kubeconfig import parse_kubeconfig
from kube.api.listing import METADATA_ONLY, Collected, list_all, reduce_list
from kube.api.watch import watch
from kube.objects.resource import ResourceType
from sandbox.control_plane import ControlPlane

pytestmark = pytest.mark.cluster

CONFIG_MAP = ResourceType("", "v1", "ConfigMap", "configmaps", namespaced=True)
SECRET = ResourceType("", "v1", "Secret", "secrets", namespaced=True)
CLUSTER_ROLE = ResourceType(
    "rbac.authorization.k8s.io", "v1", "ClusterRole", "clusterroles", namespaced=False
)
WIDGETS = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "widgets.capstan.invalid"},
    "spec": {
        "group": "capstan.invalid",
        "scope": "Namespaced",
        "names": {
            "plural": "widgets",
            "singular": "widget",
            "kind": "Widget",
            "shortNames": ["wg"],
        },
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {"openAPIV3Schema": {"type": "object"}},
            }
        ],
    },
}


def config_map(name: str, **data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


async def apply(api: ApiClient, namespace: str, name: str, **data: str) -> Any:
    path = CONFIG_MAP.path(namespace, name)
    return await api.write("PATCH", path, config_map(name, **data), content_type=APPLY)


@pytest.fixture
async def ann(plane: ControlPlane) -> AsyncIterator[ApiClient]:
    """A user who may do nothing yet."""
    async with ApiClient(parse_kubeconfig(plane.user_kubeconfig("ann"))) as client:
        yield client


async def test_discovery_finds_built_in_kinds_by_any_name(api: ApiClient) -> None:
    discovery = Discovery(api)
    for name in ("deploy", "deployments", "Deployment", "deployment"):
        kind = await discovery.find(name)
        assert (kind.api_version, kind.namespaced) == ("apps/v1", True)
    assert {"get", "list", "patch", "delete"} <= set(kind.verbs)
    assert (await discovery.find("Event")).api_version == "v1"
    assert not (await discovery.find("no")).namespaced


async def test_a_kind_that_was_created_later_is_found_and_has_no_past(api: ApiClient) -> None:
    discovery = Discovery(api)
    with pytest.raises(UnknownKind, match="'wg'"):
        await discovery.find("wg")
    definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    await api.write("POST", definitions, WIDGETS)
    try:
        found = None
        async with asyncio.timeout(10):
            while found is None:  # it is served a moment after it was created
                try:
                    found = await discovery.find("wg")
                except UnknownKind:
                    continue
        assert found.path("shop") == "/apis/capstan.invalid/v1/namespaces/shop/widgets"
        # A new kind has no past: the server cannot go back to where another watch left off.
        with pytest.raises(Gone, match="410 Expired: too old resource version"):
            await anext(watch(api, found.path(), "1"))
    finally:
        await api.write("DELETE", f"{definitions}/widgets.capstan.invalid")


async def test_a_long_list_is_what_kubectl_counts(
    api: ApiClient, plane: ControlPlane, namespace: str
) -> None:
    await asyncio.gather(*(apply(api, namespace, f"cm-{n}", n=str(n)) for n in range(1250)))
    before = api.calls["GET"]
    found = await list_all(api, CONFIG_MAP.path(namespace))
    names = {item["metadata"]["name"] for item in found}
    assert api.calls["GET"] - before == 3
    assert len(names) == len(found)
    counted = plane.kubectl("get", "configmaps", "-n", namespace, "-o", "name").split()
    assert names == {name.removeprefix("configmap/") for name in counted}
    assert len(found) > 1250


async def test_metadata_only_leaves_the_data_out(api: ApiClient, namespace: str) -> None:
    await apply(api, namespace, "a", key="value")
    path = CONFIG_MAP.path(namespace)
    found = await reduce_list(api, path, lambda: Collected([]), accept=METADATA_ONLY)
    names = {item["metadata"]["name"] for item in found.items}
    assert "a" in names
    assert not any("data" in item for item in found.items)


async def test_a_watch_sees_what_happens_after_the_list(api: ApiClient, namespace: str) -> None:
    path = CONFIG_MAP.path(namespace)
    query = {"fieldSelector": "metadata.name=a"}
    place = (await api.get(path, query))["metadata"]["resourceVersion"]
    seen = []
    async with asyncio.timeout(20), aclosing(watch(api, path, place, query)) as changes:
        await apply(api, namespace, "a", step="one")
        await apply(api, namespace, "b", step="not asked for")
        await apply(api, namespace, "a", step="two")
        await api.write("DELETE", CONFIG_MAP.path(namespace, "a"))
        async for change in changes:
            seen.append((change.type, change.object["data"]["step"]))
            if change.type == "DELETED":
                break
    assert seen == [("ADDED", "one"), ("MODIFIED", "two"), ("DELETED", "two")]


async def test_server_side_apply_owns_its_fields_as_capstan(api: ApiClient, namespace: str) -> None:
    applied = await apply(api, namespace, "a", key="value")
    (entry,) = applied["metadata"]["managedFields"]
    assert (entry["manager"], entry["operation"]) == ("capstan", "Apply")
    assert entry["fieldsV1"] == {"f:data": {"f:key": {}}}


async def test_a_field_of_another_manager_is_a_conflict_until_forced(
    api: ApiClient, plane: ControlPlane, namespace: str
) -> None:
    plane.kubectl("create", "configmap", "a", "-n", namespace, "--from-literal=key=theirs")
    with pytest.raises(Conflict, match="kubectl-create") as caught:
        await apply(api, namespace, "a", key="ours")
    assert (caught.value.status, caught.value.reason) == (409, "Conflict")
    body, path = config_map("a", key="ours"), CONFIG_MAP.path(namespace, "a")
    forced = await api.write("PATCH", path, body, content_type=APPLY, query={"force": "true"})
    assert forced["data"] == {"key": "ours"}


async def test_a_dry_run_checks_every_write_and_stores_none(api: ApiClient, namespace: str) -> None:
    kept = await apply(api, namespace, "kept", key="value")
    path, kept_path = CONFIG_MAP.path(namespace), CONFIG_MAP.path(namespace, "kept")
    async with ApiClient(api.connection, ClientSettings(dry_run=True)) as rehearsal:
        changed = await apply(rehearsal, namespace, "kept", key="changed")
        await apply(rehearsal, namespace, "new", key="value")
        await rehearsal.write("POST", path, config_map("created"))
        await rehearsal.write("DELETE", kept_path)
        with pytest.raises(InvalidRequest):
            await rehearsal.write("POST", path, config_map("No Such Name"))
    assert changed["data"] == {"key": "changed"}
    assert await api.get(kept_path) == kept
    names = {item["metadata"]["name"] for item in await list_all(api, path)}
    assert names <= {"kept", "kube-root-ca.crt"}


async def test_an_object_whose_name_holds_odd_letters_is_found(api: ApiClient) -> None:
    name = "capstan:odd?name=#1 é"
    body = {
        "apiVersion": CLUSTER_ROLE.api_version,
        "kind": "ClusterRole",
        "metadata": {"name": name},
        "rules": [],
    }
    await api.write("POST", CLUSTER_ROLE.path(), body)
    found = await api.get(CLUSTER_ROLE.path(name=name))
    assert found["metadata"]["name"] == name
    await api.write("DELETE", CLUSTER_ROLE.path(name=name))
    with pytest.raises(NotFound):
        await api.get(CLUSTER_ROLE.path(name=name))


async def test_a_bad_token_is_unauthorized(api: ApiClient) -> None:
    connection = replace(api.connection, client_certificate=None, client_key=None, token="bad")
    async with ApiClient(connection) as stranger:
        with pytest.raises(Unauthorized, match="GET /api/v1/nodes answered 401 Unauthorized"):
            await stranger.get("/api/v1/nodes")
        assert stranger.calls.total() == 1


async def test_an_expired_client_certificate_is_unauthorized(plane: ControlPlane) -> None:
    expired = plane.user_kubeconfig("ann", not_after=datetime.now(UTC) - timedelta(hours=1))
    async with ApiClient(parse_kubeconfig(expired)) as client:
        with pytest.raises(Unauthorized) as caught:
            await client.get("/api/v1/nodes")
    assert caught.value.status == 401


async def test_what_rbac_does_not_allow_is_forbidden_with_the_reason(
    ann: ApiClient, namespace: str
) -> None:
    with pytest.raises(Forbidden, match=f'User "ann" cannot list .* "{namespace}"') as caught:
        await list_all(ann, CONFIG_MAP.path(namespace))
    assert (caught.value.status, caught.value.reason) == (403, "Forbidden")
    with pytest.raises(Forbidden):
        await anext(watch(ann, CONFIG_MAP.path(namespace), "0"))
    assert ann.calls.total() == 2


async def test_missing_permissions_are_what_rbac_does_not_grant(
    ann: ApiClient, plane: ControlPlane, namespace: str
) -> None:
    read = Permission("list", "pods", namespace=namespace)
    scale = Permission("update", "deployments", "apps", namespace, "scale")
    nodes = Permission("delete", "nodes")
    wanted = [read, scale, nodes]
    assert await missing_permissions(ann, wanted) == tuple(sorted(wanted))
    role = ("--clusterrole=view", "--user=ann", "-n", namespace)
    plane.kubectl("create", "rolebinding", "ann-views", *role)
    async with asyncio.timeout(10):
        while read in (missing := await missing_permissions(ann, wanted)):
            pass  # the authorizer learns of a binding a moment after it was created
    assert missing == (nodes, scale)


async def test_what_exists_or_is_not_valid_is_typed(api: ApiClient, namespace: str) -> None:
    await apply(api, namespace, "a")
    with pytest.raises(Conflict) as exists:
        await api.write("POST", CONFIG_MAP.path(namespace), config_map("a"))
    assert exists.value.reason == "AlreadyExists"
    with pytest.raises(InvalidRequest, match=r"answered 422 Invalid: .*data\[bad key\]") as invalid:
        await apply(api, namespace, "a", **{"bad key": "x"})
    assert invalid.value.status == 422
    with pytest.raises(NotFound, match=r"answered 404 NotFound: .*nowhere"):
        await api.get(CONFIG_MAP.path(namespace, "nowhere"))


@pytest.mark.parametrize("data", [{"bad c4n4ry": "eA=="}, {"password": "c4n4ry, not base64"}])
async def test_a_refused_secret_is_not_quoted(
    api: ApiClient, namespace: str, data: dict[str, str]
) -> None:
    body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}, "data": data}
    with pytest.raises(InvalidRequest, match="text is withheld for Secrets") as caught:
        await api.write("POST", SECRET.path(namespace), body)
    if "password" in data:
        assert "c4n4ry" not in str(caught.value)
    else:
        assert "fields: data[bad c4n4ry]" in str(caught.value)


async def test_a_write_is_logged_as_one_request(
    api: ApiClient, plane: ControlPlane, namespace: str
) -> None:
    await apply(api, namespace, "audited")
    assert plane.audit_log is not None
    entries = [json.loads(line) for line in plane.audit_log.read_text().splitlines()]
    mine = [e for e in entries if e.get("objectRef", {}).get("name") == "audited"]
    assert [(e["verb"], e["userAgent"]) for e in mine] == [("patch", "capstan")]
