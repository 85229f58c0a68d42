"""Objects of many kinds on the control plane, and random changes to them."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

import yaml

from kube.api.client import APPLY, ApiClient
from kube.api.discovery import Discovery
from kube.api.errors import NotFound, UnknownKind
from kube.manifests.order import step_of
from kube.objects.ref import ObjectRef
from kube.objects.resource import ResourceType
from kube.plans.ownership import without_string_data
from tests.fixtures.load import FOLDER

Object = dict[str, Any]
Path = tuple[str | int, ...]
LEFT_ALONE: tuple[Path, ...] = (
    ("apiVersion",),
    ("kind",),
    ("metadata",),
    ("metadata", "name"),
    ("metadata", "namespace"),
    ("immutable",),  # of a Secret or ConfigMap: nobody can take it back
)
OTHER_VALUES: tuple[Any, ...] = ("", "other", 0, 7, True, None, {}, [], {"a": "b"}, ["x"])


@dataclass(frozen=True)
class Placed:
    """An object as it is applied, and where it is."""

    resource: ResourceType
    namespace: str | None
    body: Object

    @property
    def path(self) -> str:
        return self.resource.path(self.namespace, self.body["metadata"]["name"])

    @property
    def ref(self) -> ObjectRef:
        return ObjectRef(
            api_version=self.resource.api_version,
            kind=self.resource.kind,
            name=self.body["metadata"]["name"],
            namespace=self.namespace,
        )

    def __str__(self) -> str:
        return f"{self.body['kind']} {self.body['metadata']['name']}"


async def apply_all(api: ApiClient, namespace: str) -> list[Placed]:
    """Apply every object of the fixture, each step after the one that it needs."""
    discovery = Discovery(api)
    documents = yaml.safe_load_all((FOLDER / "many_kinds.yaml").read_text(encoding="utf-8"))
    bodies = [without_string_data(document) for document in documents]
    placed: list[Placed] = []
    for step in sorted({step_of(body["apiVersion"], body["kind"]) for body in bodies}):
        members = [body for body in bodies if step_of(body["apiVersion"], body["kind"]) == step]
        found = await asyncio.gather(*(_place(discovery, body, namespace) for body in members))
        await asyncio.gather(*(apply(api, each) for each in found))
        placed += found
    return placed


async def apply(api: ApiClient, one: Placed, body: Object | None = None, **query: str) -> Object:
    """Apply an object by force and return it as it is then."""
    applied: Object = await api.write(
        "PATCH", one.path, body or one.body, content_type=APPLY, query={"force": "true", **query}
    )
    return applied


async def remove_all(api: ApiClient, placed: list[Placed]) -> None:
    """Delete every object, its finalizers first, without waiting for the end of any."""
    await asyncio.gather(*(_remove(api, one) for one in placed))


def mutated(obj: Object, random: Random) -> Object:
    """Return a copy with one random leaf, map or list changed, deleted, added or reordered."""
    result = copy.deepcopy(obj)
    places = [path for path, _ in _walk(result) if path not in LEFT_ALONE]
    places = places or [("metadata", "labels")]
    path = random.choice(places)
    parent = _at(result, path[:-1])
    value = parent.setdefault(path[-1], {}) if isinstance(parent, dict) else parent[path[-1]]
    match random.choice(("change", "delete", "add", "reorder")):
        case "delete":
            del parent[path[-1]]
        case "add" if isinstance(value, dict):
            value[random.choice(("added", "name", "value"))] = random.choice(OTHER_VALUES)
        case "add" if isinstance(value, list):
            added = random.choice(value) if value and random.random() < 0.5 else "added"
            value.insert(random.randrange(len(value) + 1), copy.deepcopy(added))
        case "reorder" if isinstance(value, list) and len(value) > 1:
            random.shuffle(value)
        case _:
            parent[path[-1]] = _changed(value, random)
    return result


def merge_patch(before: Object, after: Object) -> Object:
    """Return the JSON merge patch (RFC 7386) from one version of an object to another."""
    patch: Object = dict.fromkeys(before.keys() - after.keys())
    for name, value in after.items():
        former = before.get(name)
        if isinstance(value, dict) and isinstance(former, dict):
            if below := merge_patch(former, value):
                patch[name] = below
        elif name not in before or value != former:
            patch[name] = value
    return patch


def _changed(value: Any, random: Random) -> Any:
    """Return another value, mostly one of the same type."""
    if random.random() < 0.2:
        return random.choice(OTHER_VALUES)
    match value:
        case bool():
            return not value
        case int() | float():
            return value + random.choice((1, 3, -1))
        case str():
            return random.choice((value + "x", value[:-1], value.swapcase(), "other"))
        case _:
            return random.choice(OTHER_VALUES)


def _walk(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    if path:
        yield path, value
    if isinstance(value, dict):
        for name, each in value.items():
            yield from _walk(each, (*path, name))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _walk(each, (*path, index))


def _at(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value


async def _place(discovery: Discovery, body: Object, namespace: str) -> Placed:
    async with asyncio.timeout(20):
        while True:  # a kind is served a moment after its definition was created
            try:
                resource = await discovery.find(body["kind"], body["apiVersion"])
            except UnknownKind:
                continue
            return Placed(resource, namespace if resource.namespaced else None, body)


async def _remove(api: ApiClient, one: Placed) -> None:
    try:
        if one.body["metadata"].get("finalizers"):
            await apply(api, one, {**one.body, "metadata": {"name": one.body["metadata"]["name"]}})
        await api.write("DELETE", one.path, {"propagationPolicy": "Background"})
    except NotFound:
        pass  # with its namespace or definition
