from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True)
class ResourceType:
    """A kind as a cluster serves it: where its objects are, and what may be done to them."""

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool
    verbs: tuple[str, ...] = ()  # sorted: a plan holds it, and equal plans have equal digests
    short_names: tuple[str, ...] = ()
    singular: str = ""

    @property
    def api_version(self) -> str:
        """Return `group/version`, or the version alone for the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(self, namespace: str | None = None, name: str | None = None) -> str:
        """Return the path of the collection, or of one object where `name` is given.

        Without a namespace the collection of a namespaced kind spans all namespaces.

        Raises:
            ValueError: A name is empty or made of dots only, and so would name something else.
        """
        root = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        place = f"/namespaces/{_segment(namespace)}" if self.namespaced and namespace else ""
        return f"{root}{place}/{self.plural}" + ("" if name is None else f"/{_segment(name)}")


def _segment(name: str) -> str:
    """Return a name as one segment of a path: a slash or question mark in it leads nowhere else."""
    if name in ("", ".", ".."):
        raise ValueError(f"{name!r} is no name of an object")
    return quote(name, safe=":")
