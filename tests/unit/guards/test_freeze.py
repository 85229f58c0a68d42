"""Freeze windows: by the clock on the wall, over midnight, over the change of the clocks."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

import pytest
from pydantic import ValidationError

from kube.clusters.freeze import FreezePeriod, WeeklyFreeze
from kube.clusters.registration import ClusterSettings
from kube.guards.freeze import freeze_windows
from tests.unit.guards.plans import change, facts, obj, plan

NIGHT: dict[str, Any] = {"name": "night", "start": "22:00", "end": "06:00"}
WRITES = plan(change(None, obj("ConfigMap")))


def covers(window: WeeklyFreeze | FreezePeriod, moment: str) -> bool:
    return window.covers(datetime.fromisoformat(moment))


@pytest.mark.parametrize(
    ("moment", "inside"),
    [
        ("2026-01-02T21:59:59+00:00", False),
        ("2026-01-02T22:00:00+00:00", True),
        ("2026-01-03T05:59:59+00:00", True),
        ("2026-01-03T06:00:00+00:00", False),
        ("2026-01-03T22:00:00+00:00", False),
        ("2026-01-02T05:00:00+00:00", False),
    ],
)
def test_a_window_over_midnight_belongs_to_the_day_on_which_it_begins(
    moment: str, inside: bool
) -> None:
    assert covers(WeeklyFreeze(days=["Fri"], **NIGHT), moment) == inside


def test_a_window_on_sunday_night_reaches_into_monday() -> None:
    window = WeeklyFreeze(days=["Sun"], **NIGHT)
    assert covers(window, "2026-01-05T03:00:00+00:00")
    assert not covers(window, "2026-01-04T03:00:00+00:00")


def test_a_window_that_ends_when_it_begins_is_a_whole_day() -> None:
    window = WeeklyFreeze(name="sabbath", days=["Sat"], start=time(0), end=time(0))
    assert covers(window, "2026-01-03T00:00:00+00:00")
    assert covers(window, "2026-01-03T23:59:59+00:00")
    assert not covers(window, "2026-01-04T00:00:00+00:00")


@pytest.mark.parametrize(
    ("moment", "inside"),
    [("2026-03-28T08:30:00+00:00", True), ("2026-03-29T08:30:00+00:00", False)],
    ids=["winter time", "summer time"],
)
def test_the_clock_on_the_wall_counts_also_when_it_is_put_forward(
    moment: str, inside: bool
) -> None:
    window = WeeklyFreeze(
        name="market",
        days=["Sat", "Sun"],
        start=time(9),
        end=time(10),
        time_zone="Europe/Berlin",
    )
    assert covers(window, moment) == inside


def test_a_period_begins_at_its_first_moment_and_ends_before_its_last() -> None:
    period = FreezePeriod(name="x", start="2026-01-01T00:00:00Z", end="2026-01-02T00:00:00Z")
    assert covers(period, "2026-01-01T01:00:00+01:00")
    assert not covers(period, "2026-01-02T00:00:00+00:00")


@pytest.mark.parametrize("verdict", ["refused", "needs approval"])
def test_a_change_in_a_window_is_what_the_window_says(verdict: Any) -> None:
    window = WeeklyFreeze(
        name="month end", verdict=verdict, days=["Fri"], start=time(8), end=time(18)
    )
    (ruling,) = freeze_windows(WRITES, facts(ClusterSettings(freeze_windows=[window])))
    assert ruling.verdict == verdict
    assert "month end (Fri 08:00 to 18:00 UTC)" in ruling.reason


def test_outside_of_a_window_and_without_a_change_the_guard_is_silent() -> None:
    window = WeeklyFreeze(name="night", days=["Fri"], start=time(20), end=time(6))
    assert not list(freeze_windows(WRITES, facts(ClusterSettings(freeze_windows=[window]))))
    noon = WeeklyFreeze(name="noon", days=["Fri"], start=time(11), end=time(13))
    assert not list(freeze_windows(plan(), facts(ClusterSettings(freeze_windows=[noon]))))


@pytest.mark.parametrize(
    "window",
    [
        {**NIGHT, "days": []},
        {**NIGHT, "days": ["Friday"]},
        {**NIGHT, "days": ["Fri"], "time_zone": "Mars/Olympus"},
        {**NIGHT, "days": ["Fri"], "time_zone": "../etc/passwd"},
        {"name": "x", "start": "2026-01-01T00:00:00", "end": "2026-01-02T00:00:00"},
        {"name": "x", "start": "2026-01-02T00:00:00Z", "end": "2026-01-01T00:00:00Z"},
    ],
)
def test_what_no_window_can_be_is_refused(window: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ClusterSettings(freeze_windows=[window])


def test_windows_of_both_kinds_survive_the_block_they_are_kept_in() -> None:
    settings = ClusterSettings(
        freeze_windows=[
            WeeklyFreeze(days=["Fri"], **NIGHT),
            FreezePeriod(name="x", start="2026-01-01T00:00:00Z", end="2026-01-02T00:00:00Z"),
        ]
    )
    assert ClusterSettings.model_validate_json(settings.model_dump_json()) == settings
