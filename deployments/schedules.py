"""Schedules as the project's file declares them, and as people set them since.

They are kept out of what `prefect deploy` gets: it never removes one, switches on again what
somebody switched off, and drops those without a slug, which a person made in the UI.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.actions import DeploymentScheduleCreate
from prefect.schedules import Schedule

# Intervals are counted from a fixed moment, so that the same declaration is the same schedule.
ANCHOR = datetime(2026, 1, 1, tzinfo=UTC)


async def reconcile(client: PrefectClient, entries: Mapping[str, dict[str, Any]]) -> list[str]:
    """Make, change and remove schedules until they are as declared.

    Whether a schedule is on is declared for its first day only: afterwards it stays as people
    switch it. A schedule without a slug is a person's, and is not touched.

    Args:
        client: The server's client.
        entries: Entries of `prefect.yaml` by `flow/deployment`; the deployments exist.

    Returns:
        What was done, one sentence each.
    """
    told: list[str] = []
    for name, entry in entries.items():
        for slug, done in await _reconcile(client, name, entry):
            told.append(f"schedule {slug} of {name} {done}")
    return told


async def _reconcile(
    client: PrefectClient, name: str, entry: dict[str, Any]
) -> list[tuple[str, str]]:
    deployment = await client.read_deployment_by_name(name)
    present = {schedule.slug: schedule for schedule in deployment.schedules if schedule.slug}
    declared = {fields["slug"]: _schedule(fields) for fields in entry.get("schedules") or ()}
    told: list[tuple[str, str]] = []
    for slug, wanted in declared.items():
        found = present.get(slug)
        if found is None:
            await client.create_deployment_schedules(deployment.id, [wanted])
            told.append((slug, "made"))
        elif (found.schedule, found.parameters) != (wanted.schedule, wanted.parameters):
            await client.update_deployment_schedule(
                deployment.id, found.id, schedule=wanted.schedule, parameters=wanted.parameters
            )
            told.append((slug, "changed"))
    for slug in present.keys() - declared.keys():
        await client.delete_deployment_schedule(deployment.id, present[slug].id)
        told.append((slug, "removed"))
    return told


def _schedule(fields: dict[str, Any]) -> DeploymentScheduleCreate:
    """Return a schedule as the file declares it; an interval is in seconds."""
    if "interval" in fields:
        seconds = timedelta(seconds=fields["interval"])
        fields = {**fields, "interval": seconds, "anchor_date": ANCHOR}
    return DeploymentScheduleCreate.from_schedule(Schedule(**fields))
