from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kube.clusters.history import HistoryPoint
from kube.clusters.report import cluster_report
from kube.clusters.report_gaps import READS
from kube.clusters.snapshot import Amount, Fact, Health, ReachStatus, Standing
from kube.records.record import Verdict
from tests.unit.clusters.report_samples import (
    FACTS,
    NOW,
    amount,
    degraded,
    ok,
    past,
    refresh_record,
    unreached,
    well,
)
from tests.unit.records.page import SVG, Page, read_page


def page_of(*args: Any, **values: Any) -> Page:
    return read_page(cluster_report(refresh_record(*args, **values)))


def in_order(text: str, *parts: str) -> bool:
    places = [text.find(part) for part in parts]
    return -1 not in places and places == sorted(places)


def test_the_headline_says_how_the_cluster_is_and_since_when_and_why() -> None:
    shown = page_of(degraded()).text
    assert shown.startswith("🟡 prod-eu is degraded")
    assert "Degraded since 23 Nov 2026, 13:41:11 UTC (22 min ago)." in shown
    assert "1 of 3 nodes not ready: worker-3" in shown


def test_problems_come_before_resources_and_tables_to_unfold() -> None:
    assert in_order(
        page_of(degraded(), past()).text,
        "is degraded",
        "Nodes: 2 of 3 ready",
        "Pods: 30 of 61 need a look",
        "Workloads: 1 of 14 not ready",
        "Claims: 1 of 4 not bound",
        "Warning events: 63 in 15 min",
        "Resources",
        "What was measured, and what was not",
        "About this run",
    )


def test_the_worst_pods_are_shown_the_next_folded_the_rest_counted() -> None:
    markdown = cluster_report(refresh_record(degraded("p")))
    before, _, after = markdown.partition("<summary>2 more</summary>")
    assert "shop/p-9" in before
    assert "shop/p-10" not in before
    assert "shop/p-11" in after
    assert "and 18 more, not listed here" in after


def test_a_pod_tells_its_restarts_its_age_and_its_node() -> None:
    row = next(row for row in page_of(degraded()).rows if row[0] == "shop/worker-3-0")
    assert row[1] == "worker-3 · 40 restarts · 3 h ago"
    assert row[2].endswith("on worker-3")


def test_a_well_cluster_says_that_nothing_needs_a_look() -> None:
    shown = page_of(well()).text
    assert shown.startswith("🟢 prod-eu is healthy")
    assert "Nothing needs a look among nodes, pods, workloads, claims and warning events." in shown


def test_what_was_not_read_is_not_called_fine() -> None:
    shown = page_of(well(events=Fact(status="error", reason="timeout"))).text
    assert "Nothing needs a look among nodes, pods, workloads and claims." in shown
    denied: Fact[Any] = Fact(status="denied", reason="no")
    everything = dict.fromkeys(FACTS, denied)
    assert "Nothing needs a look" not in page_of(well(**everything)).text


def test_figures_have_their_units() -> None:
    alts = " ".join(alt for alt, _ in page_of(well(), past()).images)
    assert "CPU: 4.5 cores of 12 cores requested, 38 % · 1.5 cores used, 12 %" in alts
    assert "Memory: 16 GiB of 32 GiB requested, 50 % · 8 GiB used, 25 %" in alts
    assert "limits 150 %" in alts
    assert "Pods: 61 of 330 requested, 18 %" in alts


def test_use_that_nobody_measures_is_unknown_and_not_zero() -> None:
    resources = ok({"cpu": amount(12_000, 4_500)})
    usage: Fact[int] = Fact(status="absent", reason="no metrics.k8s.io")
    shown = page_of(well(resources=resources, usage=usage))
    assert "Use is unknown: the cluster serves no metrics API." in shown.text
    assert "not measured" in shown.text
    assert not any("used" in alt for alt, _ in shown.images)


def test_a_resource_without_schedulable_nodes_has_no_ratio() -> None:
    shown = page_of(well(resources=ok({"cpu": amount(0, 4_500)})))
    assert any("4.5 cores requested, nothing schedulable" in alt for alt, _ in shown.images)


def test_an_extended_resource_has_a_bar_and_an_unused_one_has_none() -> None:
    resources = {
        "nvidia.com/gpu": amount(8, 8),
        "ephemeral-storage": amount(10, 0),
        "hugepages-2Mi": Amount(
            capacity=0, allocatable=0, schedulable=0, requested=0, limits=0, usage=None
        ),
    }
    alts = " ".join(alt for alt, _ in page_of(well(resources=ok(resources))).images)
    assert "nvidia.com/gpu: 8 of 8 requested, 100 %" in alts
    assert "Ephemeral storage" not in alts
    assert "hugepages" not in alts


