"""Warnings count by when they were last seen, whichever way they were recorded."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given

from kube.clusters.events import EventTally, last_seen, occurrences
from kube.clusters.snapshot import EventsFact
from tests.unit.clusters.pages import shuffled_pages

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
OLD, RECENT = "2026-03-01T10:00:00Z", "2026-03-01T11:50:00Z"


@pytest.mark.parametrize(
    ("event", "hour", "minute", "count"),
    [
        ({"firstTimestamp": OLD, "lastTimestamp": RECENT, "count": 7}, 11, 50, 7),
        ({"firstTimestamp": OLD, "lastTimestamp": None, "eventTime": None}, 10, 0, 1),
        (
            {
                "eventTime": "2026-03-01T10:00:00.000000Z",
                "series": {"count": 3, "lastObservedTime": "2026-03-01T11:50:00.000000Z"},
                "lastTimestamp": None,
            },
            11,
            50,
            3,
        ),
        ({"eventTime": "2026-03-01T10:00:00.000000Z", "series": None, "count": 0}, 10, 0, 1),
        ({"metadata": {"creationTimestamp": OLD}}, 10, 0, 1),
    ],
)
def test_old_and_new_recorders_say_when_and_how_often(
    event: dict[str, Any], hour: int, minute: int, count: int
) -> None:
    assert last_seen(event) == datetime(2026, 3, 1, hour, minute, tzinfo=UTC)
    assert occurrences(event) == count


def test_an_event_without_a_time_was_never_seen() -> None:
    assert last_seen({"metadata": {}}) is None


def warning(
    reason: str, ago: timedelta, *, kind: str = "Warning", count: int = 1
) -> dict[str, Any]:
    return {
        "type": kind,
        "reason": reason,
        "lastTimestamp": (NOW - ago).isoformat(),
        "count": count,
    }


EVENTS = [
    warning("BackOff", timedelta(minutes=1), count=500),
    warning("BackOff", timedelta(minutes=2)),
    warning("Failed", timedelta(minutes=15)),
    warning("Failed", timedelta(minutes=15, seconds=1)),
    warning("Unhealthy", timedelta(minutes=-1)),
    warning("Scheduled", timedelta(0), kind="Normal"),
    {"type": "Warning", "reason": "Timeless"},
    {"type": "Warning", "lastTimestamp": RECENT},
]


@given(shuffled_pages(EVENTS))
def test_pages_and_their_order_do_not_matter(pages: list[list[dict[str, Any]]]) -> None:
    tally = EventTally(NOW)
    for page in pages:
        tally.add(page)
    assert tally.fact() == EventsFact(
        window_minutes=15,
        total=5,
        by_reason={"BackOff": 2, "Failed": 1, "Unhealthy": 1, "Unknown": 1},
        occurrences=504,
    )


def test_the_window_is_a_setting() -> None:
    tally = EventTally(NOW, window_minutes=1)
    tally.add(EVENTS)
    fact = tally.fact()
    assert (fact.window_minutes, fact.by_reason) == (1, {"BackOff": 1, "Unhealthy": 1})
