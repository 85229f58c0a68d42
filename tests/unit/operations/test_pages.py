"""A record that is shown again has the page of its run, whatever the operation was."""

from __future__ import annotations

from typing import Any

import pytest

from kube.clusters.inventory_report import inventory_report
from kube.operations.pages import page_of
from kube.operations.plan_report import plan_report
from kube.operations.records import shown
from kube.records.findings import RunContext, record_of
from kube.records.record import Record, Requester
from tests.unit.records.test_selection import NOON, record

PLAN = {"mode": "plan", "digest": "sha256:0", "changes": []}


def show(found: Record) -> Record:
    run = RunContext("run-x", "show-record", None, Requester(), {"run_id": found.id}, NOON)
    return record_of(run, shown(found), NOON)


@pytest.mark.parametrize(
    ("fields", "page"),
    [
        ({"operation": "list-clusters", "result": {"rows": []}}, inventory_report),
        ({"operation": "apply-yaml", "result": PLAN}, plan_report),
        ({"operation": "scale-something-of-the-future", "result": {"a": 1}}, plan_report),
    ],
    ids=lambda value: value["operation"] if isinstance(value, dict) else "",
)
def test_a_shown_record_has_the_page_and_the_table_of_its_run(
    fields: dict[str, Any], page: Any
) -> None:
    found = record(**fields)
    again = show(found)
    own = shown(found).report
    assert own.markdown(again) == page(found)
    assert own.table is not None
    table = page_of(found).table
    assert own.table(again) == (table(found) if table else [])


def test_a_shown_record_can_be_shown_again() -> None:
    found = record(operation="apply-yaml", result=PLAN)
    once = show(found)
    assert shown(once).report.markdown(show(once)) != ""
