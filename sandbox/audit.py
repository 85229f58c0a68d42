"""What users asked of the API server, as its audit log tells it."""

import json
from pathlib import Path
from typing import Any

WRITES = frozenset({"create", "update", "patch", "delete", "deletecollection"})


class AuditLog:
    """The log of a control plane that was started with `audit=True`."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def end(self) -> int:
        """Return the place where the next entry will stand."""
        return self._file.stat().st_size

    def writes_since(self, place: int) -> list[str]:
        """Return the writes that were logged from a place on, as "verb URI", in their order.

        A dry run stores nothing, and neither does a review of what the asker may do: they do not
        count.
        """
        with self._file.open("rb") as file:
            file.seek(place)
            entries = [json.loads(line) for line in file]
        return [f"{entry['verb']} {entry['requestURI']}" for entry in entries if _writes(entry)]


def _writes(entry: dict[str, Any]) -> bool:
    address = entry["requestURI"]
    is_review = "/selfsubject" in address
    return entry["verb"] in WRITES and "dryRun=All" not in address and not is_review
