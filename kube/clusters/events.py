from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from kube.clusters.ranking import by_frequency
from kube.clusters.snapshot import EventsFact
from kube.objects.timestamps import parse_timestamp

WINDOW_MINUTES = 15


class EventTally:
    """Counts the warning events last seen within a window, page by page.

    An event is one object and reason, however often it came: how many of its occurrences fell
    into the window is not recorded by Kubernetes, so it is not counted.
    """

    def __init__(self, now: datetime, *, window_minutes: int = WINDOW_MINUTES) -> None:
        """Count what was last seen at most `window_minutes` (1 or more) before `now`."""
        self._window_minutes = window_minutes
        self._oldest = now - timedelta(minutes=window_minutes)
        self._reasons: Counter[str] = Counter()
        self._occurrences = 0

    def add(self, events: list[dict[str, Any]]) -> None:
        """Count one page of core/v1 events."""
        for event in events:
            if event.get("type") != "Warning":
                continue
            seen = last_seen(event)
            if seen is not None and seen >= self._oldest:
                self._reasons[event.get("reason") or "Unknown"] += 1
                self._occurrences += occurrences(event)

    def fact(self) -> EventsFact:
        """Return the counts of all pages so far."""
        return EventsFact(
            window_minutes=self._window_minutes,
            total=self._reasons.total(),
            by_reason=by_frequency(self._reasons),
            occurrences=self._occurrences,
        )


def last_seen(event: dict[str, Any]) -> datetime | None:
    """Return when an event was last seen, None where it has no time at all.

    Old recorders write `firstTimestamp` and `lastTimestamp`, new ones `eventTime` and, from the
    second occurrence on, `series.lastObservedTime`; the fields of the other kind are null.

    Source: kubernetes pkg/printers/internalversion/printers.go (printEvent).
    """
    moments = (
        (event.get("series") or {}).get("lastObservedTime"),
        event.get("lastTimestamp"),
        event.get("firstTimestamp"),
        event.get("eventTime"),
        (event.get("metadata") or {}).get("creationTimestamp"),
    )
    return parse_timestamp(next((text for text in moments if text), None))


def occurrences(event: dict[str, Any]) -> int:
    """Return how often an event came since it began: `series.count`, `count`, or once."""
    return int((event.get("series") or {}).get("count") or event.get("count") or 1)
