from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kube.manifests.slots import MASK, Masked

_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def secret_paths(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the path of each masked text in a masked object."""
    if isinstance(value, Masked):
        yield path
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from secret_paths(each, (*path, key))
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from secret_paths(each, (*path, number))


def shown(document: Any) -> Any:
    """Return an object for showing: a Secret keeps the keys of its data, and no value."""
    if not isinstance(document, dict) or document.get("kind") != "Secret":
        return document
    if document.get("apiVersion") != "v1":
        return document
    copy = dict(document)
    for name in ("data", "stringData"):
        if copy.get(name):
            copy[name] = _hidden(copy[name])
    metadata = copy.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    if isinstance(annotations, dict) and _LAST_APPLIED in annotations:
        hidden = {**annotations, _LAST_APPLIED: MASK}
        copy["metadata"] = {**copy["metadata"], "annotations": hidden}
    return copy


def _hidden(data: Any) -> Any:
    return dict.fromkeys(data, MASK) if isinstance(data, dict) else MASK
