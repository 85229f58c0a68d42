from __future__ import annotations

import json
from typing import Any, Literal

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.exceptions import ObjectNotFound

from deployments.errors import SetupFailed
from deployments.state import project_folder

PoolType = Literal["process", "kubernetes"]
KUBERNETES_TEMPLATE = "deployments/production/work-pool.json"


async def ensure_work_pool(client: PrefectClient, name: str, kind: PoolType = "process") -> bool:
    """Make a work pool unless it exists; one that exists keeps the job template it has.

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
    return False


def _job_template(kind: PoolType) -> dict[str, Any]:
    """Return the template of the pool's jobs; an empty one is filled in by the first worker."""
    if kind == "process":
        return {}
    template: dict[str, Any] = json.loads((project_folder() / KUBERNETES_TEMPLATE).read_text())
    return template
