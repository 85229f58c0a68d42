"""Which kinds a cluster serves: found by any name, read once, read anew for an unknown one."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from kube.api.client import ApiClient
from kube.api.discovery import Discovery
from kube.api.errors import InvalidRequest, KubeError, UnknownKind, Unreachable
from tests.unit.api.server import CannedServer, page, says


def resource(kind: str, plural: str, *short: str, namespaced: bool = True) -> dict[str, Any]:
    return {
        "resource": plural,
        "responseKind": {"group": "", "version": "", "kind": kind},
        "scope": "Namespaced" if namespaced else "Cluster",
        "singularResource": kind.lower(),
        "shortNames": list(short),
        "verbs": ["get", "list"],
    }


def version(name: str, *resources: dict[str, Any], freshness: str = "Current") -> dict[str, Any]:
    return {"version": name, "resources": list(resources), "freshness": freshness}


def group(name: str, *versions: dict[str, Any]) -> dict[str, Any]:
    return {"metadata": {"name": name} if name else {}, "versions": list(versions)}


CORE = {
    "items": [
        group(
            "",
            version(
                "v1",
                resource("Pod", "pods", "po"),
                resource("Node", "nodes", "no", namespaced=False),
                resource("Event", "events", "ev"),
            ),
        )
    ]
}
NAMED = [
    group("apps", version("v1", resource("Deployment", "deployments", "deploy"))),
    group("events.k8s.io", version("v1", resource("Event", "events", "ev"))),
    group(
        "autoscaling",
        version("v2", resource("HorizontalPodAutoscaler", "horizontalpodautoscalers", "hpa")),
        version("v1", resource("HorizontalPodAutoscaler", "horizontalpodautoscalers", "hpa")),
    ),
]
# KubeVirt's subresources.kubevirt.io is one: it serves subresources of nothing.
HOLLOW: list[dict[str, Any]] = [
    {"resource": "virtualmachines", "scope": "Namespaced", "subresources": []},
    {"resource": "guestfs", "scope": "Namespaced", "responseKind": None},
    {"resource": "expand", "scope": "Namespaced", "responseKind": {"group": "", "kind": ""}},
]


def serve(server: CannedServer, *groups: dict[str, Any]) -> None:
    """Answer `/api` and `/apis` in whichever order they are asked, for ever."""
    core, named = says(CORE), says({"items": [*NAMED, *groups]})

    async def by_path(request: Any) -> Any:
        return await (core if request.path == "/api" else named)(request)

    server.answers(otherwise=by_path)


@pytest.mark.parametrize(
    ("name", "api_version", "found"),
    [
        ("Pod", None, "v1 pods"),
        ("pods", None, "v1 pods"),
        ("pod", "v1", "v1 pods"),
        ("PO", None, "v1 pods"),
        ("deploy", None, "apps/v1 deployments"),
        ("Event", None, "v1 events"),
        ("ev", "events.k8s.io/v1", "events.k8s.io/v1 events"),
        ("hpa", None, "autoscaling/v2 horizontalpodautoscalers"),
        ("hpa", "autoscaling/v1", "autoscaling/v1 horizontalpodautoscalers"),
    ],
)
async def test_a_kind_is_found_by_any_of_its_names(
    api: ApiClient, server: CannedServer, name: str, api_version: str | None, found: str
) -> None:
    serve(server)
    kind = await Discovery(api).find(name, api_version)
    assert f"{kind.api_version} {kind.plural}" == found


async def test_a_kind_is_described_whole(api: ApiClient, server: CannedServer) -> None:
    serve(server)
    node = await Discovery(api).find("node")
    assert not node.namespaced
    assert node.verbs == ("get", "list")
    assert (node.singular, node.short_names) == ("node", ("no",))


async def test_discovery_takes_two_requests_however_often_it_is_asked(
    api: ApiClient, server: CannedServer
) -> None:
    serve(server)
    discovery = Discovery(api)
    await asyncio.gather(*(discovery.find("pods") for _ in range(20)))
    assert sorted(seen.path for seen in server.seen) == ["/api", "/apis"]
    assert {"APIGroupDiscoveryList" in seen.headers["Accept"] for seen in server.seen} == {True}


async def test_an_unknown_kind_is_looked_up_anew(api: ApiClient, server: CannedServer) -> None:
    serve(server)
    discovery = Discovery(api)
    await discovery.types()
    serve(server, group("capstan.io", version("v1", resource("Widget", "widgets"))))
    assert (await discovery.find("Widget")).api_version == "capstan.io/v1"
    assert len(server.seen) == 4


async def test_many_unknown_kinds_at_once_share_one_new_look(
    api: ApiClient, server: CannedServer
) -> None:
    serve(server)
    discovery = Discovery(api)
    await discovery.types()
    searches = (discovery.find(f"Nothing{n}") for n in range(20))
    failures = await asyncio.gather(*searches, return_exceptions=True)
    assert {type(failure) for failure in failures} == {UnknownKind}
    # The first began a read before the others asked, so the others share a second one.
    assert len(server.seen) <= 6


async def test_an_unknown_kind_is_named_with_the_apis_that_are_down(
    api: ApiClient, server: CannedServer
) -> None:
    serve(server, group("metrics.k8s.io", version("v1beta1", freshness="Stale")))
    discovery = Discovery(api)
    with pytest.raises(UnknownKind, match=r"'Widget' in capstan\.io/v1.*metrics\.k8s\.io/v1beta1"):
        await discovery.find("Widget", "capstan.io/v1")
    assert discovery.stale_groups == ("metrics.k8s.io/v1beta1",)


async def test_a_group_that_serves_only_subresources_does_no_harm(
    api: ApiClient, server: CannedServer
) -> None:
    serve(server, group("subresources.kubevirt.io", version("v1", *HOLLOW)))
    kinds = {kind.group for kind in await Discovery(api).types()}
    assert "apps" in kinds
    assert "subresources.kubevirt.io" not in kinds


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (page("<html>"), Unreachable),
        (says({"kind": "APIGroupList", "groups": []}), InvalidRequest),
    ],
)
async def test_what_is_no_discovery_document_is_a_typed_error(
    api: ApiClient, server: CannedServer, answer: Any, error: type[KubeError]
) -> None:
    server.answers(otherwise=answer)
    with pytest.raises(error, match="GET /api"):
        await Discovery(api).types()


async def test_a_failed_read_is_not_remembered(api: ApiClient, server: CannedServer) -> None:
    server.answers(page("<html>"), page("<html>"))
    discovery = Discovery(api)
    with pytest.raises(Unreachable):
        await discovery.types()
    serve(server)
    assert await discovery.types()
