from __future__ import annotations

from datetime import datetime


def parse_timestamp(text: str | None) -> datetime | None:
    """Return the moment that a Kubernetes `Time` or `MicroTime` names, None where there is none.

    Raises:
        ValueError: `text` is no RFC 3339 timestamp.

    Source: apimachinery pkg/apis/meta/v1/time.go, micro_time.go (RFC 3339, always with a zone).
    """
    return datetime.fromisoformat(text) if text else None
