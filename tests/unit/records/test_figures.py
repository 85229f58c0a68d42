from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from kube.records.report.figures import ago, count, moment, percent, span

NOW = datetime(2026, 11, 23, 14, 3, 11, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ratio", "shown"),
    [(None, "unknown"), (0.0, "0 %"), (0.002, "< 1 %"), (0.424, "42 %"), (1.37, "137 %")],
)
def test_a_ratio_is_a_percentage_and_none_is_unknown(ratio: float | None, shown: str) -> None:
    assert percent(ratio) == shown


def test_a_count_has_its_noun() -> None:
    assert count(1, "pod") == "1 pod"
    assert count(1204, "pod") == "1,204 pods"
    assert count(2, "address", "addresses") == "2 addresses"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (-1, "0.0 s"), (0.42, "0.4 s"), (9.96, "10 s"), (59.7, "1 min"), (185, "3 min 5 s"),
        (3600, "1 h"), (4320, "1 h 12 min"), (187200, "2 d 4 h"),
    ],
)  # fmt: skip
def test_a_length_of_time_has_at_most_two_units(seconds: float, shown: str) -> None:
    assert span(seconds) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "just now"), (4.9, "just now"), (44, "44 s ago"), (59.9, "59 s ago"),
        (240, "4 min ago"), (7200, "2 h ago"), (47 * 3600, "47 h ago"),
        (3 * 86400, "3 days ago"), (-30, "just now"),
        (-300, "in 5 min"),
    ],
)  # fmt: skip
def test_an_age_is_told_in_words(seconds: float, shown: str) -> None:
    assert ago(NOW - timedelta(seconds=seconds), NOW) == shown


def test_a_moment_is_shown_in_utc() -> None:
    local = datetime(2026, 11, 3, 1, 5, 9, tzinfo=timezone(timedelta(hours=2)))
    assert moment(local) == "2 Nov 2026, 23:05:09 UTC"
    assert moment(NOW.replace(tzinfo=None)) == moment(NOW)
