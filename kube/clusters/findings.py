"""From what the steps of the cluster flows found to the findings that become their records."""

from __future__ import annotations

from kube.clusters.capability import CapabilityLevel
from kube.clusters.description import Description, description_report
from kube.clusters.facts import ClusterFacts
from kube.clusters.history import RefreshResult, extended
from kube.clusters.inventory import Inventory, row_of
from kube.clusters.inventory_report import inventory_report, inventory_table
from kube.clusters.report import cluster_report
from kube.clusters.report_figures import facts_table, measured
from kube.clusters.snapshot import ClusterSnapshot, Reach, Standing
from kube.records.findings import Findings, Report
from kube.records.record import Outcome, Record
from kube.records.report.figures import count
from kube.records.report.record import outcome_table, render_record

PLAIN = Report(render_record, outcome_table)


def registration_findings(
    name: str, facts: ClusterFacts, reach: Reach, capability: CapabilityLevel
) -> Findings:
    """Tell what was stored of a cluster, without its credentials."""
    described = Description(
        row=row_of(name, facts, None), settings=facts.settings, reach=reach, capability=capability
    )
    return Findings(
        message=f"{name} is {facts.server} ({reach.version}); {facts.user} may {capability}.",
        report=Report(description_report),
        result=described.model_dump(mode="json"),
    )


def refresh_result(record: Record | None) -> RefreshResult | None:
    """Return what a record of `refresh-cluster` measured.

    None for a record of a failed run, and for one of an older shape.
    """
    return measured(record) if record is not None else None


def standing_of(record: Record | None) -> Standing | None:
    """Return the standing that a record of `refresh-cluster` left."""
    snapshot = latest_snapshot(record)
    return snapshot.standing if snapshot else None


def latest_snapshot(record: Record | None) -> ClusterSnapshot | None:
    """Return the snapshot of a record of `refresh-cluster`, if it holds one."""
    result = refresh_result(record)
    return result.snapshot if result else None


def refresh_findings(
    name: str,
    snapshot: ClusterSnapshot,
    earlier: Record | None,
    *,
    fail_when_unreachable: bool,
) -> Findings:
    """Tell what a refresh measured; a cluster that is down is a failure only where asked for."""
    before = refresh_result(earlier)
    result = RefreshResult(
        snapshot=snapshot, history=extended(before.history if before else (), snapshot)
    )
    down = snapshot.health.status in ("unreachable", "unauthorized")
    return Findings(
        message=_refresh_message(name, snapshot),
        report=Report(cluster_report, facts_table),
        result=result.model_dump(mode="json"),
        failure="Unreachable" if down and fail_when_unreachable else None,
    )


def _refresh_message(name: str, snapshot: ClusterSnapshot) -> str:
    reasons = snapshot.health.reasons
    told = f": {reasons[0]}" if reasons else ""
    more = f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
    return f"{name} is {snapshot.health.status}{told}{more}"


def show_findings(
    name: str, facts: ClusterFacts, reach: Reach, refreshed: Record | None
) -> Findings:
    """Tell what is known of one cluster, and whether it answers now."""
    row = row_of(name, facts, latest_snapshot(refreshed))
    answers = f"answers in {reach.seconds:.2f} s" if reach.status == "ok" else reach.message
    return Findings(
        message=f"{name} at {facts.server}: {answers}",
        report=Report(description_report),
        result=Description(row=row, settings=facts.settings, reach=reach).model_dump(mode="json"),
    )


def inventory_findings(inventory: Inventory) -> Findings:
    """Tell which clusters there are."""
    return Findings(
        message=count(len(inventory.rows), "cluster"),
        report=Report(inventory_report, inventory_table),
        result=inventory.model_dump(mode="json"),
        warnings=tuple(f"{row.name}: {row.problem}" for row in inventory.rows if row.problem),
    )


def refreshes_findings(outcomes: tuple[Outcome, ...]) -> Findings:
    """Tell which clusters were refreshed."""
    failed = sum(outcome.status == "failed" for outcome in outcomes)
    done = len(outcomes) - failed
    message = (
        f"{done} of {count(len(outcomes), 'cluster')} refreshed"
        if outcomes
        else "no cluster matches"
    )
    return Findings(message=message, report=PLAIN, outcomes=outcomes)


def removal_findings(outcomes: tuple[Outcome, ...]) -> Findings:
    """Tell which clusters were forgotten, and why others were not."""
    done = sum(outcome.status == "changed" for outcome in outcomes)
    return Findings(
        message=f"{done} of {count(len(outcomes), 'cluster')} forgotten",
        report=PLAIN,
        outcomes=outcomes,
        writes=True,
    )
