from __future__ import annotations

from datetime import timedelta

from kube.clusters.history import HISTORY_LENGTH, extended, point_of
from tests.unit.clusters.report_samples import NOW, past, unreached, well


def test_a_point_keeps_the_figures_of_a_snapshot() -> None:
    point = point_of(well())
    assert (point.taken_at, point.status) == (NOW, "healthy")
    assert (point.cpu_requested_ratio, point.cpu_usage_ratio) == (0.375, 0.125)
    assert (point.memory_requested_ratio, point.memory_usage_ratio) == (0.5, 0.25)
    assert (point.pods, point.nodes, point.nodes_ready) == (61, 3, 3)


def test_what_was_not_measured_is_none_in_the_point() -> None:
    point = point_of(unreached())
    assert point.model_dump(exclude={"taken_at", "status"}, exclude_none=True) == {}
    assert point.status == "unreachable"


def test_the_history_is_oldest_first_and_ends_with_the_snapshot() -> None:
    points = extended(reversed(past(5)), well())
    assert [point.taken_at for point in points] == sorted(point.taken_at for point in points)
    assert points[-1] == point_of(well())


def test_extending_twice_changes_nothing() -> None:
    once = extended(past(5), well())
    assert extended(once, well()) == once


def test_the_history_keeps_the_latest_points_only() -> None:
    points = extended(past(100), well())
    assert len(points) == HISTORY_LENGTH
    assert points[0].taken_at == NOW - timedelta(minutes=20 * (HISTORY_LENGTH - 1))
