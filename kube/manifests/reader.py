"""YAML text to trees of nodes: syntax, anchors, tags and bounds, but no meaning yet.

Events are read one by one, so nothing recurses and an alias only ever refers to a finished node:
the size of what it repeats is known before anything is copied.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Sequence as Lines
from dataclasses import dataclass
from typing import Any, Protocol

import yaml
from yaml.reader import ReaderError

from kube.manifests.limits import Limits
from kube.manifests.nodes import Mapping, Node, Scalar, Sequence, Style
from kube.manifests.problems import Problem, Reason
from kube.manifests.scalars import TAG_PREFIX, tag_message

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_OFFSETS_ARE_BYTES = _Loader is not yaml.SafeLoader
_COLLECTION_TAGS = (None, "!", f"{TAG_PREFIX}map", f"{TAG_PREFIX}seq")
_EMPTY = ("", "~", "null")
_TOO_DEEP = "exceeded maximum nesting depth"
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_JSON_ESCAPE = re.compile(
    r"\\(?:u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|.)", re.DOTALL
)
_HINTS = {
    "mapping values are not allowed": "Quote a value that contains a colon and a space.",
    "cannot start any token": "Quote a value that begins with @, %, ` or another sign.",
    "escape": "Double a backslash, or use single quotes, in which it means itself.",
}
_HINT = "Check indentation, quotes and brackets on this line and the one before."


class _Mark(Protocol):
    """What both of PyYAML's parsers say about a place, counted from 0."""

    @property
    def line(self) -> int: ...
    @property
    def column(self) -> int: ...


@dataclass(frozen=True)
class _Place:
    line: int
    column: int


@dataclass(frozen=True)
class Root:
    """One document: its place in the text, counted from 1, and its tree."""

    index: int
    node: Node


def read(
    text: str, limits: Limits, lines: Lines[int] | None = None
) -> tuple[list[Root], list[Problem]]:
    """Read a text into one tree a document; empty documents are left out.

    Args:
        text: YAML or JSON.
        limits: What is refused.
        lines: The line to report for each line of the text; None reports the text's own.

    Returns:
        The documents before the first problem that ends reading, and all problems.
    """
    refusal = _refusal(text, limits)
    if refusal is not None:
        return [], [refusal]
    reader = _Reader(_with_joined_surrogates(text), limits, lines)
    reader.read()
    return reader.roots, reader.problems


def _refusal(text: str, limits: Limits) -> Problem | None:
    size = len(text)
    try:
        size = max(size, len(text.encode())) if size <= limits.text_bytes else size
    except UnicodeEncodeError as error:
        line = text.count("\n", 0, error.start) + 1
        return Problem("syntax", "The text is not valid Unicode; save it as UTF-8.", line=line)
    if size > limits.text_bytes:
        return Problem("size", f"The text exceeds {limits.text_bytes:,} bytes. Split it.")
    return None


def _with_joined_surrogates(text: str) -> str:
    """JSON writes a character beyond 16 bits as two escapes, which YAML does not know."""
    if not text.lstrip().startswith(("{", "[")):
        return text

    def join(match: re.Match[str]) -> str:
        if match[1] is None:
            return match[0]
        return bytes.fromhex(match[1] + match[2]).decode("utf-16-be")

    return _JSON_ESCAPE.sub(join, text)


class _Stop(Exception):
    """Reading cannot go on; the problem is noted already."""


