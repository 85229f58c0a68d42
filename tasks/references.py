"""What in Prefect points to something of ours: the parameters of deployments and schedules."""

from __future__ import annotations

from uuid import UUID

from prefect import get_client


async def parameters_in_use() -> dict[str, str]:
    """Return the parameters of every deployment and schedule as text, by what holds them."""
    places: dict[str, str] = {}
    async with get_client() as client:
        flows: dict[UUID, str] = {}
        while some := await client.read_flows(limit=200, offset=len(flows)):
            flows |= {flow.id: flow.name for flow in some}
        offset = 0
        while page := await client.read_deployments(limit=200, offset=offset):
            offset += len(page)
            for deployment in page:
                name = f"{flows.get(deployment.flow_id, '?')}/{deployment.name}"
                places[f"deployment {name}"] = str(deployment.parameters)
                for schedule in deployment.schedules:
                    title = f"schedule {schedule.slug or schedule.id} of {name}"
                    places[title] = str(schedule.parameters)
    return places
