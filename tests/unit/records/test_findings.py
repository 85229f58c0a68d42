"""From the outcomes of objects to the verdict on an operation, and to its record."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kube.objects.ref import ObjectRef
from kube.records.findings import Findings, Report, RunContext, record_of, verdict_of
from kube.records.record import Outcome, OutcomeStatus, Requester, Verdict
from kube.records.report.record import render_record

REPORT = Report(render_record)
LETTERS: dict[str, OutcomeStatus] = {
    "c": "changed",
    "u": "unchanged",
    "s": "skipped",
    "f": "failed",
    "b": "blocked",
}


def outcomes(letters: str) -> tuple[Outcome, ...]:
    ref = ObjectRef(api_version="v1", kind="ConfigMap", name="a")
    return tuple(Outcome(ref=ref, status=LETTERS[letter]) for letter in letters)


@pytest.mark.parametrize(
    ("letters", "writes", "good", "name"),
    [
        ("", False, True, "Completed"),
        ("u", False, True, "Completed"),
        ("us", False, True, "Completed"),
        ("", True, True, "Unchanged"),
        ("u", True, True, "Unchanged"),
        ("us", True, True, "Unchanged"),
        ("c", True, True, "Completed"),
        ("ccus", True, True, "Completed"),
        ("f", True, False, "Failed"),
        ("f", False, False, "Failed"),
        ("ff", True, False, "Failed"),
        ("fb", True, False, "Failed"),
        ("b", True, False, "Refused"),
        ("bb", True, False, "Refused"),
        ("cf", True, False, "PartialFailure"),
        ("uf", True, False, "PartialFailure"),
        ("sb", True, False, "PartialFailure"),
        ("cfb", True, False, "PartialFailure"),
    ],
)
def test_outcomes_decide_how_an_operation_ended(
    letters: str, writes: bool, good: bool, name: str
) -> None:
    findings = Findings(message="m", report=REPORT, outcomes=outcomes(letters), writes=writes)
    assert verdict_of(findings) == Verdict(good=good, name=name, message="m")


@pytest.mark.parametrize("letters", ["", "c", "f"])
def test_a_failure_of_the_whole_has_the_last_word(letters: str) -> None:
    findings = Findings(
        message="m", report=REPORT, outcomes=outcomes(letters), failure="Unreachable", skipped=True
    )
    assert verdict_of(findings) == Verdict(good=False, name="Unreachable", message="m")


def test_a_skipped_operation_is_good_and_says_that_it_was_skipped() -> None:
    for writes in (True, False):
        findings = Findings(message="m", report=REPORT, skipped=True, writes=writes)
        assert verdict_of(findings) == Verdict(good=True, name="Skipped", message="m")


def test_a_record_joins_the_run_and_what_it_found() -> None:
    began = datetime(2026, 3, 1, 12, tzinfo=UTC)
    run = RunContext(
        id="run",
        operation="remove-clusters",
        cluster=None,
        requester=Requester(name="ann", trigger="api"),
        parameters={"names": ["a"]},
        started_at=began,
    )
    findings = Findings(
        message="1 of 2",
        report=REPORT,
        result={"key": 1},
        outcomes=outcomes("cb"),
        warnings=("careful",),
        writes=True,
    )
    record = record_of(run, findings, began + timedelta(seconds=2), 3)
    assert (record.id, record.operation, record.cluster) == ("run", "remove-clusters", None)
    assert (record.requester, record.parameters) == (run.requester, {"names": ["a"]})
    assert record.verdict == Verdict(good=False, name="PartialFailure", message="1 of 2")
    assert (record.outcomes, record.warnings) == (findings.outcomes, ("careful",))
    assert (record.result, record.api_calls, record.seconds) == ({"key": 1}, 3, 2.0)
