from __future__ import annotations

from typing import Any

import pytest

from kube.clusters.report_figures import facts_table
from kube.clusters.report_gaps import READS
from kube.clusters.snapshot import Fact, Reach
from tests.unit.clusters.report_samples import FACTS, GIB, degraded, refresh_record, unreached, well


def figures(snapshot: Any) -> dict[str, tuple[Any, Any, Any]]:
    rows = facts_table(refresh_record(snapshot))
    table = {str(row["name"]): (row["value"], row["unit"], row["status"]) for row in rows}
    assert len(table) == len(rows), "every figure has a name of its own"
    return table


def test_every_figure_has_its_value_in_base_units() -> None:
    table = figures(well())
    assert table["nodes.ready"] == (3, "nodes", "ok")
    assert table["cpu.requested"] == (4500, "millicores", "ok")
    assert table["memory.schedulable"] == (32 * GIB, "bytes", "ok")
    assert table["pods.requested"] == (61, "units", "ok")
    assert table["cpu.requested_ratio"] == (0.375, "ratio", "ok")
    assert table["workloads.Deployment.ready_replicas"] == (20, "replicas", "ok")
    assert table["reach.seconds"] == (0.05, "seconds", "ok")
    assert table["health"][0] == "healthy"


def test_what_was_not_measured_has_no_value_and_says_why() -> None:
    table = figures(well(events=Fact(status="denied"), usage=Fact(status="absent")))
    assert table["events"] == (None, "", "denied")
    assert table["usage"] == (None, "", "absent")
    assert not any(name.startswith("events.") for name in table)


def test_use_is_left_out_where_no_metrics_answer() -> None:
    assert "pods.usage" not in figures(well())


def test_a_cluster_that_was_not_reached_has_a_row_per_fact() -> None:
    table = figures(unreached("dns"))
    assert table["reach"] == ("dns", "", "ok")
    assert {name: table[name][2] for name in READS} == dict.fromkeys(FACTS, "error")


def test_a_version_that_is_not_told_is_none() -> None:
    assert figures(well(reach=Reach(status="ok")))["version"] == (None, "", "error")


@pytest.mark.parametrize("result", [{}, {"snapshot": 1}])
def test_a_record_without_a_snapshot_has_no_figures(result: dict[str, Any]) -> None:
    assert facts_table(refresh_record(well(), result=result)) == []


def test_names_from_the_cluster_are_one_line_without_tags() -> None:
    assert all(
        not set("<>\n") & set(str(row["name"]))
        for row in facts_table(refresh_record(degraded("<b>\nx</b>")))
    )
