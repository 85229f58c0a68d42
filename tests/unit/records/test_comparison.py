"""Two runs against each other: what was asked, what was planned, what became of each object."""

from __future__ import annotations

from typing import Any

from kube.records.comparison import Difference, compare, differences
from kube.records.record import Record
from kube.records.report.comparison import comparison_report, comparison_table, told
from tests.unit.records.page import read_page
from tests.unit.records.test_selection import outcome, record, ref


def planned(diffs: dict[str, str], digest: str = "sha256:1") -> dict[str, Any]:
    changes = [
        {"ref": ref("ConfigMap", name).model_dump(mode="json"), "action": "update", "diff": diff}
        for name, diff in diffs.items()
    ]
    return {"digest": digest, "changes": changes}


def page_of(first: Record, second: Record) -> Record:
    result = compare(first, second).model_dump(mode="json")
    return record(operation="compare-records", outcomes=(), result=result)


def test_values_that_differ_are_told_by_path() -> None:
    first = {"a": {"b": [1, 2], "same": True}, "gone": None, "empty": {}}
    second = {"a": {"b": [1, "2"], "same": True}, "new": "x", "empty": []}
    assert list(differences(first, second)) == [
        Difference(path="a.b.1", first="2", second='"2"'),
        Difference(path="gone", first="null"),
        Difference(path="empty", first="{}", second="[]"),
        Difference(path="new", second='"x"'),
    ]


def test_a_run_differs_in_nothing_from_itself() -> None:
    found = compare(record(result=planned({"a": "x"})), record(result=planned({"a": "x"})))
    assert told(found) == "nothing differs but the time"
    assert found.same_plan is True
    assert found.same_objects == 3, "that which was planned, and two that have an outcome"


def test_parameters_objects_and_plans_that_differ_are_told() -> None:
    first = record(
        parameters={"options": {"namespace": "a"}, "manifests": {"sha256": "1"}},
        outcomes=(outcome("ConfigMap", "a"), outcome("ConfigMap", "b"), outcome("Pod", "p")),
        result=planned({"a": "+1", "b": "+1"}),
    )
    second = record(
        parameters={"options": {"namespace": "b"}, "manifests": {"sha256": "1"}},
        outcomes=(outcome("ConfigMap", "a"), outcome("ConfigMap", "b", "failed")),
        result=planned({"a": "+2", "b": "+1"}, "sha256:2"),
    )
    found = compare(first, second)
    assert [(d.path, d.first, d.second) for d in found.parameters] == [
        ("options.namespace", '"a"', '"b"')
    ]
    assert {(o.name, o.first, o.second, o.other_change) for o in found.objects} == {
        ("a", "changed", "changed", True),
        ("b", "changed", "failed", False),
        ("p", "changed", None, False),
    }
    assert (found.same_plan, found.findings, found.same_objects) == (False, (), 0)
    assert told(found) == "1 parameter, 3 objects differ"
    page = read_page(comparison_report(page_of(first, second)))
    assert "Their plans: different." in page.text
    assert ["ConfigMap shop/b", "changed", "failed", ""] in page.rows
    assert ["Pod shop/p", "changed", "not there", ""] in page.rows
    assert len(comparison_table(page_of(first, second))) == 4


def test_what_reading_operations_found_is_compared_by_value() -> None:
    first, second = (record(outcomes=(), result={"nodes": {"ready": n}}) for n in (3, 2))
    found = compare(first, second)
    assert found.findings == (Difference(path="nodes.ready", first="3", second="2"),)
    assert found.same_plan is None
    assert ["nodes.ready", "3", "2"] in read_page(comparison_report(page_of(first, second))).rows


def test_what_is_too_much_is_cut_and_said() -> None:
    first, second = (record(parameters={f"p{n}": v for n in range(600)}) for v in (1, 2))
    found = compare(first, second)
    assert (len(found.parameters), found.cut) == (500, True)
    assert "more differences than are shown" in comparison_report(page_of(first, second))


def test_a_comparison_that_was_not_made_has_a_page_all_the_same() -> None:
    failed = record(operation="compare-records", outcomes=(), result={})
    assert "compare-records" in comparison_report(failed)
    assert comparison_table(failed) == []
