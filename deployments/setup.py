"""Everything a server needs before the first run; made or brought up to date, as often as run."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml
from prefect import get_client
from prefect.settings import get_current_settings

from deployments.automations import ensure_automations
from deployments.blocks import ensure_record_store, register_block_types
from deployments.errors import SetupFailed
from deployments.prefect_file import DEFAULT_POOL, Document, deployments, file_of_pool
from deployments.schedules import reconcile
from deployments.state import project_folder
from deployments.work_pool import PoolType, ensure_work_pool

DEPLOY_SECONDS = 300
Say = Callable[[str], None]


async def set_up(
    state: Path,
    say: Say,
    pool: str = DEFAULT_POOL,
    pool_type: PoolType = "process",
    file: Path | None = None,
    deploy_seconds: float = DEPLOY_SECONDS,
) -> None:
    """Register block types, make the record store, pool, deployments, schedules and automations.

    Args:
        state: State folder of the installation; the default record store goes into it.
        say: Takes one sentence for each step.
        pool: Work pool to deploy every flow to; only the default one has schedules.
        pool_type: Type of the pool where it is to be made.
        file: Declares the deployments; None is the project's `prefect.yaml`.
        deploy_seconds: The longest that `prefect deploy` may take.

    Raises:
        SetupFailed: `prefect deploy` failed or took too long, or the pool exists with another type.
    """
    document = file_of_pool(file or project_folder() / "prefect.yaml", pool)
    entries = deployments(document)
    say(f"server: {get_current_settings().api.url}")
    say(f"block types: {', '.join(await register_block_types())}")
    say(f"record store default: {await ensure_record_store(state / 'records')}")
    async with get_client() as client:
        made = await ensure_work_pool(client, pool, pool_type)
        say(f"work pool {pool}: {'made' if made else 'there'}")
        await asyncio.to_thread(_deploy, document, deploy_seconds)
        say(f"deployments named {pool}: {len(entries)}")
        for sentence in await reconcile(client, entries):
            say(sentence)
    changed = await ensure_automations()
    say(f"automations: {', '.join(changed) or 'all up to date'}")


def _deploy(document: Document, timeout_seconds: float) -> None:
    """Run `prefect deploy` on a file of our own, which leaves the schedules to us.

    Raises:
        SetupFailed: It failed, or did not end in time.
    """
    entries = [{k: v for k, v in e.items() if k != "schedules"} for e in document["deployments"]]
    settings = get_current_settings().to_environment_variables(exclude_unset=True)
    with TemporaryDirectory() as folder:
        file = Path(folder) / "prefect.yaml"
        file.write_text(yaml.safe_dump({**document, "deployments": entries}))
        command = [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all"]
        try:
            done = subprocess.run(
                [*command, "--prefect-file", str(file)],
                cwd=project_folder(),  # entrypoints are module paths, found from here
                env=os.environ | settings,
                capture_output=True,
                text=True,
                timeout=timeout_seconds,
            )
        except subprocess.TimeoutExpired:
            raise SetupFailed(
                f"prefect deploy did not end within {timeout_seconds:.0f} s: is the server busy, "
                "or this machine? The set-up can be run again; it goes on where it was."
            ) from None
    if done.returncode:
        raise SetupFailed(f"prefect deploy failed:\n{done.stdout}\n{done.stderr}")
