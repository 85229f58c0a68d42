"""Conditions and timestamps are read as the API writes them."""

from datetime import UTC, datetime
from typing import Any

import pytest

from kube.objects.conditions import find_condition, is_true
from kube.objects.timestamps import parse_timestamp

READY = {"type": "Ready", "status": "True"}


@pytest.mark.parametrize(
    ("obj", "found"),
    [
        ({"status": {"conditions": [{"type": "Other", "status": "True"}, READY]}}, READY),
        ({"status": {"conditions": []}}, None),
        ({"status": {"conditions": None}}, None),
        ({"status": None}, None),
        ({}, None),
    ],
)
def test_a_condition_is_found_by_its_type(obj: dict[str, Any], found: Any) -> None:
    assert find_condition(obj, "Ready") == found
    assert is_true(obj, "Ready") == (found is not None)


@pytest.mark.parametrize("status", ["False", "Unknown", "true", None])
def test_only_the_word_true_is_true(status: str | None) -> None:
    assert not is_true({"status": {"conditions": [{"type": "Ready", "status": status}]}}, "Ready")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-01T12:00:00Z", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        ("2026-03-01T12:00:00.250000Z", datetime(2026, 3, 1, 12, 0, 0, 250000, tzinfo=UTC)),
        ("2026-03-01T14:00:00+02:00", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        ("", None),
        (None, None),
    ],
)
def test_a_timestamp_has_a_zone_or_is_absent(text: str | None, moment: datetime | None) -> None:
    assert parse_timestamp(text) == moment


def test_a_text_that_is_no_timestamp_is_an_error() -> None:
    with pytest.raises(ValueError, match="yesterday"):
        parse_timestamp("yesterday")
