"""Trees of nodes to plain objects: meaning of scalars, keys, merge keys, aliases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kube.manifests.nodes import Mapping, Node, Scalar, Sequence
from kube.manifests.problems import Problem, Reason
from kube.manifests.reader import Root
from kube.manifests.scalars import ScalarError, plain_value, tagged_value

Resolve = Callable[[Scalar, bool], Any]
"""What a scalar means; the second argument says whether it is a key of a mapping."""


def resolve_scalar(scalar: Scalar, is_key: bool = False) -> str | int | float | bool | None:
    """Return what a scalar means, as kubectl reads it.

    Raises:
        ScalarError: It cannot be what it claims to be.
    """
    del is_key
    if scalar.tag is not None:
        return tagged_value(scalar.tag, scalar.text)
    return plain_value(scalar.text) if scalar.style == "plain" else scalar.text


def build(root: Root, resolve: Resolve, problems: list[Problem]) -> Any:
    """Return the document as plain data, and append what is wrong with it to `problems`."""
    return _Builder(root.index, resolve, problems).value(root.node)


class _Builder:
    def __init__(self, index: int, resolve: Resolve, problems: list[Problem]) -> None:
        self._index = index
        self._resolve = resolve
        self._problems = problems

    def value(self, node: Node) -> Any:
        if isinstance(node, Scalar):
            return self._scalar(node, False)
        if isinstance(node, Sequence):
            return [self.value(item) for item in node.items]
        return self._mapping(node)

    def _scalar(self, node: Scalar, is_key: bool) -> Any:
        try:
            return self._resolve(node, is_key)
        except ScalarError as error:
            self._note(error.reason, str(error), node)
        return None

    def _mapping(self, node: Mapping) -> dict[str, Any]:
        built: dict[str, Any] = {}
        merged: set[str] = set()
        merges = 0
        for key_node, value_node in node.entries():
            if _is_merge(key_node):
                merges += 1
                if merges > 1:
                    self._note("duplicate-key", "The merge key << stands here twice.", key_node)
                    continue
                found = self._merge(value_node)
                self._refuse_overwriting(built, found, key_node)
                merged = set(found)
                built = {**found, **built}
                continue
            key = self._key(key_node)
            value = self.value(value_node)
            if key is None:
                continue
            if key in built and key not in merged:
                message = f"The key {key!r} stands here twice. Remove one of them."
                self._note("duplicate-key", message, key_node)
            merged.discard(key)
            built[key] = value
        return built

    def _key(self, node: Node) -> str | None:
        if not isinstance(node, Scalar):
            self._note("key", "A key is a list or a mapping; keys must be text.", node)
            return None
        before = len(self._problems)
        key = self._scalar(node, True)
        if isinstance(key, str):
            return key
        if len(self._problems) == before:
            kind = {bool: "a boolean", type(None): "null"}.get(type(key), "a number")
            message = f"The key {node.text!r} is read as {kind}; keys must be text. Quote it."
            self._note("key", message, node)
        return None

    def _merge(self, node: Node) -> dict[str, Any]:
        parts = node.items if isinstance(node, Sequence) else [node]
        found: dict[str, Any] = {}
        for part in parts:
            if not isinstance(part, Mapping):
                self._note("key", "The merge key << takes mappings only; quote it as text.", part)
                continue
            found = {**self._mapping(part), **found}
        return found

    def _refuse_overwriting(self, built: dict[str, Any], found: dict[str, Any], node: Node) -> None:
        # YAML lets the explicit key win, kubectl the one that comes later.
        for key in built.keys() & found.keys():
            message = (
                f"The merge key << brings {key!r}, which stands before it; tools disagree about "
                "which one counts. Put << first."
            )
            self._note("duplicate-key", message, node)

    def _note(self, reason: Reason, message: str, node: Node) -> None:
        column = node.column or None
        self._problems.append(Problem(reason, message, self._index, node.line, column))


def _is_merge(node: Node) -> bool:
    return isinstance(node, Scalar) and (node.style, node.tag, node.text) == ("plain", None, "<<")
