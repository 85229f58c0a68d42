"""A pod is shown as kubectl shows it, and judged with patience."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kube.health.condition import MAX_MESSAGE, Condition
from kube.health.pod import status
from kube.health.pod_problem import is_crash_loop, problem
from tests.fixtures.load import load

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
CASES = load("pods.yaml")


@pytest.mark.parametrize("case", CASES, ids=[case["claim"] for case in CASES])
def test_a_pod_has_the_columns_that_kubectl_prints(case: dict[str, Any]) -> None:
    shown = status(case["pod"])
    assert [f"{shown.ready}/{shown.containers}", shown.reason, shown.restarts] == case["shown"]


@pytest.mark.parametrize("case", CASES, ids=[case["claim"] for case in CASES])
def test_a_pod_is_a_problem_with_its_reason_or_none(case: dict[str, Any]) -> None:
    found = problem(case["pod"], NOW)
    assert (found.reason if found else None) == case["problem"]
    if "message" in case:
        assert found is not None
        assert found.message == case["message"]


def pending(minutes: int) -> dict[str, Any]:
    created = (NOW - timedelta(minutes=minutes)).isoformat()
    return {"metadata": {"creationTimestamp": created}, "status": {"phase": "Pending"}}


@pytest.mark.parametrize(("age", "patience", "counts"), [(10, 10, True), (9, 10, False), (1, 0, 1)])
def test_patience_is_the_time_a_pod_may_be_pending(age: int, patience: int, counts: bool) -> None:
    found = problem(pending(age), NOW, patience=timedelta(minutes=patience))
    assert (found is not None) == counts
    if found is not None:
        assert (found.status, found.since) == ("progressing", NOW - timedelta(minutes=age))


def test_a_pod_that_does_not_say_how_old_it_is_is_not_called_late() -> None:
    assert problem({"status": {"phase": "Pending"}}, NOW) is None


def test_a_crash_is_a_failure_and_began_when_the_pod_became_unready() -> None:
    case = next(c for c in CASES if c["problem"] == "CrashLoopBackOff")
    found = problem(case["pod"], NOW)
    assert found is not None
    assert found.status == "failed"
    assert found.since == datetime(2026, 3, 1, 11, 59, 30, tzinfo=UTC)


def test_a_long_message_is_cut_to_one_line() -> None:
    state = {"phase": "Failed", "reason": "Evicted", "message": "low on\n" + "memory " * 100}
    found = problem({"status": state}, NOW)
    assert found is not None
    assert len(found.message) == MAX_MESSAGE
    assert found.message.startswith("low on memory")
    assert found.message.endswith("…")


@pytest.mark.parametrize(
    ("reason", "crashes"),
    [("CrashLoopBackOff", True), ("Init:CrashLoopBackOff", True), ("ImagePullBackOff", False)],
)
def test_only_a_crash_loop_is_a_crash_loop(reason: str, crashes: bool) -> None:
    assert is_crash_loop(Condition("failed", reason)) == crashes
