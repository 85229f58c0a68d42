"""What the expressions of a template may produce: JSON data, and only so much of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import GeneratorType
from typing import Any

from jinja2 import Undefined

from kube.manifests.limits import Limits
from kube.manifests.problems import Reason

_ITERABLES: tuple[type[Iterable[Any]], ...] = (
    list,
    tuple,
    range,
    GeneratorType,
    type({}.keys()),
    type({}.values()),
    type({}.items()),
    map,
    filter,
    reversed,
)


class Fault(Exception):
    """A template does what it may not; the message shows no value."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class JsonText(str):
    """The JSON of a value, which as a whole scalar is the value itself."""

    value: Any

    def __new__(cls, text: str, value: Any) -> JsonText:
        """Return the text, which remembers the value."""
        self = super().__new__(cls, text)
        self.value = value
        return self


class IndentedText(str):
    """A text whose lines after the first are indented by `width` spaces."""

    width: int

    def __new__(cls, text: str, width: int) -> IndentedText:
        """Return the text, which remembers the width."""
        self = super().__new__(cls, text)
        self.width = width
        return self


class Meter:
    """Counts what one rendering does, and ends it where it does too much."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._steps = 0
        self.made_bytes = 0

    def step(self, count: int = 1) -> None:
        """Count turns of a loop or elements of a list.

        Raises:
            Fault: More than the limit.
        """
        self._steps += count
        if self._steps > self._limits.steps:
            raise Fault(
                "unsafe",
                f"The template takes more than {self._limits.steps:,} steps. Loop over less.",
            )

    def grow(self, count: int) -> None:
        """Count bytes of text that are made.

        Raises:
            Fault: More than the limit.
        """
        self.made_bytes += count
        if self.made_bytes > self._limits.text_bytes:
            raise Fault(
                "size",
                f"The template makes more than {self._limits.text_bytes:,} bytes. Split it.",
            )

    def data(self, value: Any, depth: int = 0) -> Any:
        """Return a copy of a value as plain JSON data.

        Raises:
            Fault: It is no data, holds a number that JSON cannot hold, or is too large.
        """
        self.step()
        if depth > self._limits.depth // 2:
            raise Fault("depth", "A value is nested too deeply. Flatten it.")
        if isinstance(value, str):
            return self._text(value)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int | float):
            return _number(value)
        if isinstance(value, Mapping):
            return {self._key(key): self.data(each, depth + 1) for key, each in value.items()}
        if isinstance(value, _ITERABLES):
            return [self.data(each, depth + 1) for each in value]
        refuse_undefined(value)
        raise Fault(
            "expression",
            "The expression gives no data, but a function or an object of the template language.",
        )

    def listed(self, value: Iterable[Any]) -> list[Any]:
        """Return the elements of an iterable, each counted as a step.

        Raises:
            Fault: More than the limit.
        """

        def counted() -> Iterator[Any]:
            for each in value:
                self.step()
                yield each

        return list(counted())

    def _text(self, value: str) -> str:
        self.grow(len(value))
        if not value.isascii():
            try:
                value.encode()
            except UnicodeEncodeError:
                pass
            else:
                return value
            raise Fault("expression", "A text is not valid Unicode.")
        return value

    def _key(self, key: Any) -> str:
        if not isinstance(key, str):
            raise Fault("key", "A key of a map is not text. Quote it.")
        return self._text(key)


def _number(value: int | float) -> int | float:
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise Fault("number", "An integer does not fit in 64 bits. Give it as text.")
    if value != value or value in (float("inf"), float("-inf")):
        raise Fault("number", "NaN and infinities are no JSON numbers.")
    return value


def refuse_undefined(value: Any) -> None:
    """Raise where a value is undefined, whichever of Jinja's kinds of undefined it is.

    Raises:
        jinja2.UndefinedError: With the name of what is undefined.
    """
    if isinstance(value, Undefined):
        value._fail_with_undefined_error()


def as_text(value: Any) -> str:
    """Return a scalar as it stands inside a longer text: `true`, not `True`.

    Raises:
        Fault: It is null, a list or a map.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    refuse_undefined(value)
    what = "null" if value is None else "a list or a map"
    raise Fault(
        "expression",
        f"The expression gives {what}, which has no place inside a text. Use it as a whole value, "
        "or as JSON with `| tojson`.",
    )
