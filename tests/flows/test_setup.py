"""`python -m deployments setup` on a real server, again and again.

- once makes block types, record store, pool, a deployment of every flow, automations; twice
  changes nothing;
- a schedule that is declared no more disappears, one that people made or switched stays so;
- another pool gets its own deployments, named like it, without schedules;
- what is wrong with a pool or a file is told;
- automations are made once, put right in place, and stay as people switched them.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import yaml
from prefect import get_client
from prefect.automations import Automation
from prefect.client.schemas.actions import (
    DeploymentScheduleCreate,
    WorkPoolCreate,
    WorkPoolUpdate,
)
from prefect.client.schemas.objects import DeploymentSchedule, WorkPool
from prefect.client.schemas.responses import DeploymentResponse
from prefect.client.schemas.schedules import CronSchedule

from deployments.automations import ensure_automations, lost_runs
from deployments.blocks import BLOCK_TYPES
from deployments.errors import SetupFailed
from deployments.prefect_file import deployments, file_of_pool
from deployments.setup import DEPLOY_SECONDS, set_up
from deployments.state import project_folder
from deployments.work_pool import RUN_COMMAND, ensure_work_pool
from tests.flows.runs import api

# As long as the set-up itself may wait for `prefect deploy`, which it does up to three times.
pytestmark = pytest.mark.timeout(3 * DEPLOY_SECONDS)

FILE = project_folder() / "prefect.yaml"
SCHEDULED = "refresh-clusters/default"
# Set by the server at every touch, or by workers and the clock.
NOT_COMPARED = ("updated", "status", "last_polled", "heartbeat_interval_seconds")
SetUp = Callable[..., Any]


@pytest.fixture(autouse=True)
async def left_as_found(records: Path) -> AsyncIterator[None]:
    """The session's server loses what a test deployed: nothing is scheduled for others."""
    before = {item["id"] for item in await api("/deployments/filter")}
    yield
    async with get_client() as client:
        for made in {item["id"] for item in await api("/deployments/filter")} - before:
            await client.delete_deployment(UUID(made))


@pytest.fixture
def said() -> list[str]:
    """What the set-up said, over all its runs in the test."""
    return []


@pytest.fixture
def again(tmp_path: Path, said: list[str]) -> SetUp:
    """Set the session's server up."""

    async def run(*arguments: Any, **options: Any) -> None:
        await set_up(tmp_path, said.append, *arguments, **options)

    return run


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., Path]:
    """Declare one flow of the project's with the schedules that the test wants."""

    def write(*schedules: dict[str, Any]) -> Path:
        document = file_of_pool(FILE, "default")
        entry = deployments(document)[SCHEDULED] | {"schedules": list(schedules)}
        path = tmp_path / "declared.yaml"
        path.write_text(yaml.safe_dump({**document, "deployments": [entry]}))
        return path

    return write


def hourly(slug: str, **fields: Any) -> dict[str, Any]:
    return {"cron": "0 * * * *", "timezone": "UTC", "slug": slug, **fields}


async def deployment(name: str) -> DeploymentResponse:
    async with get_client() as client:
        return await client.read_deployment_by_name(name)


async def schedules() -> dict[str | None, DeploymentSchedule]:
    return {schedule.slug: schedule for schedule in (await deployment(SCHEDULED)).schedules}


async def switch(schedule: DeploymentSchedule, active: bool) -> None:
    async with get_client() as client:
        assert schedule.deployment_id is not None
        await client.update_deployment_schedule(schedule.deployment_id, schedule.id, active=active)


def comparable(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: comparable(v) for k, v in value.items() if k not in NOT_COMPARED}
    return [comparable(item) for item in value] if isinstance(value, list) else value


def command_of(pool: WorkPool) -> Any:
    return pool.base_job_template["variables"]["properties"]["command"]["default"]


def told_of(found: DeploymentResponse) -> Any:
    """Return what a deployment says, but for what workers and the clock change of it."""
    return comparable(found.model_dump(mode="json"))


async def everything() -> dict[str, str]:
    """Return all that the set-up may touch, as the API tells it."""
    kinds = ("deployments", "work_pools", "automations", "block_types", "block_schemas")
    found = {kind: await api(f"/{kind}/filter") for kind in (*kinds, "block_documents")}
    return {
        kind: json.dumps(sorted(comparable(items), key=lambda item: str(item["id"])), indent=1)
        for kind, items in found.items()
    }


async def test_a_second_set_up_changes_nothing_of_the_first(again: SetUp, said: list[str]) -> None:
    await again()
    declared = deployments(file_of_pool(FILE, "default"))
    for name, entry in declared.items():
        made = await deployment(name)
        assert (made.work_pool_name, made.entrypoint) == ("default", entry["entrypoint"])
        assert [s.slug for s in made.schedules] == [s["slug"] for s in entry.get("schedules", ())]
    slugs = {item["slug"] for item in await api("/block_types/filter")}
    assert {block_type.get_block_type_slug() for block_type in BLOCK_TYPES} <= slugs
    async with get_client() as client:
        pool = await client.read_work_pool("default")
        assert (pool.type, command_of(pool)) == ("process", RUN_COMMAND)
        assert await client.read_block_document_by_name("default", "capstan-record-store")
    assert (await Automation.aread(name=lost_runs().name)).enabled
    assert f"deployments named default: {len(declared)}" in said

    before = await everything()
    said.clear()
    await again()
    assert await everything() == before
    assert "work pool default: there" in said
    assert "automations: all up to date" in said
    assert not [sentence for sentence in said if sentence.startswith("schedule")]


