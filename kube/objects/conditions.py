from __future__ import annotations

from typing import Any


def find_condition(obj: dict[str, Any], kind: str) -> dict[str, Any] | None:
    """Return the entry of `status.conditions` whose type is `kind`, None where there is none."""
    entries: list[dict[str, Any]] = (obj.get("status") or {}).get("conditions") or []
    for entry in entries:
        if entry.get("type") == kind:
            return entry
    return None


def is_true(obj: dict[str, Any], kind: str) -> bool:
    """Return whether the condition is there and "True": "Unknown" and absent are not true."""
    entry = find_condition(obj, kind)
    return entry is not None and entry.get("status") == "True"
