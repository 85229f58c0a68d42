"""Write a sealed plan and wait until what was written is healthy."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from prefect.runtime import flow_run

from blocks.cluster import Cluster
from kube.execution.carry_out import CarriedOut, carry_out
from kube.execution.gone import wait_gone
from kube.execution.options import RunOptions
from kube.execution.verify import wait_healthy
from kube.operations.summary import HealthSummary
from kube.plans.plan import Plan
from tasks.seals import journal_of
from tasks.step import step

# Workloads that took all of the time leave enough to see whether the deleted objects are gone.
ONE_LOOK_SECONDS = 1.0


@step
async def write_plan(cluster: Cluster, plan: Plan, run: RunOptions) -> CarriedOut:
    """Write a sealed plan, one outcome per object."""
    journal = await journal_of(cluster, flow_run.get_id() or "", plan)
    async with cluster.open() as api:
        return await carry_out(api, plan, journal, on_failure=run.on_failure, clock=time.monotonic)


@step
async def verify_plan(cluster: Cluster, plan: Plan, run: RunOptions) -> list[HealthSummary]:
    """Wait until what was written is healthy and what was deleted is gone, or for the causes."""
    if not run.wait:
        return []
    began = time.monotonic()
    async with cluster.open() as api:
        healthy = await wait_healthy(
            api,
            [change for change in plan.writes if change.action != "delete"],
            timeout_seconds=run.timeout_seconds,
            now=datetime.now(UTC),
        )
        rest = run.timeout_seconds - (time.monotonic() - began)
        left = await wait_gone(api, plan.writes, timeout_seconds=max(rest, ONE_LOOK_SECONDS))
    return [
        HealthSummary(ref=ref, status=found.status, message=found.message)
        for ref, found in (healthy | left).items()
    ]
