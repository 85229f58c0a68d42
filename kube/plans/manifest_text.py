from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from kube.plans.change import Object

if TYPE_CHECKING:
    from yaml import SafeDumper
else:  # the one on libyaml is three times as fast, and not built everywhere
    SafeDumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class _Dumper(SafeDumper):
    """Writes YAML that reads well line by line: texts of several lines as blocks, no aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: SafeDumper, text: str) -> yaml.ScalarNode:
    is_block = "\n" in text and text[0] != "\n" and not text.endswith("\n\n")
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if is_block else None)


_Dumper.add_representer(str, _text)


def manifest_text(obj: Object) -> str:
    """Return an object as YAML with sorted keys, as kubectl prints it."""
    text: str = yaml.dump(obj, Dumper=_Dumper, width=1_000_000, allow_unicode=True)
    return text
