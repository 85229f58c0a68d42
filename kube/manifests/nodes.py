from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias

Style = Literal["plain", "quoted", "block"]

NODE_BYTES = 16


class Scalar:
    """A text of the YAML, before anybody decides what it means."""

    __slots__ = ("column", "line", "size_bytes", "style", "tag", "text")

    def __init__(self, text: str, style: Style, tag: str | None, line: int, column: int) -> None:
        self.text = text
        self.style = style
        self.tag = tag
        self.line = line
        self.column = column
        self.size_bytes = NODE_BYTES + len(text)


class Sequence:
    """A list of the YAML."""

    __slots__ = ("column", "items", "line", "size_bytes")

    def __init__(self, line: int, column: int) -> None:
        self.items: list[Node] = []
        self.line = line
        self.column = column
        self.size_bytes = NODE_BYTES

    def add(self, node: Node) -> None:
        """Append the next item."""
        self.items.append(node)
        self.size_bytes += node.size_bytes


class Mapping:
    """A mapping of the YAML, duplicates and merge keys included; children alternate key, value."""

    __slots__ = ("children", "column", "line", "size_bytes")

    def __init__(self, line: int, column: int) -> None:
        self.children: list[Node] = []
        self.line = line
        self.column = column
        self.size_bytes = NODE_BYTES

    def add(self, node: Node) -> None:
        """Append the next key, or the value of the last one."""
        self.children.append(node)
        self.size_bytes += node.size_bytes

    def entries(self) -> Iterator[tuple[Node, Node]]:
        """Yield each key with its value."""
        return zip(self.children[::2], self.children[1::2], strict=True)

    def find(self, key: str) -> Node | None:
        """Return the value under a literal key, or None."""
        for name, value in self.entries():
            if isinstance(name, Scalar) and name.text == key:
                return value
        return None


Node: TypeAlias = Scalar | Sequence | Mapping
