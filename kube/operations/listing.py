from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from kube.api.client import JSON, ApiClient
from kube.api.errors import Forbidden
from kube.api.listing import reduce_list

T = TypeVar("T")


@dataclass
class Denials:
    """Lists that the user may not read, in words."""

    _denied: set[str] = field(default_factory=set)

    def add(self, what: str) -> None:
        """Remember what could not be read."""
        self._denied.add(what)

    @property
    def sentences(self) -> tuple[str, ...]:
        """Return what could not be read, in order."""
        return tuple(sorted(self._denied))


class _Kept:
    """Keeps what a function makes of each object, and forgets the object."""

    def __init__(self, keep: Callable[[dict[str, Any]], Any]) -> None:
        self._keep = keep
        self.found: list[Any] = []

    def add(self, items: list[dict[str, Any]]) -> None:
        kept = (self._keep(item) for item in items)
        self.found.extend(one for one in kept if one is not None)


async def listed(
    api: ApiClient,
    path: str,
    what: str,
    denials: Denials,
    keep: Callable[[dict[str, Any]], Any] = lambda item: item,
    accept: str = JSON,
) -> list[Any]:
    """Read a list page by page and keep what is wanted of each object; [] where it is forbidden.

    Args:
        api: The cluster.
        path: Path of the collection.
        what: The list in words, remembered in `denials` where the user may not read it.
        denials: What was forbidden so far.
        keep: What to keep of an object; None keeps nothing of it.
        accept: Media type; `METADATA_ONLY` leaves out spec and status.

    Raises:
        KubeError: See `kube.api.errors`; Forbidden is no error here.
    """
    try:
        return (await reduce_list(api, path, lambda: _Kept(keep), accept=accept)).found
    except Forbidden:
        denials.add(what)
        return []
