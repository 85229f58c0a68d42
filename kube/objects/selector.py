"""Label selectors as Kubernetes writes them: `app=web,tier in (front,back),!canary`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Operator = Literal["=", "==", "!=", "in", "notin", "exists", "!", ">", "<"]

_TOKEN = re.compile(r"[ \t\r\n]*(==|!=|[=!(),<>]|[^=!(),<> \t\r\n]+|\Z)")
_SPECIAL = frozenset({"==", "!=", "=", "!", "(", ")", ",", ">", "<"})
_NAME = re.compile(r"[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_PREFIX = re.compile(r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*")
_MAX_PREFIX = 253
_OPERATORS: Mapping[str, Operator] = {
    "In": "in",
    "NotIn": "notin",
    "Exists": "exists",
    "DoesNotExist": "!",
}
_INT64 = re.compile(r"[+-]?[0-9]{1,19}")


class InvalidSelector(ValueError):
    """A text that is no label selector; `position` is the index in `text` where it went wrong."""

    def __init__(self, text: str, position: int, problem: str) -> None:
        self.text = text
        self.position = position
        self.problem = problem
        super().__init__(
            f"{text[:200]!r} is no label selector: {problem} at position {position}. Write "
            "requirements such as a=b, c!=d, e in (x,y), f notin (z), g, !h, with commas between."
        )


@dataclass(frozen=True)
class Requirement:
    """What one key of the labels must be; `values` is empty for `exists` and `!`."""

    key: str
    operator: Operator
    values: tuple[str, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Tell whether the labels satisfy it; `!=` and `notin` hold for labels without the key.

        Source: apimachinery pkg/labels/selector.go (Requirement.Matches).
        """
        value = labels.get(self.key)
        match self.operator:
            case "exists":
                return value is not None
            case "!":
                return value is None
            case "!=" | "notin":
                return value is None or value not in self.values
            case ">" | "<":
                return _compares(value, self.operator, int(self.values[0]))
            case _:
                return value is not None and value in self.values

    def __str__(self) -> str:
        """Return it as a selector writes it."""
        match self.operator:
            case "exists":
                return self.key
            case "!":
                return f"!{self.key}"
            case "in" | "notin":
                # "()" would hold no value at all, "(,)" holds the empty one.
                return f"{self.key} {self.operator} ({','.join(self.values) or ','})"
            case _:
                return f"{self.key}{self.operator}{self.values[0]}"


def _compares(value: str | None, operator: str, bound: int) -> bool:
    if value is None or not _INT64.fullmatch(value):
        return False
    return int(value) > bound if operator == ">" else int(value) < bound


@dataclass(frozen=True)
class Selector:
    """Requirements that must all hold; without any it matches everything."""

    requirements: tuple[Requirement, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Tell whether the labels satisfy every requirement."""
        return all(requirement.matches(labels) for requirement in self.requirements)

    def __str__(self) -> str:
        """Return the selector in a form that parses to itself."""
        return ",".join(str(requirement) for requirement in self.requirements)


def of_label_selector(selector: Mapping[str, Any]) -> Selector:
    """Return the selector of a workload's `spec.selector`; an empty one matches everything.

    Args:
        selector: `matchLabels` and `matchExpressions`, as the API server accepted them.

    Source: apimachinery pkg/apis/meta/v1/helpers.go (LabelSelectorAsSelector).
    """
    labels = [Requirement(k, "=", (v,)) for k, v in (selector.get("matchLabels") or {}).items()]
    expressions = [
        Requirement(each["key"], _OPERATORS[each["operator"]], tuple(each.get("values") or ()))
        for each in selector.get("matchExpressions") or ()
    ]
    return Selector((*labels, *expressions))


def parse_selector(text: str) -> Selector:
    """Read a label selector.

    Args:
        text: The selector; blank means everything. `in`, `notin` and names are told apart by
            their place, as Kubernetes does, so a label may be called `in`.

    Raises:
        InvalidSelector: The text does not follow the grammar, or a key or value cannot be one.

    Source: apimachinery pkg/labels/selector.go (Parser, NewRequirement).
    """
    parser = _Parser(text)
    requirements: list[Requirement] = []
    if parser.peek():
        requirements.append(parser.requirement())
        while parser.peek():
            parser.expect(",", "',' or the end")
            requirements.append(parser.requirement())
    return Selector(tuple(requirements))


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = [(m[1], m.start(1)) for m in _TOKEN.finditer(text)]
        self._next = 0

    def peek(self) -> str:
        """Return the next token; "" is the end."""
        return self._tokens[min(self._next, len(self._tokens) - 1)][0]

    def take(self) -> tuple[str, int]:
        token = self._tokens[min(self._next, len(self._tokens) - 1)]
        self._next += 1
        return token

    def expect(self, wanted: str, description: str) -> None:
        token, position = self.take()
        if token != wanted:
            raise self._unexpected(token, position, description)

    def requirement(self) -> Requirement:
        absent = self.peek() == "!"
        if absent:
            self.take()
        key, position = self._word("a label key")
        self._check_key(key, position)
        if absent:
            return Requirement(key, "!")
        if self.peek() in ("", ","):
            return Requirement(key, "exists")
        operator, position = self.take()
        match operator:
            case "in" | "notin":
                return Requirement(key, operator, self._values())
            case "=" | "==" | "!=":
                return Requirement(key, operator, (self._value(),))
            case ">" | "<":
                return Requirement(key, operator, (self._integer(),))
        raise self._unexpected(operator, position, "an operator (=, ==, !=, in, notin, >, <)")

    def _values(self) -> tuple[str, ...]:
        self.expect("(", "'('")
        if self.peek() == ")":
            raise InvalidSelector(self._text, self.take()[1], "no value between '(' and ')'")
        values = [self._value()]
        while self.peek() == ",":
            self.take()
            values.append(self._value())
        self.expect(")", "',' or ')'")
        return tuple(dict.fromkeys(values))

    def _value(self) -> str:
        """Return one value; none at all before a comma, a bracket or the end is the empty one."""
        if self.peek() in ("", ",", ")"):
            return ""
        value, position = self._word("a label value")
        if not _NAME.fullmatch(value):
            raise InvalidSelector(self._text, position, f"{value!r} cannot be a label value")
        return value

    def _integer(self) -> str:
        value, position = self._word("a whole number")
        if not _INT64.fullmatch(value) or not _NAME.fullmatch(value):
            raise InvalidSelector(self._text, position, f"{value!r} is no whole number")
        return value

    def _word(self, description: str) -> tuple[str, int]:
        token, position = self.take()
        if not token or token in _SPECIAL:
            raise self._unexpected(token, position, description)
        return token, position

    def _check_key(self, key: str, position: int) -> None:
        prefix, slash, name = key.rpartition("/")
        valid = bool(_NAME.fullmatch(name))
        if slash:
            valid = valid and len(prefix) <= _MAX_PREFIX and bool(_PREFIX.fullmatch(prefix))
        if not valid:
            raise InvalidSelector(self._text, position, f"{key!r} cannot be a label key")

    def _unexpected(self, token: str, position: int, wanted: str) -> InvalidSelector:
        found = repr(token) if token else "the end"
        return InvalidSelector(self._text, position, f"found {found} instead of {wanted}")