async def test_a_schedule_that_is_declared_no_more_disappears_alone(
    again: SetUp, said: list[str], file: Callable[..., Path]
) -> None:
    others = (hourly("kept"), {"interval": 3600, "slug": "each-hour"})
    await again(file=file(*others, hourly("dropped")))
    before = await schedules()
    assert set(before) == {"kept", "each-hour", "dropped"}
    said.clear()
    await again(file=file(*others))
    assert await schedules() == {slug: s for slug, s in before.items() if slug != "dropped"}
    assert [s for s in said if s.startswith("schedule")] == [
        f"schedule dropped of {SCHEDULED} removed"
    ]


async def test_a_schedule_stays_as_people_left_it(
    again: SetUp, said: list[str], file: Callable[..., Path]
) -> None:
    """Switched off, switched on, or made by them; one that the file changes stays off too."""
    path = file(hourly("on"), hourly("off", active=False), hourly("moved"))
    await again(file=path)
    made = await schedules()
    assert {slug: s.active for slug, s in made.items()} == {"on": True, "off": False, "moved": True}
    await switch(made["on"], False)
    await switch(made["off"], True)
    await switch(made["moved"], False)
    async with get_client() as client:
        theirs = DeploymentScheduleCreate(
            schedule=CronSchedule(cron="7 7 * * *"), parameters={"selector": "team=shop"}
        )
        await client.create_deployment_schedules((await deployment(SCHEDULED)).id, [theirs])
    before = await schedules()
    said.clear()
    moved = hourly("moved", parameters={"selector": "a=b"}) | {"cron": "30 * * * *"}
    await again(file=file(hourly("on"), hourly("off", active=False), moved))
    after = await schedules()
    assert {slug: s.id for slug, s in after.items()} == {slug: s.id for slug, s in before.items()}
    assert {slug: s.active for slug, s in after.items()} == {
        "on": False,
        "off": True,
        "moved": False,
        None: True,
    }
    assert after[None].parameters == {"selector": "team=shop"}
    assert after["moved"].parameters == {"selector": "a=b"}
    assert after["moved"].schedule.model_dump()["cron"] == "30 * * * *"
    assert [s for s in said if s.startswith("schedule")] == [
        f"schedule moved of {SCHEDULED} changed"
    ]


async def test_another_pool_gets_deployments_of_its_name_without_schedules(
    again: SetUp, file: Callable[..., Path]
) -> None:
    path = file(hourly("of-default"))
    await again(file=path)
    before = told_of(await deployment(SCHEDULED))
    await again("edge", file=path)
    made = await deployment("refresh-clusters/edge")
    assert (made.work_pool_name, made.schedules) == ("edge", [])
    assert told_of(await deployment(SCHEDULED)) == before
    with pytest.raises(SetupFailed, match="edge exists with type process, not kubernetes"):
        await again("edge", "kubernetes", file=path)


async def test_the_command_of_a_process_pool_is_set_unless_people_set_another() -> None:
    async with get_client() as client:
        await client.create_work_pool(WorkPoolCreate(name="made-by-a-worker", type="process"))
        assert not await ensure_work_pool(client, "made-by-a-worker")
        pool = await client.read_work_pool("made-by-a-worker")
        assert command_of(pool) == RUN_COMMAND
        pool.base_job_template["variables"]["properties"]["command"]["default"] = "theirs"
        update = WorkPoolUpdate(base_job_template=pool.base_job_template)
        await client.update_work_pool(pool.name, update)
        assert not await ensure_work_pool(client, pool.name)
        assert command_of(await client.read_work_pool(pool.name)) == "theirs"
        await client.delete_work_pool(pool.name)


async def test_a_kubernetes_pool_is_made_with_the_jobs_of_the_project(
    again: SetUp, file: Callable[..., Path]
) -> None:
    await again("cloud", "kubernetes", file=file())
    async with get_client() as client:
        pool = await client.read_work_pool("cloud")
    template = project_folder() / "deployments" / "production" / "work-pool.json"
    assert pool.type == "kubernetes"
    assert pool.base_job_template == json.loads(template.read_text())
    assert (await deployment("refresh-clusters/cloud")).work_pool_name == "cloud"


async def test_what_prefect_deploy_says_is_told_when_it_fails(
    again: SetUp, file: Callable[..., Path]
) -> None:
    path = file()
    path.write_text(path.read_text().replace("flows.clusters.refresh_clusters", "flows.no.such"))
    with pytest.raises(SetupFailed, match=r"(?s)prefect deploy failed:.*flows\.no"):
        await again(file=path)


async def test_a_prefect_deploy_that_takes_too_long_is_told(
    again: SetUp, file: Callable[..., Path]
) -> None:
    with pytest.raises(SetupFailed, match=r"did not end within .* can be run again"):
        await again(file=file(), deploy_seconds=0.05)


async def test_automations_are_not_doubled_and_stay_switched_off() -> None:
    await ensure_automations()
    name = lost_runs().name
    existing = await Automation.aread(name=name)
    await existing.adisable()
    assert await ensure_automations() == []
    async with get_client() as client:
        (found,) = await client.read_automations_by_name(name)
    assert (found.id, found.enabled) == (existing.id, False)
    await existing.aenable()


async def test_an_automation_that_differs_is_put_right_in_place() -> None:
    await ensure_automations()
    name = lost_runs().name
    changed = await Automation.aread(name=name)
    changed.description = "Somebody's."
    await changed.aupdate()
    assert await ensure_automations() == [name]
    put_right = await Automation.aread(name=name)
    assert (put_right.id, put_right.description) == (changed.id, lost_runs().description)
    assert await ensure_automations() == []
