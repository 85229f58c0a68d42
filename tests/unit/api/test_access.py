"""Which permissions are missing, asked of the API server itself."""

from __future__ import annotations

from typing import Any

import orjson
from aiohttp import web

from kube.api.access import Permission, missing_permissions
from kube.api.client import ApiClient
from tests.unit.api.server import CannedServer, says

READ = Permission("get", "pods", namespace="shop")
SCALE = Permission("update", "deployments", "apps", "shop", "scale")
NODES = Permission("list", "nodes")


async def test_only_what_the_server_denies_is_missing_and_each_is_asked_once(
    api: ApiClient, server: CannedServer
) -> None:
    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        attributes = orjson.loads(server.seen[-1].body)["spec"]["resourceAttributes"]
        return await says({"status": {"allowed": attributes["verb"] == "get"}}, 201)(request)

    server.answers(otherwise=answer)
    missing = await missing_permissions(api, [SCALE, READ, NODES, READ, SCALE])
    assert missing == (NODES, SCALE)
    assert server.methods == ["POST"] * 3


async def test_the_review_names_everything(api: ApiClient, server: CannedServer) -> None:
    server.answers(says({"status": {"allowed": True}}))
    assert await missing_permissions(api, [SCALE]) == ()
    sent: dict[str, Any] = orjson.loads(server.seen[0].body)
    assert server.seen[0].path == "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    assert sent["spec"]["resourceAttributes"] == {
        "verb": "update",
        "group": "apps",
        "resource": "deployments",
        "subresource": "scale",
        "namespace": "shop",
    }


def test_a_permission_speaks_like_kubectl() -> None:
    assert str(SCALE) == "update deployments.apps/scale in shop"
    assert str(NODES) == "list nodes in all namespaces"
