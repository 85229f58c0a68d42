from __future__ import annotations

import binascii
import json
from base64 import b64decode
from collections import defaultdict
from collections.abc import Iterable
from hashlib import sha256
from typing import Any

from kube.plans.change import Object
from kube.plans.field_path import Step
from kube.plans.values import ABSENT

MIN_TEXT_CHARACTERS = 4
"""Texts shorter than this are not looked for inside of others: they would be found everywhere."""

MASK = "***"
_CUT = "…"
_SERIALISED = ("{", "[", "H4sI")  # JSON, and base64 of gzip
_HOLDERS = ("data", "stringData")


class Masker:
    """Hides the values of Secrets so that one still sees which are equal.

    A value becomes `+++ (value 1)`, numbered in the order of first appearance: equal values get one
    number, different ones two, and no length shows. `data` and `stringData` of the same content are
    equal. Use one masker for everything that is shown together, such as a whole plan.

    An annotation of a Secret is hidden too where it is a serialised object, such as kubectl's copy
    of the manifest, or holds one of the Secret's values.

    Source: Argo CD's diff, which tells values apart by a longer mask each.
    """

    def __init__(self, texts: Iterable[str] = ()) -> None:
        """Begin to count.

        Args:
            texts: Secret texts from elsewhere, such as variables of a template; every value of any
                object that is one of them, or holds one of at least 4 characters, is hidden too.
        """
        self._numbers: dict[bytes, int] = {}
        self._whole = frozenset(text for text in texts if text)
        self._texts = frozenset(text for text in self._whole if len(text) >= MIN_TEXT_CHARACTERS)
        self._own_texts: defaultdict[tuple[str, str], set[str]] = defaultdict(set)

    def learn(self, *objects: Object | None) -> None:
        """Take note of the values of Secrets before any version of them is shown."""
        for obj in objects:
            if obj is not None and _is_secret(obj):
                self._own_texts[_identity(obj)] |= set(_texts_in(obj))

    def masked(self, obj: Object) -> Object:
        """Return a copy of an object with its secret values masked; keys stay as they are."""
        self.learn(obj)
        result: Object = self._walk((), obj, obj)
        return result

    def masked_at(self, path: tuple[Step, ...], value: Any, *, of: Object) -> Any:
        """Return the value of one field with what is secret in it masked.

        Args:
            path: Where in the object the field is.
            value: Its value; ABSENT stays so.
            of: A version of the object, which tells whether it is a Secret.
        """
        self.learn(of)
        return self._walk(path, value, of)

    def _walk(self, path: tuple[Step, ...], value: Any, of: Object) -> Any:
        if value is ABSENT or value is None:
            return value
        is_holder = len(path) == 1 and isinstance(value, dict)
        if path and path[0] in _HOLDERS and not is_holder and _is_secret(of):
            return self._mask(_content(value) if path[0] == "data" else value)
        if isinstance(value, dict):
            return {name: self._walk((*path, name), each, of) for name, each in value.items()}
        if isinstance(value, list):
            return [self._walk((*path, n), each, of) for n, each in enumerate(value)]
        if isinstance(value, str) and self._is_hidden(path, value, of):
            return self._mask(value)
        return self._mask(value) if _spelled(value) in self._whole else value

    def _is_hidden(self, path: tuple[Step, ...], value: str, of: Object) -> bool:
        if any(text in value for text in self._texts):
            return True
        if not _is_secret(of) or path[:2] != ("metadata", "annotations"):
            return False
        own = self._own_texts[_identity(of)]
        return value.lstrip().startswith(_SERIALISED) or any(text in value for text in own)

    def _mask(self, value: Any) -> str:
        raw = value if isinstance(value, bytes) else str(value).encode()
        number = self._numbers.setdefault(sha256(raw).digest(), len(self._numbers) + 1)
        return f"+++ (value {number})"


def hidden(message: str, texts: Iterable[str]) -> str:
    """Return a message with secret texts masked: whole, escaped, on one line, or cut at its end.

    A server quotes the values that it refuses. Texts of fewer than 4 characters are left alone.
    """
    for text in sorted(texts, key=len, reverse=True):
        if len(text) < MIN_TEXT_CHARACTERS:
            continue
        for form in _spellings(text):
            message = message.replace(form, MASK)
            message = _without_cut(message, form)
    return message


def _spellings(text: str) -> Iterable[str]:
    escaped = json.dumps(text, ensure_ascii=False)[1:-1]
    forms = (text, " ".join(text.split()), escaped, " ".join(escaped.split()))
    return dict.fromkeys(form for form in forms if len(form) >= MIN_TEXT_CHARACTERS)


def _without_cut(message: str, form: str) -> str:
    """Mask the beginning of a text at the place where a long message was cut off."""
    if not message.endswith(_CUT):
        return message
    kept = message.removesuffix(_CUT)
    start = kept.rfind(form[:MIN_TEXT_CHARACTERS])
    is_cut = start >= 0 and form.startswith(kept[start:])
    return f"{kept[:start]}{MASK}{_CUT}" if is_cut else message


def _spelled(value: Any) -> str:
    """Return a scalar as a variable's value is spelled."""
    return value if isinstance(value, str) else json.dumps(value, default=str)


def _is_secret(obj: Object) -> bool:
    return obj.get("kind") == "Secret" and obj.get("apiVersion") in ("v1", None)


def _identity(obj: Object) -> tuple[str, str]:
    metadata = obj.get("metadata") or {}
    return str(metadata.get("namespace", "")), str(metadata.get("name", ""))


def _texts_in(secret: Object) -> Iterable[str]:
    """Yield the values of a Secret in both spellings, to find them in its other fields."""
    for holder in _HOLDERS:
        values = secret.get(holder)
        for value in values.values() if isinstance(values, dict) else ():
            content = _content(value).decode(errors="ignore") if holder == "data" else ""
            yield from (text for text in (str(value), content) if len(text) >= MIN_TEXT_CHARACTERS)


def _content(value: Any) -> bytes:
    """Return what a value of `data` stands for; a text that is no base64 stands for itself."""
    text = str(value)
    try:
        return b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return text.encode()