class _Reader:
    def __init__(self, text: str, limits: Limits, lines: Lines[int] | None) -> None:
        self._text = text
        self._limits = limits
        self._lines = lines
        self._index = 0
        self._nodes = 0
        self._aliased_bytes = 0
        self._anchors: dict[str, Node] = {}
        self._open: list[tuple[Mapping | Sequence, str | None]] = []
        self._tree: Node | None = None
        self.roots: list[Root] = []
        self.problems: list[Problem] = []

    def read(self) -> None:
        take: dict[type, Callable[[Any], None]] = {
            yaml.DocumentStartEvent: self._start,
            yaml.DocumentEndEvent: self._finish,
            yaml.ScalarEvent: self._scalar,
            yaml.AliasEvent: self._alias,
            yaml.MappingStartEvent: self._begin,
            yaml.SequenceStartEvent: self._begin,
            yaml.MappingEndEvent: self._end,
            yaml.SequenceEndEvent: self._end,
        }
        try:
            loader = _Loader(self._text)  # looks at the text already
            while loader.check_event():
                event = loader.get_event()
                if type(event) in take:
                    take[type(event)](event)
        except _Stop:
            return
        except yaml.MarkedYAMLError as error:
            self._syntax(error)
        except ReaderError as error:
            self._unreadable(error)

    def _start(self, _: yaml.DocumentStartEvent) -> None:
        self._index += 1
        self._anchors = {}
        self._tree = None

    def _finish(self, _: yaml.DocumentEndEvent) -> None:
        tree = self._tree
        if tree is None or (
            isinstance(tree, Scalar)
            and (tree.style, tree.tag) == ("plain", None)
            and tree.text in _EMPTY
        ):
            return
        self.roots.append(Root(self._index, tree))

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        style: Style = "plain" if not event.style else "quoted"
        if event.style in ("|", ">"):
            style = "block"
        self._count()
        line, column = self._place(event.start_mark)
        self._attach(Scalar(event.value, style, event.tag, line, column), event.anchor)

    def _begin(self, event: yaml.CollectionStartEvent) -> None:
        kind = Mapping if isinstance(event, yaml.MappingStartEvent) else Sequence
        self._count()
        if len(self._open) >= self._limits.depth:
            self._too_deep(event.start_mark)
        node = kind(*self._place(event.start_mark))
        if event.tag not in _COLLECTION_TAGS:
            self._note("tag", tag_message(event.tag), event.start_mark)
        self._open.append((node, event.anchor))

    def _end(self, _: yaml.CollectionEndEvent) -> None:
        self._attach(*self._open.pop())

    def _attach(self, node: Node, anchor: str | None) -> None:
        # Anchored when complete, so that nothing can contain itself.
        if anchor is not None:
            self._anchors[anchor] = node
        if self._open:
            self._open[-1][0].add(node)
        else:
            self._tree = node

    def _alias(self, event: yaml.AliasEvent) -> None:
        node = self._anchors.get(event.anchor or "")
        if node is None:
            message = (
                "An alias (`*…`) refers to no anchor before it in this document, or to one that it "
                "is part of. Define the anchor first; quote a text that begins with an asterisk."
            )
            self._note("alias", message, event.start_mark)
            node = Scalar("", "quoted", None, *self._place(event.start_mark))
        self._count()
        self._aliased_bytes += node.size_bytes
        if self._aliased_bytes > self._limits.alias_bytes:
            message = f"Aliases repeat more than {self._limits.alias_bytes:,} bytes. Write it out."
            self._note("alias", message, event.start_mark)
            raise _Stop
        self._attach(node, None)

    def _count(self) -> None:
        self._nodes += 1
        if self._nodes > self._limits.nodes:
            message = f"The text holds more than {self._limits.nodes:,} values. Split it."
            self._note("size", message, None)
            raise _Stop

    def _too_deep(self, mark: _Mark | None) -> None:
        message = f"More than {self._limits.depth} levels of nesting. Flatten the document."
        self._note("depth", message, mark)
        raise _Stop

    def _place(self, mark: _Mark | None) -> tuple[int, int]:
        if mark is None:
            return 1, 0
        if self._lines is None:
            return mark.line + 1, mark.column + 1
        return self._lines[min(mark.line, len(self._lines) - 1)], 0

    def _note(self, reason: Reason, message: str, mark: _Mark | None) -> None:
        line, column = (None, None) if mark is None else self._place(mark)
        self.problems.append(Problem(reason, message, max(self._index, 1), line, column or None))
        if len(self.problems) >= self._limits.problems:
            raise _Stop

    def _syntax(self, error: yaml.MarkedYAMLError) -> None:
        mark: _Mark | None = error.problem_mark or error.context_mark
        rows = len(self._text.rstrip("\n").split("\n"))
        if mark is not None and mark.line >= rows:
            mark = _Place(rows - 1, -1)  # behind the end there is nothing to look at
        # The pure Python scanner shows what it found; libyaml never does.
        what = _QUOTED.sub("…", error.problem or "it cannot be parsed")
        try:
            if what == _TOO_DEEP:
                self._too_deep(mark)
            hint = next((text for part, text in _HINTS.items() if part in what), _HINT)
            if mark is not None and self._is_tab(mark):
                hint = "Replace the tab by spaces; YAML allows no tab in indentation."
            self._note("syntax", f"This is no valid YAML: {what}. {hint}", mark)
        except _Stop:
            return

    def _is_tab(self, mark: _Mark) -> bool:
        rows = self._text.split("\n", mark.line + 1)
        return mark.line < len(rows) and rows[mark.line][mark.column : mark.column + 1] == "\t"

    def _unreadable(self, error: ReaderError) -> None:
        before = self._text[: error.position]
        if _OFFSETS_ARE_BYTES:
            before = self._text.encode()[: error.position].decode(errors="ignore")
        row = before.count("\n")
        line = row + 1 if self._lines is None else self._lines[min(row, len(self._lines) - 1)]
        message = "A control character is not allowed in YAML. Remove it, or write it as an escape."
        self.problems.append(Problem("syntax", message, max(self._index, 1), line))
