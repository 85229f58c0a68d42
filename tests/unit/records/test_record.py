from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kube.objects.ref import ObjectRef
from kube.records.record import Outcome, OutcomeStatus, Record, Requester, Verdict
from kube.records.report.markdown import text
from kube.records.report.record import FOLD_ROWS, MAX_ROWS, frame, outcome_table, render_record
from tests.unit.records.page import read_page

NOW = datetime(2026, 11, 23, 14, 3, 11, tzinfo=UTC)
HOSTILE = "| <b>x</b> [y](javascript:z)\n# `"


def record(**values: Any) -> Record:
    fields: dict[str, Any] = {
        "id": "6f1c2b9e",
        "operation": "restart-workloads",
        "cluster": "prod-eu",
        "requester": Requester(name="anna", trigger="api"),
        "started_at": NOW - timedelta(seconds=75),
        "finished_at": NOW,
        "verdict": Verdict(good=True, name="Completed", message="4 workloads restarted"),
        "api_calls": 17,
    }
    return Record(**fields | values)


def outcome(name: str, status: OutcomeStatus, **values: Any) -> Outcome:
    ref = ObjectRef(api_version="apps/v1", kind="Deployment", namespace="shop", name=name)
    return Outcome(ref=ref, status=status, **values)


def test_the_frame_tells_who_did_what_where_and_how_it_ended() -> None:
    shown = read_page(render_record(record())).text
    assert "✓ restart-workloads on prod-eu: Completed" in shown
    assert "4 workloads restarted" in shown
    for fact in ("anna", "through the API", "took 1 min 15 s", "17 API calls", "14:03:11 UTC"):
        assert fact in shown


def test_a_bad_verdict_is_marked() -> None:
    refused = Verdict(good=False, name="Refused", message="shop is protected")
    assert read_page(render_record(record(verdict=refused))).text.startswith("✕ ")


def test_a_headline_takes_the_title_and_the_verdict_stays() -> None:
    page = read_page(frame(record(), headline=text("prod-eu is well")))
    assert page.segments[0] == "prod-eu is well"
    assert "Completed" in page.text
    assert "4 workloads restarted" not in page.text, "the headline says it"


def test_a_failure_is_told_below_a_headline_too() -> None:
    failed = Verdict(good=False, name="Failed", message="the token expired")
    shown = frame(record(verdict=failed), headline=text("prod-eu"))
    assert "the token expired" in read_page(shown).text


def test_problems_come_first() -> None:
    outcomes = (outcome("a", "unchanged"), outcome("b", "changed"), outcome("c", "failed"))
    assert [row["name"] for row in outcome_table(record(outcomes=outcomes))] == ["c", "b", "a"]
    rows = read_page(render_record(record(outcomes=outcomes))).rows
    assert [row[1] for row in rows[1:4]] == [f"Deployment shop/{name}" for name in "cba"]


def test_outcomes_are_counted_in_words() -> None:
    outcomes = (*(outcome(name, "changed") for name in "abc"), outcome("x", "blocked"))
    assert "1 blocked, 3 changed." in read_page(render_record(record(outcomes=outcomes))).text


def test_many_outcomes_are_folded_and_their_problems_are_not() -> None:
    outcomes = tuple(outcome(f"o{i}", "failed" if i == 30 else "changed") for i in range(60))
    markdown = render_record(record(outcomes=outcomes))
    assert len(outcomes) > FOLD_ROWS
    before, _, after = markdown.partition("<summary>The other 59 objects</summary>")
    assert "shop/o30" in before
    assert "shop/o7" not in before
    assert "shop/o7" in after


def test_a_page_shows_no_more_objects_than_somebody_reads_and_the_table_all_of_them() -> None:
    made = record(outcomes=tuple(outcome(f"o{i}", "unchanged") for i in range(MAX_ROWS + 300)))
    shown = render_record(made)
    assert shown.count("shop/o") == MAX_ROWS
    assert "And 300 objects more" in read_page(shown).text
    assert len(outcome_table(made)) == MAX_ROWS + 300


def test_warnings_undo_and_parameters_are_shown() -> None:
    markdown = render_record(
        record(warnings=("no probe",), undo="run undo-operation", parameters={"n": 3})
    )
    shown = read_page(markdown).text
    assert "⚠ no probe" in shown
    assert "To undo: run undo-operation" in shown
    assert '"n": 3' in shown


def test_more_warnings_than_a_reader_takes_in_are_folded() -> None:
    markdown = render_record(record(warnings=tuple(f"w{i}" for i in range(FOLD_ROWS + 5))))
    assert f"w{FOLD_ROWS + 4}" in markdown.partition("More warnings")[2]


def test_a_huge_result_is_cut_and_says_so() -> None:
    shown = render_record(record(result={"lines": ["x" * 100] * 1000}))
    assert len(shown) < 30_000
    assert "cut here" in shown


@pytest.mark.parametrize("retried", [1, 3])
def test_foreign_text_changes_nothing_of_the_page(retried: int) -> None:
    def page(value: str) -> list[str]:
        hostile = record(
            cluster=value,
            requester=Requester(name=value),
            outcomes=(outcome(value, "failed", reason=value, attempts=retried, seconds=2),),
            warnings=(value,),
            undo=value,
            parameters={"p": value},
        )
        tags = read_page(render_record(hostile)).tags
        return [tag for tag in tags if tag not in ("wbr", "code")]

    assert page(HOSTILE) == page("harmless")


def test_rows_for_machines_keep_their_types() -> None:
    (row,) = outcome_table(
        record(outcomes=(outcome("web", "failed", reason="see https://x", seconds=1.23456),))
    )
    assert row == {
        "status": "failed",
        "kind": "Deployment",
        "namespace": "shop",
        "name": "web",
        "reason": "see https[:]//x",
        "attempts": 1,
        "seconds": 1.235,
    }
