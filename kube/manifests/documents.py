from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import orjson

from kube.manifests.building import Resolve, build, resolve_scalar
from kube.manifests.identity import findings, group_of
from kube.manifests.limits import DEFAULT_LIMITS, Limits
from kube.manifests.nodes import Mapping, Node, Sequence
from kube.manifests.problems import InvalidManifest, Problem
from kube.manifests.reader import Root, read
from kube.objects.ref import ObjectRef


@dataclass(frozen=True)
class Document:
    """One object as somebody wrote it.

    `index` counts the documents of the text from 1, empty ones included; the items of a List share
    it. `line` is where the object begins, counted from 1. The object is left out of the repr, for
    it may be a Secret. `file` is where there are several.
    """

    index: int
    line: int
    object: dict[str, Any] = field(repr=False)
    file: str = field(default="", repr=False)

    @property
    def origin(self) -> str:
        """Return where the object was written down, in words."""
        place = f"document {self.index}, line {self.line}"
        return f"{self.file}, {place}" if self.file else place

    @cached_property
    def ref(self) -> ObjectRef:
        """Return the name of the object; it has no uid."""
        metadata = self.object["metadata"]
        return ObjectRef(
            api_version=self.object["apiVersion"],
            kind=self.object["kind"],
            name=metadata["name"],
            namespace=metadata.get("namespace") or None,
        )


def load(text: str, limits: Limits = DEFAULT_LIMITS) -> tuple[Document, ...]:
    """Read YAML or JSON into objects, in the order of the text.

    Lists (`kind: List`, `ConfigMapList` …) are taken apart; empty documents are left out. Scalars
    mean what they mean to kubectl (see `scalars`).

    Args:
        text: One or many documents.
        limits: What is refused.

    Returns:
        One document an object; empty where the text holds none.

    Raises:
        InvalidManifest: With every problem found. A syntax error hides what comes after it.
    """
    roots, problems = read(text, limits)
    documents = list(expand(roots, resolve_scalar, problems))
    return checked(documents, problems, limits)


def expand(roots: Iterable[Root], resolve: Resolve, problems: list[Problem]) -> Iterator[Document]:
    """Yield the unchecked objects of trees, Lists taken apart; problems are appended."""
    for root in roots:
        yield from _items(root.index, root.node, build(root, resolve, problems))


def checked(
    documents: Iterable[Document], problems: Iterable[Problem], limits: Limits
) -> tuple[Document, ...]:
    """Return the documents if nothing is wrong with them or was before.

    Raises:
        InvalidManifest: With the problems given and those found, up to the limit.
    """
    documents, problems = tuple(documents), list(problems)
    broken = {problem.document for problem in problems}
    for document in documents:
        if document.index not in broken:
            problems.extend(_object_problems(document, limits))
    broken = {problem.document for problem in problems}
    problems.extend(duplicates(each for each in documents if each.index not in broken))
    if problems:
        problems.sort(key=lambda problem: problem.document or 0)
        raise InvalidManifest(problems[: limits.problems])
    return documents


def duplicates(documents: Iterable[Document]) -> Iterator[Problem]:
    """Yield a problem for each object that an earlier document names too, whatever the version."""
    first: dict[tuple[str, str, str | None, str], Document] = {}
    for document in documents:
        ref = document.ref
        key = (group_of(ref.api_version), ref.kind, ref.namespace, ref.name)
        other = first.setdefault(key, document)
        if other is not document:
            message = (
                f"{ref} is also document {other.index} (line {other.line}){_of_file(other)}. Keep "
                "one of them: which one counts would depend on the order."
            )
            place = (document.index, document.line)
            yield Problem("duplicate-object", message, *place, file=document.file)


def _of_file(document: Document) -> str:
    return f" of {document.file}" if document.file else ""


def _object_problems(document: Document, limits: Limits) -> Iterator[Problem]:
    place = (document.index, document.line)
    found = False
    for reason, message in findings(document.object):
        found = True
        yield Problem(reason, message, *place)
    if found:
        return
    try:
        size = len(orjson.dumps(document.object))
    except orjson.JSONEncodeError:
        yield Problem("depth", f"{document.ref} is nested too deeply. Flatten it.", *place)
        return
    if size > limits.object_bytes:
        message = (
            f"{document.ref} takes {size:,} bytes; a cluster stores no more than "
            f"{limits.object_bytes:,} an object. Split it."
        )
        yield Problem("size", message, *place)


def _items(index: int, node: Node, value: Any) -> Iterator[Document]:
    if not _is_list(value):
        yield Document(index, node.line, value)
        return
    items = value.get("items") or []
    if not isinstance(items, list):
        # Left whole, for the check of identities to say what is missing.
        yield Document(index, node.line, value)
        return
    found = node.find("items") if isinstance(node, Mapping) else None
    nodes = found.items if isinstance(found, Sequence) else [node] * len(items)
    for item_node, item in zip(nodes, items, strict=False):
        yield from _items(index, item_node, _typed_item(value, item))


def _is_list(value: Any) -> bool:
    """A List has items or nothing of its own; a kind such as AllowList may be an object."""
    if not isinstance(value, dict) or not isinstance(value.get("kind"), str):
        return False
    is_generic = (value.get("apiVersion"), value["kind"]) == ("v1", "List")
    return is_generic or (value["kind"].endswith("List") and isinstance(value.get("items"), list))


def _typed_item(parent: dict[str, Any], item: Any) -> Any:
    """Give an item of a typed list its type, which the API leaves out.

    Source: k8s.io/apimachinery unstructured.UnstructuredJSONScheme.decodeToList.
    """
    kind = parent["kind"].removesuffix("List")
    if not isinstance(item, dict) or not kind or item.get("kind"):
        return item
    return {"apiVersion": parent.get("apiVersion"), "kind": kind, **item}
