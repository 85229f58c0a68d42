"""Write a sealed plan and wait until what was written is healthy."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from prefect.runtime import flow_run

from blocks.cluster import Cluster
from kube.execution.carry_out import CarriedOut, carry_out
from kube.execution.options import RunOptions
from kube.execution.verify import wait_healthy
from kube.operations.summary import HealthSummary
from kube.plans.plan import Plan
from tasks.seals import journal_of
from tasks.step import step


@step
async def write_plan(cluster: Cluster, plan: Plan, run: RunOptions) -> CarriedOut:
    """Write a sealed plan, one outcome per object."""
    journal = await journal_of(cluster, flow_run.get_id() or "", plan)
    async with cluster.open() as api:
        return await carry_out(api, plan, journal, on_failure=run.on_failure, clock=time.monotonic)


@step
async def verify_plan(cluster: Cluster, plan: Plan, run: RunOptions) -> list[HealthSummary]:
    """Wait until what was written is healthy, or for the one line of cause."""
    if not run.wait:
        return []
    async with cluster.open() as api:
        conditions = await wait_healthy(
            api,
            [change for change in plan.writes if change.action != "delete"],
            timeout_seconds=run.timeout_seconds,
            now=datetime.now(UTC),
        )
    return [
        HealthSummary(ref=ref, status=found.status, message=found.message)
        for ref, found in conditions.items()
    ]
