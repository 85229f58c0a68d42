from __future__ import annotations

import json
from copy import deepcopy
from typing import Any, Literal

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.actions import WorkPoolCreate, WorkPoolUpdate
from prefect.exceptions import ObjectNotFound
from prefect.workers.process import ProcessWorker

from deployments.errors import SetupFailed
from deployments.state import project_folder

PoolType = Literal["process", "kubernetes"]
# The worker's own Python: `python -m deployments worker` puts it first on the path.
RUN_COMMAND = "python -m prefect.engine"
KUBERNETES_TEMPLATE = "deployments/production/work-pool.json"


async def ensure_work_pool(client: PrefectClient, name: str, kind: PoolType = "process") -> bool:
    """Make a work pool unless it exists; one that exists keeps what people set in its template.

    Runs of a process pool are started by one process instead of two: Prefect's own launcher is a
    Python that loads Prefect, finds the flow's folder, and becomes another one.

    Args:
        client: The server's client.
        name: Name of the pool.
        kind: `process` runs flows as processes of the worker, `kubernetes` each in a Job.

    Returns:
        Whether it was made.

    Raises:
        SetupFailed: A pool of this name exists with another type.
    """
    try:
        found = await client.read_work_pool(name)
    except ObjectNotFound:
        wanted = WorkPoolCreate(name=name, type=kind, base_job_template=_job_template(kind))
        await client.create_work_pool(wanted)
        return True
    if found.type != kind:
        raise SetupFailed(
            f"The work pool {name} exists with type {found.type}, not {kind}. "
            f"Say `--pool-type {found.type}`, or choose another name."
        )
    if kind == "process" and _needs_command(found.base_job_template):
        update = WorkPoolUpdate(base_job_template=_with_command(found.base_job_template))
        await client.update_work_pool(name, update)
    return False


def _needs_command(template: dict[str, Any]) -> bool:
    command = template.get("variables", {}).get("properties", {}).get("command", {})
    return command.get("default") is None


def _with_command(template: dict[str, Any]) -> dict[str, Any]:
    """Return a process pool's template that names the command; an empty one is Prefect's own."""
    made = deepcopy(template) or ProcessWorker.get_default_base_job_template()
    properties = made.setdefault("variables", {}).setdefault("properties", {})
    properties["command"] = {**properties.get("command", {}), "default": RUN_COMMAND}
    return made


def _job_template(kind: PoolType) -> dict[str, Any]:
    """Return the template of the pool's jobs."""
    if kind == "process":
        return _with_command({})
    template: dict[str, Any] = json.loads((project_folder() / KUBERNETES_TEMPLATE).read_text())
    return template
