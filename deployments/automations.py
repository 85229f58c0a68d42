from __future__ import annotations

from datetime import timedelta
from typing import Any

from prefect.automations import Automation
from prefect.client.schemas.objects import StateType
from prefect.events import ResourceSpecification
from prefect.events.actions import ChangeFlowRunState
from prefect.events.schemas.automations import EventTrigger, Posture

# Three heartbeats of Prefect's default 180 seconds may be missed.
SILENCE = timedelta(seconds=540)


def lost_runs() -> Automation:
    """Turn a run whose process died without a word into Crashed; it starts nothing by itself."""
    return Automation(
        name="capstan: lost runs",
        description="A run that sent no heartbeat for nine minutes is marked as crashed.",
        trigger=EventTrigger(
            posture=Posture.Proactive,
            match=ResourceSpecification({"prefect.resource.id": "prefect.flow-run.*"}),
            after={"prefect.flow-run.heartbeat"},
            expect={"prefect.flow-run.*"},
            for_each={"prefect.resource.id"},
            within=SILENCE,
        ),
        actions=[
            ChangeFlowRunState(
                state=StateType.CRASHED,
                message="No heartbeat for nine minutes: the worker is lost.",
            )
        ],
    )


async def ensure_automations() -> list[str]:
    """Make the project's automations, or update by name those that differ from what they should be.

    One that a person switched off stays off. One that is as it should be is not touched, since
    an update makes the server forget what its trigger has counted so far.

    Returns:
        The names of those made or updated.
    """
    changed = []
    for wanted in (lost_runs(),):
        try:
            existing = await Automation.aread(name=wanted.name)
        except ValueError:
            await wanted.acreate()
            changed.append(wanted.name)
            continue
        wanted.id, wanted.enabled = existing.id, existing.enabled
        if _content(existing) != _content(wanted):
            await wanted.aupdate()
            changed.append(wanted.name)
    return changed


def _content(automation: Automation) -> dict[str, Any]:
    """Return what an automation does, without the ids that the server gives."""
    content = automation.model_dump(mode="json", exclude={"id", "owner_resource"})
    content["trigger"].pop("id", None)
    return content
