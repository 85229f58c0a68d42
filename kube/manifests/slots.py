"""Where the values of a rendering stand in its YAML.

An expression does not write its value into the text: it leaves a token there, which is a plain
word to YAML. The text is parsed with the tokens in it, and only then do values take their place
in the parsed scalars. So no value can become structure, whatever it holds.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from kube.manifests.building import Resolve, resolve_scalar
from kube.manifests.data import Fault, IndentedText, JsonText, as_text
from kube.manifests.nodes import Scalar
from kube.manifests.scalars import ScalarError, tagged_value, whole_number

MASK = "***"


class Masked(str):
    """A text that stands for a secret one, or for one that holds a secret."""

    __slots__ = ()


@dataclass(frozen=True)
class Slot:
    """The value of one expression; `size_bytes` is what it adds to a text, roughly."""

    value: Any = field(repr=False)
    is_secret: bool
    size_bytes: int


class Slots:
    """The values of one rendering, by the tokens that stand for them."""

    def __init__(self, source: str) -> None:
        self._prefix = _unused_word(source)
        self._token = re.compile(rf"{self._prefix}v(\d+)z")
        self._marker = re.compile(rf"{self._prefix}l(\d+)z")
        self._slots: list[Slot] = []
        self._columns: dict[int, int] = {}

    def hold(self, value: Any, is_secret: bool, size_bytes: int) -> str:
        """Keep a value and return the token that stands for it."""
        self._slots.append(Slot(value, is_secret, size_bytes))
        return f"{self._prefix}v{len(self._slots) - 1}z"

    def marker(self, line: int) -> str:
        """Return a mark which says that a line of the template continues here."""
        return f"{self._prefix}l{line}z"

    def without_markers(self, text: str) -> tuple[str, list[int]]:
        """Return the text without marks, and the template's line for each line of it."""
        rows, lines, line = [], [], 1
        for row in text.split("\n"):
            found = self._marker.search(row)
            line = int(found[1]) if found else line
            rows.append(self._marker.sub("", row))
            lines.append(line)
            self._note_columns(rows[-1])
        return "\n".join(rows), lines

    def resolver(self, limit_bytes: int, *, mask: bool) -> Resolve:
        """Return what gives scalars their meaning, values in place of tokens.

        Args:
            limit_bytes: The most that all values together may add.
            mask: Put a mask in place of each secret value.
        """
        spent = 0

        def resolve(scalar: Scalar, is_key: bool) -> Any:
            nonlocal spent
            if self._prefix not in scalar.text:
                return resolve_scalar(scalar)
            numbers = [int(number) for number in self._token.findall(scalar.text)]
            slots = [self._slots[number] for number in numbers]
            spent += sum(slot.size_bytes for slot in slots)
            if spent > limit_bytes:
                raise ScalarError("size", f"The values add more than {limit_bytes:,} bytes.")
            if is_key and any(slot.is_secret for slot in slots):
                raise ScalarError("secret", "A secret variable stands in a key, where all see it.")
            value = self._resolved(scalar, slots, mask)
            if is_key and not isinstance(value, str):
                raise ScalarError("key", "A variable in a key is no text. Put it in quotes.")
            return value

        return resolve

    def _resolved(self, scalar: Scalar, slots: list[Slot], mask: bool) -> Any:
        hidden = mask and any(slot.is_secret for slot in slots)
        is_plain = scalar.style == "plain" and scalar.tag is None
        if is_plain and self._token.fullmatch(scalar.text):
            return Masked(MASK) if hidden else _whole(slots[0].value)

        def text_of(match: re.Match[str]) -> str:
            slot = self._slots[int(match[1])]
            if mask and slot.is_secret:
                return MASK
            return self._embedded(slot.value, scalar, match)

        text = self._filled(text_of, scalar.text)
        if hidden:
            return Masked(text)
        return text if scalar.tag is None else tagged_value(scalar.tag, text)

    def _filled(self, text_of: Callable[[re.Match[str]], str], text: str) -> str:
        try:
            return self._token.sub(text_of, text)
        except Fault as fault:
            raise ScalarError(fault.reason, str(fault)) from None

    def _embedded(self, value: Any, scalar: Scalar, match: re.Match[str]) -> str:
        if not isinstance(value, IndentedText) or scalar.style != "block":
            return as_text(value)
        # YAML takes the block's own indentation away from every line of a block scalar.
        start = match.string.rfind("\n", 0, match.start()) + 1
        block = self._columns[int(match[1])] - (match.start() - start)
        spaces = " " * max(0, min(value.width, block))
        first, *others = value.split("\n")
        return "\n".join([first, *(each.removeprefix(spaces) for each in others)])

    def _note_columns(self, row: str) -> None:
        for match in self._token.finditer(row):
            self._columns[int(match[1])] = match.start()


def _whole(value: Any) -> Any:
    """Return a copy of a value, numbers as kubectl reads them: 2.0 is the integer 2."""
    if isinstance(value, JsonText):
        return _whole(value.value)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, dict):
        return {key: _whole(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_whole(each) for each in value]
    return whole_number(value) if isinstance(value, float) else value


def _unused_word(source: str) -> str:
    """Return a word that the source does not hold; z begins no escape of a quoted scalar."""
    word = source
    while word in source:
        word = "z" + hashlib.sha256(word.encode(errors="replace")).hexdigest()[:16]
    return word
