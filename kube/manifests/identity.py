"""What every object must have before a cluster is asked: a type, a name, text in its labels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kube.manifests import names
from kube.manifests.problems import Reason

Finding = tuple[Reason, str]

MAX_ANNOTATIONS_BYTES = 262_144
"""Source: TotalAnnotationSizeLimitB of k8s.io/apimachinery/pkg/api/validation."""


def findings(document: Any) -> Iterator[Finding]:
    """Yield what is wrong with the identity of an object; labels' values are never shown."""
    if not isinstance(document, dict):
        yield "shape", f"The document is {_type(document)}, not an object with apiVersion and kind."
        return
    if document.get("kind") == "List":
        yield "shape", f"The items of the List are {_type(document.get('items'))}, not a list."
        return
    types = list(_type_findings(document))
    yield from types
    metadata = document.get("metadata")
    if not isinstance(metadata, dict):
        what = "no metadata" if metadata is None else f"metadata that is {_type(metadata)}"
        yield "identity", f"{_called(document)} has {what}. Add metadata with a name."
        return
    yield from _name_findings(document, metadata, not types)
    yield from _label_findings(document, metadata)
    yield from _annotation_findings(document, metadata)


def group_of(api_version: str) -> str:
    """Return the API group, which is empty for `v1`."""
    return api_version.rpartition("/")[0]


def _type_findings(document: dict[str, Any]) -> Iterator[Finding]:
    for field, fits, example in (
        ("apiVersion", names.is_api_version, "apps/v1"),
        ("kind", names.is_kind, "Deployment"),
    ):
        value = document.get(field)
        if value is None or value == "":
            yield "identity", f"The object has no {field}. Add one, such as {example}."
        elif not isinstance(value, str):
            yield "identity", f"{field} is {_type(value)}; it must be text, such as {example}."
        elif not fits(value):
            yield "identity", f"{field} {value!r} is malformed; write it like {example}."


def _name_findings(
    document: dict[str, Any], metadata: dict[str, Any], is_typed: bool
) -> Iterator[Finding]:
    name, namespace = metadata.get("name"), metadata.get("namespace")
    if name is None or name == "":
        if metadata.get("generateName"):
            yield (
                "identity",
                f"{_called(document)} has generateName only. Applying needs metadata.name: the "
                "same object must be found again next time.",
            )
        else:
            yield "identity", f"{_called(document)} has no metadata.name. Add one."
    elif not isinstance(name, str):
        yield "name", f"metadata.name of {_called(document)} is {_type(name)}. Quote it."
    elif is_typed:
        group = group_of(document["apiVersion"])
        rule = names.name_rule(group, document["kind"], name)
        if rule is not None:
            yield "name", f"{document['kind']} {name!r} is no valid name: use {rule}."
    if namespace is None or namespace == "":
        return
    if not isinstance(namespace, str):
        yield "name", f"metadata.namespace of {_called(document)} is {_type(namespace)}. Quote it."
    elif not names.is_label(namespace):
        yield (
            "name",
            f"The namespace {namespace!r} of {_called(document)} is no valid name: use at most 63 "
            "lower-case letters, digits and dashes, a letter or digit at both ends.",
        )


def _label_findings(document: dict[str, Any], metadata: dict[str, Any]) -> Iterator[Finding]:
    labels = metadata.get("labels")
    yield from _text_map_findings(document, "labels", labels)
    for key, value in labels.items() if isinstance(labels, dict) else ():
        if not names.is_qualified(key):
            yield "labels", f"The label {key!r} of {_called(document)} is no valid key."
        elif isinstance(value, str) and not names.is_label_value(value):
            yield (
                "labels",
                f"The value of label {key!r} of {_called(document)} is invalid: use at most 63 "
                "letters, digits, dashes, dots and underscores, a letter or digit at both ends.",
            )


def _annotation_findings(document: dict[str, Any], metadata: dict[str, Any]) -> Iterator[Finding]:
    annotations = metadata.get("annotations")
    yield from _text_map_findings(document, "annotations", annotations)
    if not isinstance(annotations, dict):
        return
    size = 0
    for key, value in annotations.items():
        size += len(key.encode()) + (len(value.encode()) if isinstance(value, str) else 0)
        if not names.is_qualified(key.lower()):
            yield "labels", f"The annotation {key!r} of {_called(document)} is no valid key."
    if size > MAX_ANNOTATIONS_BYTES:
        yield (
            "size",
            f"The annotations of {_called(document)} take {size:,} bytes; the API server allows "
            f"{MAX_ANNOTATIONS_BYTES:,}. Move data to a ConfigMap.",
        )


def _text_map_findings(document: dict[str, Any], field: str, value: Any) -> Iterator[Finding]:
    if value is None:
        return
    if not isinstance(value, dict):
        yield "labels", f"metadata.{field} of {_called(document)} is {_type(value)}, not a mapping."
        return
    for key, item in value.items():
        if not isinstance(item, str):
            yield (
                "labels",
                f"{key!r} in metadata.{field} of {_called(document)} is {_type(item)}; it must be "
                "text. Quote it.",
            )


def _called(document: dict[str, Any]) -> str:
    kind, metadata = document.get("kind"), document.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    called = kind if isinstance(kind, str) and kind else "The object"
    return f"{called} {name}" if isinstance(name, str) and name else called


def _type(value: Any) -> str:
    kinds = {bool: "a boolean", str: "text", list: "a list", dict: "a mapping"}
    return "null" if value is None else kinds.get(type(value), "a number")
