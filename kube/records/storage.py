"""Where bytes are kept for ever: written once under a key, never changed."""

from __future__ import annotations

from typing import Protocol

BY_RUN = "runs"
JOURNALS = "journal"
PLANS = "plans"
SEALS = "seals"
UNDO_SEALS = "undo-seals"
SOURCES = "sources"
TEMPLATES = "templates"
ARCHIVED_TEMPLATES = "archived-templates"
TEMPLATE_USES = "template-uses"
# What lies beside the records, which have a folder for each operation.
AREAS = frozenset(
    {
        BY_RUN,
        JOURNALS,
        PLANS,
        SEALS,
        UNDO_SEALS,
        SOURCES,
        TEMPLATES,
        ARCHIVED_TEMPLATES,
        TEMPLATE_USES,
    }
)


class StorageError(Exception):
    """What is kept cannot be read or written; the message says where and what to do."""


class Storage(Protocol):
    """Append-only storage of small blobs; keys are paths, and sort by name.

    Every method raises StorageError where the storage cannot be reached, read or written.
    """

    async def put(self, key: str, content: bytes) -> None:
        """Store a blob whole under a new key; StorageError where the key is taken."""

    async def get(self, key: str) -> bytes | None:
        """Return a blob, None where there is none under the key."""

    async def keys(self, prefix: str) -> tuple[str, ...]:
        """Return the keys below a prefix (a folder, without a slash at its end), sorted."""

    async def folders(self, prefix: str, after: str = "") -> tuple[str, ...]:
        """Return the names of the folders right below a prefix, sorted, without what is in them.

        Args:
            prefix: A folder, without a slash at its end; "" is the root.
            after: Only names that sort behind this one.
        """