def test_a_refresh_that_measured_nothing_is_a_gap_in_the_trend() -> None:
    points = past(6)
    gap = HistoryPoint(taken_at=points[3].taken_at, status="unreachable")
    page = page_of(well(), (*points[:3], gap, *points[4:]))
    pictures = {alt: picture for (alt, _), picture in zip(page.images, page.pictures, strict=True)}
    trend = next(picture for alt, picture in pictures.items() if alt.startswith("CPU: requested"))
    assert len(list(trend.iter(f"{SVG}polyline"))) == 8, "two stretches of each of four lines"


def test_health_over_time_counts_the_refreshes() -> None:
    alts = [alt for alt, _ in page_of(degraded(), past(47)).images]
    assert "Health over 48 refreshes: 47 of 48 healthy" in alts


def test_the_first_refresh_has_no_trend_to_show() -> None:
    assert not any("Health over" in alt for alt, _ in page_of(well()).images)


def test_an_unreachable_cluster_tells_what_failed_what_was_known_and_what_to_check() -> None:
    shown = page_of(unreached(), past()).text
    assert in_order(
        shown,
        "🔴 prod-eu is unreachable",
        "Unreachable since 23 Nov 2026, 13:23:11 UTC (40 min ago).",
        "The API server did not answer in time.",
        "k8s.example.com:6443",
        "no answer within 3.0 s",
        "Last healthy 1 h ago",
        "Last measured 20 min ago: 🟢 healthy, 3 of 3 nodes ready, 60 pods",
        "Check next",
        "firewall",
    )
    assert "need a look" not in shown


def test_a_cluster_never_reached_says_so() -> None:
    standing = Standing(status="unreachable", since=NOW)
    assert "No refresh found it healthy yet." in page_of(unreached(standing=standing)).text


@pytest.mark.parametrize("status", [s for s in get_args(ReachStatus) if s != "ok"])
def test_every_way_to_fail_has_words_and_something_to_check(status: ReachStatus) -> None:
    shown = page_of(unreached(status)).text
    assert "What failed" in shown
    assert "?" in shown.partition("Check next")[2]


def test_refused_credentials_are_not_called_unreachable() -> None:
    shown = page_of(unreached("unauthorized")).text
    assert shown.startswith("🟠 prod-eu is not authorized")
    assert "does not accept the credentials (401)" in shown


def test_one_bad_refresh_does_not_rewrite_the_standing() -> None:
    standing = Standing(status="healthy", since=NOW - timedelta(days=2), failures=1)
    shown = page_of(unreached(standing=standing)).text
    assert "Still known as healthy, since 21 Nov 2026, 14:03:11 UTC (2 days ago)" in shown


def test_a_change_of_health_is_told() -> None:
    standing = Standing(status="healthy", since=NOW, changed=True, previous="unreachable")
    shown = page_of(well(standing=standing)).text
    assert "Changed from unreachable to healthy in this refresh." in shown


@pytest.mark.parametrize("name", READS)
def test_a_denied_fact_names_the_permission_and_the_rule_that_grants_it(name: str) -> None:
    denied: Fact[Any] = Fact(status="denied", reason=f"{name} is forbidden")
    page = page_of(well(**{name: denied}))
    assert f"Not allowed to read: {name}" in page.text
    row = next(row for row in page.rows if row[0] == name and row[1].startswith("list "))
    for group, resource in READS[name]:
        assert resource in row[1]
        assert f'- apiGroups: ["{group}"]' in page.text
    assert f"{name} is forbidden" in row[2]


def test_every_fact_is_marked_with_its_status() -> None:
    snapshot = well(
        claims=Fact(status="denied"), usage=Fact(status="absent"), events=Fact(status="error")
    )
    marks = {row[0]: row[1] for row in page_of(snapshot).rows if len(row) == 4}
    assert marks["nodes"] == "✓ ok"
    assert marks["claims"] == "⊘ denied"
    assert marks["usage"] == "○ absent"
    assert marks["events"] == "✕ error"


def test_a_record_without_a_snapshot_is_shown_by_the_frame() -> None:
    failed = Verdict(good=False, name="Failed", message="another refresh is under way")
    for result in ({}, {"snapshot": {"shape": "of another time"}}):
        shown = page_of(well(), verdict=failed, result=result).text
        assert "✕ refresh-cluster on prod-eu: Failed" in shown
        assert "another refresh is under way" in shown


def shape(text: str) -> list[str]:
    """Return the tags of a page in which a text stands wherever one of the cluster can."""
    snapshot = degraded(
        text,
        health=Health(status="degraded", reasons=(text,)),
        usage=Fact(status="denied", reason=text),
    )
    return [tag for tag in page_of(snapshot, past()).tags if tag not in ("wbr", "code")]


@cache
def harmless_shape() -> list[str]:
    return shape("harmless")


@given(
    st.lists(st.sampled_from(["|", "\n", "<b>", "[x](y)", "`", "#", "www.a.b", "\u202e", "x"]))
    .map("".join)
    .filter(str.strip)
)
def test_text_of_the_cluster_changes_nothing_of_the_page(value: str) -> None:
    assert shape(value) == harmless_shape()
