from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kube.clusters.facts import ClusterFacts
from kube.clusters.inventory import Inventory, InventoryRow, row_of
from kube.clusters.inventory_report import inventory_page, inventory_report, inventory_table
from kube.clusters.registration import ClusterSettings
from kube.objects.selector import InvalidSelector
from kube.records.record import Record, Verdict
from tests.unit.clusters.report_samples import NOW, unreached, well
from tests.unit.records.page import read_page


def row(name: str, **values: Any) -> InventoryRow:
    fields = {"environment": "dev", "server": f"https://{name}.example.com:6443"}
    return InventoryRow(name=name, **fields | values)


EU = row(
    "prod-eu",
    environment="production",
    labels={"team": "shop", "region": "eu"},
    server="https://me:secret@eu.example.com:6443",
    context="admin@eu",
    user="capstan",
    ca_fingerprint="sha256:9f86d081884c7d659a2feaa0c55ad015",
    work_pool="eu",
    health="degraded",
    version="v1.34.2",
    nodes=12,
    nodes_ready=11,
    refreshed_at=NOW - timedelta(minutes=4),
)
US = row("prod-us", environment="production", labels={"region": "us"}, health="unreachable")
DEV = row("dev", health="healthy", nodes=3, nodes_ready=3, refreshed_at=NOW)
LAB = row("lab")
ALL = Inventory(rows=(DEV, EU, LAB, US))


def record(inventory: Inventory, **values: Any) -> Record:
    fields: dict[str, Any] = {
        "id": "1",
        "operation": "list-clusters",
        "started_at": NOW,
        "finished_at": NOW,
        "verdict": Verdict(good=True, name="Completed"),
        "result": inventory.model_dump(mode="json"),
    }
    return Record(**fields | values)


@pytest.mark.parametrize(
    ("conditions", "names"),
    [
        ({}, ["dev", "prod-eu", "lab", "prod-us"]),
        ({"selector": "region in (eu,us)"}, ["prod-eu", "prod-us"]),
        ({"selector": "team!=shop"}, ["dev", "lab", "prod-us"]),
        ({"environment": "production"}, ["prod-eu", "prod-us"]),
        ({"health": "healthy"}, ["dev"]),
        ({"environment": "production", "health": "unreachable"}, ["prod-us"]),
        ({"selector": "region", "environment": "dev"}, []),
    ],
)
def test_clusters_are_selected_by_every_condition(
    conditions: dict[str, Any], names: list[str]
) -> None:
    assert [found.name for found in ALL.selected(**conditions).rows] == names


def test_a_selector_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidSelector):
        ALL.selected("region in eu")


def test_each_cluster_knows_the_pool_that_reaches_it() -> None:
    assert ALL.selected("region").work_pools == {"prod-eu": "eu", "prod-us": None}


def test_a_row_joins_the_block_and_the_last_refresh() -> None:
    facts = ClusterFacts(
        server="https://eu",
        context="c",
        user="u",
        ca_fingerprint=None,
        settings=ClusterSettings(environment="staging", labels={"a": "b"}, work_pool="p"),
    )
    found = row_of("eu", facts, well())
    assert (found.environment, found.labels, found.work_pool) == ("staging", {"a": "b"}, "p")
    assert (found.health, found.version, found.nodes) == ("healthy", "v1.35.0", 3)
    assert found.refreshed_at == NOW
    assert row_of("eu", facts, unreached()).nodes is None
    assert row_of("eu", facts, None).health is None


def test_clusters_in_trouble_come_first() -> None:
    rows = read_page(inventory_report(record(ALL))).rows
    assert [cells[0] for cells in rows[1:5]] == ["prod-us", "prod-eu", "lab", "dev"]


def test_a_cluster_is_shown_with_health_age_and_figures() -> None:
    rows = {cells[0]: cells for cells in read_page(inventory_page(ALL.rows, NOW)).rows[:5]}
    assert rows["prod-eu"][1:] == [
        "🟡 degraded",
        "4 min ago",
        "production",
        "v1.34.2",
        "11/12",
        "region=eu team=shop",
    ]
    assert rows["lab"][1].endswith("never refreshed")
    assert rows["lab"][2:6] == ["never", "dev", "unknown", "unknown"]


def test_an_identity_shows_the_host_and_never_what_signs_in() -> None:
    markdown = inventory_report(record(Inventory(rows=(EU,))))
    assert "secret" not in markdown
    rows = read_page(markdown).rows
    assert ["prod-eu", "eu.example.com:6443", "admin@eu", "capstan", "9f86d081884c", "eu"] in rows


def test_nothing_found_says_what_to_do() -> None:
    assert "No cluster matches" in read_page(inventory_report(record(Inventory()))).text


def test_rows_for_machines_keep_their_types() -> None:
    table = {cells["cluster"]: cells for cells in inventory_table(record(ALL))}
    assert table["prod-eu"]["refreshed_seconds_ago"] == 240
    assert table["prod-eu"]["nodes_ready"] == 11
    assert table["lab"]["refreshed_seconds_ago"] is None
    assert table["lab"]["health"] is None


def test_a_record_without_an_inventory_is_shown_by_the_frame() -> None:
    failed = record(ALL, result={}, verdict=Verdict(good=False, name="Failed", message="no server"))
    assert "no server" in inventory_report(failed)
    assert inventory_table(failed) == []
