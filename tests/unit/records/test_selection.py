"""Which records a filter means: every condition by itself, all of them together, bounded."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kube.objects.ref import ObjectRef
from kube.records import selection
from kube.records.record import Outcome, OutcomeStatus, Record, Requester, Verdict
from kube.records.report.listing import listing_report, listing_table
from kube.records.selection import (
    RecordFilter,
    RecordList,
    merged,
    namespaces_of,
    objects_of,
    select,
)
from tests.unit.records.page import read_page

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def ref(kind: str, name: str, namespace: str | None = "shop") -> ObjectRef:
    return ObjectRef(api_version="v1", kind=kind, namespace=namespace, name=name)


def outcome(kind: str, name: str, status: OutcomeStatus = "changed", **place: Any) -> Outcome:
    return Outcome(ref=ref(kind, name, **place), status=status)


def record(minute: int = 0, **fields: Any) -> Record:
    started = NOON + timedelta(minutes=minute)
    values: dict[str, Any] = {
        "id": f"run-{minute}",
        "operation": "apply-yaml",
        "cluster": "demo",
        "requester": Requester(name="Anna Karlsson", trigger="api"),
        "started_at": started,
        "finished_at": started + timedelta(seconds=2),
        "verdict": Verdict(good=True, name="Completed", message="2 changed"),
        "outcomes": (outcome("Deployment", "web"), outcome("ConfigMap", "settings", "unchanged")),
    }
    return Record(**values | fields)


def planned(*refs: ObjectRef) -> dict[str, Any]:
    return {"digest": "sha256:0", "changes": [{"ref": r.model_dump(mode="json")} for r in refs]}


@pytest.mark.parametrize(
    ("wanted", "is_meant"),
    [
        ({}, True),
        ({"operation": "apply-yaml", "cluster": "demo"}, True),
        ({"operation": "apply"}, False),
        ({"cluster": "dem"}, False),
        ({"requester": "karl"}, True),
        ({"requester": "bob"}, False),
        ({"verdict": "completed"}, True),
        ({"verdict": "Failed"}, False),
        ({"namespace": "shop"}, True),
        ({"namespace": "other"}, False),
        ({"kind": "deployment", "name": "web", "namespace": "shop"}, True),
        ({"kind": "ConfigMap", "name": "web"}, False),
        ({"outcome": "changed"}, True),
        ({"outcome": "failed"}, False),
        ({"outcome": "changed", "name": "web"}, True),
        ({"outcome": "changed", "name": "settings"}, False),
    ],
    ids=str,
)
def test_a_record_is_meant_where_it_satisfies_every_condition(
    wanted: dict[str, Any], is_meant: bool
) -> None:
    assert RecordFilter(**wanted).matches(record()) is is_meant


def test_what_was_planned_only_is_found_by_its_objects_too() -> None:
    plan = record(outcomes=(), result=planned(ref("Secret", "key"), ref("Namespace", "new", None)))
    assert RecordFilter(kind="Secret", name="key").matches(plan)
    assert not RecordFilter(kind="Secret", outcome="changed").matches(plan)
    assert [str(found) for found in objects_of(plan)] == ["Secret shop/key", "Namespace new"]
    assert namespaces_of(plan) == ("new", "shop")


@pytest.mark.parametrize(
    "result",
    [{"changes": None}, {"changes": [None, {"ref": 1}, {}]}, {"changes": {"ref": {}}}],
    ids=str,
)
def test_a_result_of_another_shape_names_no_object(result: dict[str, Any]) -> None:
    assert objects_of(record(outcomes=(), result=result)) == ()


async def kept(*minutes: int) -> AsyncIterator[Record]:
    for minute in sorted(minutes, reverse=True):
        yield record(minute)


async def test_a_search_ends_at_its_limit_and_says_how_far_it_looked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = await select(kept(1, 2, 3), RecordFilter(limit=2))
    assert [row.run_id for row in found.rows] == ["run-3", "run-2"]
    assert (found.read, found.cut_at) == (2, NOON + timedelta(minutes=2))
    whole = await select(kept(1, 2, 3), RecordFilter())
    assert (len(whole.rows), whole.read, whole.cut_at) == (3, 3, None)
    monkeypatch.setattr(selection, "MAX_READ", 2)
    none = await select(kept(1, 2, 3), RecordFilter(cluster="other"))
    assert (none.rows, none.read, none.cut_at) == ((), 2, NOON + timedelta(minutes=2))


async def test_lists_of_many_stores_are_one_list_newest_first() -> None:
    lists = [await select(kept(1, 4), RecordFilter()), await select(kept(2, 3), RecordFilter())]
    assert [row.run_id for row in merged(lists, 9).rows] == ["run-4", "run-3", "run-2", "run-1"]
    cut = merged(lists, 3)
    assert ([row.run_id for row in cut.rows][-1], cut.read) == ("run-2", 4)
    assert cut.cut_at == NOON + timedelta(minutes=2)
    assert merged([], 3) == RecordList()


def test_a_time_without_a_zone_is_utc() -> None:
    assert RecordFilter(since=datetime(2026, 3, 1, 12)).since == NOON


async def test_the_page_names_what_a_person_looks_for() -> None:
    found = await select(kept(1, 2), RecordFilter(limit=1))
    listing = record(operation="list-records", outcomes=(), result=found.model_dump(mode="json"))
    page = read_page(listing_report(listing))
    assert page.segments[0] == "1 record"
    assert "older than 1 Mar 2026, 12:02:00 UTC were not looked at" in page.text
    (row,) = (row for row in page.rows if row[-1] == "run-2")
    assert row[1:5] == [
        "apply-yaml",
        "demo",
        "✓ Completed",
        "Deployment shop/web, ConfigMap shop/settings",
    ]
    assert "Anna Karlsson" in row
    (machine,) = listing_table(listing)
    assert (machine["run_id"], machine["changed"], machine["failed"]) == ("run-2", 1, 0)
    failed = record(result={})
    assert "apply-yaml" in listing_report(failed)
    assert listing_table(failed) == []
