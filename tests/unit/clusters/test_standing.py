"""A cluster's standing worsens after two failures and recovers after one success."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kube.clusters.snapshot import Health, HealthStatus, Standing
from kube.clusters.standing import settle

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
LETTERS: dict[str, HealthStatus] = {
    "h": "healthy",
    "d": "degraded",
    "a": "unauthorized",
    "u": "unreachable",
}
BADNESS = "hdau"


def at(minute: int) -> datetime:
    return START + timedelta(minutes=minute)


def history(verdicts: str) -> list[Standing]:
    standings: list[Standing] = []
    for minute, letter in enumerate(verdicts):
        previous = standings[-1] if standings else None
        standings.append(settle(previous, Health(status=LETTERS[letter]), at(minute)))
    return standings


@pytest.mark.parametrize(
    ("verdicts", "settled"),
    [
        ("h", "h"),
        ("u", "u"),
        ("hu", "hh"),
        ("huu", "hhu"),
        ("huh", "hhh"),
        ("huhu", "hhhh"),
        ("huuh", "hhuh"),
        ("hdu", "hhu"),
        ("hud", "hhd"),
        ("huud", "hhud"),
        ("dhd", "dhh"),
        ("daau", "ddaa"),
        ("uuhdd", "uuhhd"),
    ],
)
def test_a_standing_follows_its_verdicts(verdicts: str, settled: str) -> None:
    assert [s.status for s in history(verdicts)] == [LETTERS[letter] for letter in settled]


def test_a_first_verdict_settles_at_once_and_is_no_change() -> None:
    assert history("u") == [Standing(status="unreachable", since=at(0))]
    assert history("h") == [Standing(status="healthy", since=at(0), last_ok_at=at(0))]


def test_a_change_is_told_once_and_keeps_from_what_and_since_when() -> None:
    first, waiting, moved, still = history("huuu")
    assert (first.failures, waiting.failures, moved.failures) == (0, 1, 0)
    assert [s.changed for s in (first, waiting, moved, still)] == [False, False, True, False]
    assert moved.previous == still.previous == "healthy"
    assert moved.since == still.since == at(2)
    assert still.last_ok_at == at(0)


def test_the_last_good_moment_is_of_the_last_healthy_verdict() -> None:
    assert [s.last_ok_at for s in history("udhhd")] == [None, None, at(2), at(3), at(3)]


@given(st.text("hdau", min_size=2, max_size=12))
def test_no_standing_is_worse_than_both_last_verdicts_or_better_than_neither(
    verdicts: str,
) -> None:
    standings = history(verdicts)
    for minute, (before, after) in enumerate(pairwise(standings), start=1):
        worst = max(verdicts[minute - 1 : minute + 1], key=BADNESS.index)
        rank = [LETTERS[letter] for letter in BADNESS].index
        assert rank(after.status) <= max(rank(before.status), rank(LETTERS[worst]))
        assert after.changed == (after.status != before.status)
        if after.status == before.status:
            assert after.since == before.since
        assert after.failures < 2
