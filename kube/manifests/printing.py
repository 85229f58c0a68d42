from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import yaml

from kube.manifests.scalars import ScalarError, plain_value

_BaseDumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_WIDTH = 1_000_000


def to_yaml(objects: Iterable[Any]) -> str:
    """Return objects as YAML documents that mean the same to kubectl.

    Keys keep their order, long lines stay whole, and a text of many lines is a block where YAML
    can show it as one.
    """
    return str(
        yaml.dump_all(
            objects,
            Dumper=_Dumper,
            sort_keys=False,
            allow_unicode=True,
            explicit_start=True,
            width=_WIDTH,
        )
    )


class _Dumper(_BaseDumper):  # type: ignore[misc, valid-type]
    def ignore_aliases(self, data: Any) -> bool:
        """Write everything out."""
        return True


def _text(dumper: Any, text: str) -> yaml.Node:
    style = "|" if "\n" in text else None
    if style is None and not _is_text(text):
        style = '"'
    return yaml.ScalarNode("tag:yaml.org,2002:str", str(text), style=style)


def _is_text(text: str) -> bool:
    try:
        return isinstance(plain_value(text), str)
    except ScalarError:
        return False


_Dumper.add_representer(str, _text)
_Dumper.add_multi_representer(str, _text)
