"""The filters of templates: Jinja's own where they cannot grow, and bounded ones.

Jinja's `int` and `float` give 0 for what is no number, `random` differs from run to run, and a few
make texts of any length: those are replaced or left out.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Iterable
from typing import Any

from jinja2.filters import FILTERS

from kube.manifests.data import Fault, IndentedText, JsonText, Meter, as_text, refuse_undefined

Filter = Callable[..., Any]

_JINJA = (
    "default d first last length count list sort unique reverse map select reject selectattr "
    "rejectattr min max items dictsort abs"
)
_MOST_SPACES = 64
_MOST_DIGITS = 15


def filters(meter: Meter) -> dict[str, Filter]:
    """Return every filter that a template may use, by name."""
    return {
        **{name: FILTERS[name] for name in _JINJA.split()},
        **{name: _of_text(method) for name, method in _TEXT.items()},
        "string": as_text,
        "int": _integer,
        "float": _float,
        "round": _round,
        "sum": lambda values: sum(_number(each) for each in meter.listed(values)),
        "join": lambda values, sign="": join(meter, values, sign),
        "replace": lambda text, old, new: _replace(meter, text, old, new),
        "split": lambda text, sign=None: meter.listed(as_text(text).split(sign)),
        "indent": lambda text, width=4: _indent(meter, text, width),
        "tojson": lambda value, indent=None: _to_json(meter, value, indent),
    }


def join(meter: Meter, values: Iterable[Any], sign: str = "") -> str:
    """Return scalars as one text.

    Raises:
        Fault: The text is too long, or one of the values is no scalar.
    """
    parts: list[str] = []
    for each in meter.listed(values):
        part = as_text(each)
        meter.grow(len(part) + len(sign))
        parts.append(part)
    return sign.join(parts)


def _b64decode(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        pass
    raise Fault("expression", "b64decode: the value is no base64 of a text.")


_TEXT: dict[str, Callable[[str], str]] = {
    "lower": str.lower,
    "upper": str.upper,
    "capitalize": str.capitalize,
    "title": str.title,
    "trim": str.strip,
    "b64encode": lambda text: base64.b64encode(text.encode()).decode(),
    "b64decode": _b64decode,
    "sha256": lambda text: hashlib.sha256(text.encode()).hexdigest(),
}


def _of_text(method: Callable[[str], str]) -> Filter:
    return lambda value: method(as_text(value))


def _number(value: Any) -> int | float:
    if isinstance(value, int | float):
        return value
    refuse_undefined(value)
    raise Fault("expression", "A value is no number.")


def _converted(kind: Callable[[Any], Any], value: Any, default: Any) -> Any:
    refuse_undefined(value)
    try:
        return kind(value)
    except (ValueError, TypeError, OverflowError):
        if default is not None:
            return default
    raise Fault("expression", f"{kind.__name__}: the value is no number. Correct it.")


def _integer(value: Any, default: Any = None) -> Any:
    return _converted(int, value, default)


def _float(value: Any, default: Any = None) -> Any:
    return _converted(float, value, default)


def _round(value: Any, digits: int = 0) -> int | float:
    if not isinstance(digits, int) or not 0 <= digits <= _MOST_DIGITS:
        raise Fault("unsafe", f"round takes 0 to {_MOST_DIGITS} digits.")
    number = round(_number(value), digits)
    return int(number) if digits == 0 else number


def _replace(meter: Meter, text: Any, old: Any, new: Any) -> str:
    whole, part, other = as_text(text), as_text(old), as_text(new)
    found = whole.count(part)
    meter.grow(len(whole) + found * len(other))
    return whole.replace(part, other)


def _width(value: Any) -> int:
    if not isinstance(value, int) or not 0 <= value <= _MOST_SPACES:
        raise Fault("unsafe", f"An indentation is 0 to {_MOST_SPACES} spaces.")
    return value


def _indent(meter: Meter, text: Any, width: Any) -> IndentedText:
    first, *others = as_text(text).split("\n")
    spaces = " " * _width(width)
    meter.grow(len(text) + len(spaces) * len(others))
    return IndentedText(
        "\n".join([first, *(spaces + each if each else each for each in others)]), len(spaces)
    )


def _to_json(meter: Meter, value: Any, indent: Any) -> JsonText:
    data = meter.data(value)
    width = None if indent is None else _width(indent)
    text = json.dumps(data, ensure_ascii=False, indent=width)
    meter.grow(len(text))
    return JsonText(text, data)
