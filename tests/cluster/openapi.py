"""The keyed lists and sets of every kind, as the API server's OpenAPI describes them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kube.api.client import ApiClient
from kube.plans.merge_keys import Shape

Keys = tuple[str, ...] | str
Lists = dict[tuple[str, ...], Keys]


async def lists_of_kinds(api: ApiClient) -> dict[tuple[str, str], Lists]:
    """Return the lists of each group and kind by path; those inside of atomic ones are left out."""
    schemas = (await api.get("/openapi/v2"))["definitions"]
    found: dict[tuple[str, str], Lists] = {}
    for schema in schemas.values():
        metadata = schema.get("properties", {}).get("metadata", {})
        if not metadata.get("$ref", "").endswith(".ObjectMeta"):
            continue
        lists = {path: keys for path, keys in _lists(schemas, schema) if path[0] != "status"}
        for kind in schema.get("x-kubernetes-group-version-kind", ()):
            if kind["kind"] == "ComponentStatus":
                continue  # nobody writes one
            found.setdefault((kind["group"], kind["kind"]), {}).update(lists)
    return found


def lists_in(shape: Shape, path: tuple[str, ...] = ()) -> Lists:
    """Return the lists of a shape that is known by heart."""
    found: Lists = {}
    if shape.keys or shape.is_set:
        found[path] = "set" if shape.is_set else shape.keys
    for name, below in shape.fields.items():
        found |= lists_in(below, (*path, name))
    return found


def _lists(
    schemas: dict[str, Any], schema: dict[str, Any], path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Keys]]:
    if len(path) > 12:  # JSON schemas describe themselves
        return
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    if schema.get("x-kubernetes-map-type") == "atomic":
        return
    match schema.get("x-kubernetes-list-type"):
        case "map":
            yield path, tuple(schema["x-kubernetes-list-map-keys"])
            yield from _lists(schemas, schema["items"], path)
        case "set":
            yield path, "set"
    for name, below in schema.get("properties", {}).items():
        yield from _lists(schemas, below, (*path, name))
