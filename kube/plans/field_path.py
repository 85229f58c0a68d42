"""Paths of fields, as people write them: `spec.template.spec.containers[name=web].image`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

_PLAIN = re.compile(r"[A-Za-z_][-A-Za-z0-9_]*")


@dataclass(frozen=True)
class Element:
    """The element of a list that has these keys."""

    keys: tuple[tuple[str, Any], ...]

    def __str__(self) -> str:
        """Return `name=web`."""
        return ",".join(f"{name}={value}" for name, value in self.keys)


@dataclass(frozen=True)
class Order:
    """In which order the elements of a list come."""


Step = str | int | Element | Order
FieldPath = tuple[Step, ...]


def path_text(path: Sequence[Step]) -> str:
    """Return a path as text.

    A name that is no plain word is quoted: `metadata.labels["app.kubernetes.io/name"]`. So is a
    member of a set: `metadata.finalizers["example.com/hold"]`.
    """
    text = ""
    for step in path:
        match step:
            case str():
                plain = _PLAIN.fullmatch(step)
                text += f".{step}" if plain else f"[{orjson.dumps(step).decode()}]"
            case Order():
                text += " (order)"
            case _:
                text += f"[{step}]"
    return text.removeprefix(".")
