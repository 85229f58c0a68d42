"""The registered clusters as plain rows, and which of them a selection means."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from pydantic import Field

from kube.clusters.facts import ClusterFacts
from kube.clusters.registration import Environment
from kube.clusters.snapshot import ClusterSnapshot, Frozen, HealthStatus
from kube.objects.selector import parse_selector


class InventoryRow(Frozen):
    """One registered cluster: what its block says, and what its last refresh found.

    The figures of the refresh are None for a cluster never refreshed, and where they were not
    measured. `health` is the standing, after hysteresis. `problem` says why the last refresh could
    not be looked up, "" where it could.
    """

    name: str
    environment: Environment
    labels: dict[str, str] = Field(default_factory=dict)
    server: str
    context: str = ""
    user: str = ""
    ca_fingerprint: str | None = None
    work_pool: str | None = None
    health: HealthStatus | None = None
    version: str | None = None
    nodes: int | None = None
    nodes_ready: int | None = None
    refreshed_at: datetime | None = None
    problem: str = ""


class Inventory(Frozen):
    """Rows by name; the shape of `result` in a record of `list-clusters`."""

    rows: tuple[InventoryRow, ...] = ()

    def selected(
        self,
        selector: str = "",
        environment: Environment | None = None,
        health: HealthStatus | None = None,
    ) -> Inventory:
        """Return the inventory of the clusters that satisfy every condition.

        Raises:
            InvalidSelector: `selector` is no label selector.
        """
        return Inventory(rows=filtered(self.rows, selector, environment, health))

    @property
    def work_pools(self) -> dict[str, str | None]:
        """Return the work pool that reaches each cluster, by the cluster's name."""
        return {row.name: row.work_pool for row in self.rows}


def row_of(
    name: str, facts: ClusterFacts, latest: ClusterSnapshot | None, problem: str = ""
) -> InventoryRow:
    """Join what a cluster's block says with its last refresh, if there was one."""
    settings, nodes = facts.settings, latest.nodes.value if latest else None
    return InventoryRow(
        name=name,
        environment=settings.environment,
        labels=settings.labels,
        server=facts.server,
        context=facts.context,
        user=facts.user,
        ca_fingerprint=facts.ca_fingerprint,
        work_pool=settings.work_pool,
        health=latest.standing.status if latest else None,
        version=latest.reach.version if latest else None,
        nodes=nodes.total if nodes else None,
        nodes_ready=nodes.ready if nodes else None,
        refreshed_at=latest.taken_at if latest else None,
        problem=problem,
    )


def filtered(
    rows: Iterable[InventoryRow],
    selector: str = "",
    environment: Environment | None = None,
    health: HealthStatus | None = None,
) -> tuple[InventoryRow, ...]:
    """Return the rows that satisfy every condition, in their order.

    Args:
        rows: The clusters.
        selector: Label selector such as `team=shop,region in (eu,us)`; empty takes all.
        environment: Only clusters of this environment; None takes all.
        health: Only clusters of this health; None takes all, those never refreshed too.

    Raises:
        InvalidSelector: `selector` is no label selector.
    """
    wanted = parse_selector(selector)
    return tuple(
        row
        for row in rows
        if wanted.matches(row.labels)
        and environment in (None, row.environment)
        and health in (None, row.health)
    )
