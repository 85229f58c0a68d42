"""What a YAML scalar means, exactly as kubectl reads it.

kubectl reads YAML 1.1 as go-yaml v2 does: `y`, `yes`, `on` are true and `n`, `no`, `off` false;
`0644` is octal; `1e3` is the number 1000; `12:30` and `2026-01-01` are text. What kubectl would
turn into another number in silence (an integer beyond 64 bits) is refused here.

Source: go.yaml.in/yaml/v2 resolve.go and sigs.k8s.io/yaml, which kubectl 1.36 reads with; compared
with `kubectl annotate --local`.
"""

from __future__ import annotations

import re

from kube.manifests.problems import Reason

TAG_PREFIX = "tag:yaml.org,2002:"

_CONSTANTS: dict[str, bool | None] = {
    **{
        spelling: value
        for word, value in (
            ("y", True),
            ("yes", True),
            ("true", True),
            ("on", True),
            ("n", False),
            ("no", False),
            ("false", False),
            ("off", False),
            ("null", None),
        )
        for spelling in (word, word.capitalize(), word.upper())
    },
    "": None,
    "~": None,
}
_NOT_FINITE = frozenset(
    {".nan", ".NaN", ".NAN"}
    | {sign + word for sign in ("", "+", "-") for word in (".inf", ".Inf", ".INF")}
)
_INTEGER = re.compile(r"[-+]?(?:0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+|0[0-7]*|[1-9][0-9]*)")
_SIGN_INSIDE = re.compile(r"0b[-+][01]+|-0b\+?[01]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_DOT_FLOAT = re.compile(r"\.[0-9]+(?:_[0-9]+)*(?:[eE][-+]?[0-9]+(?:_[0-9]+)*)?")
_BASES = {"x": 16, "o": 8, "b": 2}
_LONGEST_INTEGER = 70
_INT64 = range(-(2**63), 2**63)


class ScalarError(ValueError):
    """A scalar that cannot be what it claims to be; the message does not show it."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def plain_value(text: str) -> str | int | float | bool | None:
    """Return what an unquoted scalar means.

    Raises:
        ScalarError: NaN, an infinity, or an integer that does not fit in 64 bits.
    """
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if text[0] not in "+-.0123456789":
        return text
    if text in _NOT_FINITE:
        raise ScalarError("number", "NaN and infinities are no JSON numbers; quote it for text.")
    if text[0] == ".":
        return _float(text, text.replace("_", "")) if _DOT_FLOAT.fullmatch(text) else text
    digits = text.replace("_", "")
    if _INTEGER.fullmatch(digits) or _SIGN_INSIDE.fullmatch(digits):
        return _integer(digits)
    return _float(text, digits) if _FLOAT.fullmatch(digits) else text


def tagged_value(tag: str, text: str) -> str | int | float | bool | None:
    """Return what a scalar with an explicit tag means.

    Raises:
        ScalarError: The tag is not one of JSON's types, or the text does not fit it.
    """
    kind = tag.removeprefix(TAG_PREFIX)
    if tag == "!" or kind == "str":
        return text
    if kind not in ("null", "bool", "int", "float"):
        raise ScalarError("tag", tag_message(tag))
    value = plain_value(text)
    fits = {
        "null": value is None,
        "bool": isinstance(value, bool),
        "int": isinstance(value, int) and not isinstance(value, bool),
        "float": isinstance(value, int | float) and not isinstance(value, bool),
    }
    if not fits[kind]:
        raise ScalarError("tag", f"The value is no !!{kind}; remove the tag or correct the value.")
    return value


def tag_message(tag: str) -> str:
    """Return why a tag is refused. A tag may be mistyped data, so only known ones are named."""
    kind = tag.removeprefix(TAG_PREFIX)
    if kind.startswith("python/"):
        kind = "python/…"
    known = ("python/…", "binary", "set", "omap", "pairs", "timestamp", "merge", "value", "yaml")
    name = f"The tag !!{kind}" if kind in known and tag != kind else "A tag of its own (`!…`)"
    return (
        f"{name} has no meaning in JSON, which Kubernetes objects are. Remove the tag; quote a "
        "text that begins with an exclamation mark."
    )


def whole_number(number: float) -> int | float:
    """Return a float as the API server sees it: what has no fraction is an integer."""
    return int(number) if number.is_integer() and int(number) in _INT64 else number


def _integer(digits: str) -> int:
    number = 0
    fits = len(digits) <= _LONGEST_INTEGER
    if fits:
        negative = digits.startswith("-")
        body = digits.lstrip("+-")
        if len(body) > 1 and body[0] == "0":
            base = _BASES.get(body[1].lower(), 8)
            number = int(body[2:] if body[1].isalpha() else body, base)
        else:
            number = int(body)
        number = -number if negative else number
    if not fits or number not in _INT64:
        raise ScalarError(
            "number",
            "An integer does not fit in 64 bits and would lose digits. Quote it if it is text.",
        )
    return number


def _float(text: str, digits: str) -> str | int | float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        return text
    return whole_number(number)
