"""Numbers and times as people read them. Amounts of a resource: `kube.quantity.show`."""

from __future__ import annotations

from datetime import UTC, datetime

UNKNOWN = "unknown"

_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def percent(ratio: float | None) -> str:
    """Return a ratio as "42 %", and "unknown" for None: never 0 for what was not measured."""
    if ratio is None:
        return UNKNOWN
    if 0 < ratio < 0.005:
        return "< 1 %"
    return f"{ratio * 100:.0f} %"


def count(number: int, noun: str, plural: str = "") -> str:
    """Return "1 pod", "1,204 pods"."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def span(seconds: float) -> str:
    """Return a length of time with at most two units: "0.4 s", "12 s", "3 min 5 s", "2 d 4 h"."""
    whole = round(seconds)
    if whole < 10:
        return f"{max(seconds, 0):.1f} s"
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return _two(whole, _MINUTE, "min", 1, "s")
    if whole < _DAY:
        return _two(whole, _HOUR, "h", _MINUTE, "min")
    return _two(whole, _DAY, "d", _HOUR, "h")


def _two(seconds: int, unit: int, name: str, below: int, below_name: str) -> str:
    rest = seconds % unit // below
    return f"{seconds // unit} {name}" + (f" {rest} {below_name}" if rest else "")


def ago(then: datetime, now: datetime) -> str:
    """Return how long ago a moment was, in words: "just now", "4 min ago", "3 days ago".

    A moment ahead of `now` is told as such ("in 4 min"): the clocks differ, and nobody is helped
    by hiding it; less than a minute of it counts as now.
    """
    seconds = (_aware(now) - _aware(then)).total_seconds()
    if -_MINUTE < seconds < 5:
        return "just now"
    length = _coarse(abs(seconds))
    return f"{length} ago" if seconds > 0 else f"in {length}"


def _coarse(seconds: float) -> str:
    if seconds < _MINUTE:
        return f"{int(seconds)} s"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE:.0f} min"
    if seconds < 2 * _DAY:
        return f"{seconds // _HOUR:.0f} h"
    return f"{seconds // _DAY:.0f} days"


def moment(at: datetime) -> str:
    """Return a moment in UTC, to the second: "23 Nov 2026, 14:03:11 UTC"."""
    utc = _aware(at).astimezone(UTC)
    return f"{utc.day} {utc:%b %Y, %H:%M:%S} UTC"


def _aware(at: datetime) -> datetime:
    """Read a moment without a zone as UTC."""
    return at if at.tzinfo else at.replace(tzinfo=UTC)
