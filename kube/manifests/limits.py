from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """How much a text may ask of us before it is refused.

    `object_bytes` is an object as compact JSON: etcd takes no larger request. `depth` stays below
    the 254 levels that orjson can write. `alias_bytes` bounds what YAML aliases may repeat, so a
    few lines cannot become gigabytes. `steps` bounds what a template may do: each turn of a loop
    and each element of a list that it builds is one.

    Source: etcd --max-request-bytes (1.5 MiB); orjson's documented recursion limit.
    """

    text_bytes: int = 20_000_000
    object_bytes: int = 1_572_864
    depth: int = 200
    nodes: int = 2_000_000
    alias_bytes: int = 4_194_304
    problems: int = 100
    template_bytes: int = 1_000_000
    steps: int = 500_000


DEFAULT_LIMITS = Limits()
