"""The manifests of an apply: read from wherever they are, and kept so that they can run again."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from prefect.runtime import flow_run
from pydantic import ValidationError

from blocks.cluster import Cluster
from blocks.variables import Variables
from kube.manifests.problems import InvalidSource
from kube.operations.rerun import KeptSource, RerunChanges, changed_source
from kube.planners.apply import ApplyOptions
from kube.records.storage import SOURCES
from kube.sources.bundle import Bundle
from kube.sources.source import ManifestSource, TemplateChoice
from tasks.errors import OperationError
from tasks.manifests import bundle_of_files, read_files
from tasks.records import load_store
from tasks.step import step
from tasks.templates import fill_template


@step
async def read_manifests(source: ManifestSource, secrets: Variables | None = None) -> Bundle:
    """Read manifests from their template, text, address or path.

    Raises:
        Invalid: They are not there, or no good; see `kube.manifests.problems`.
    """
    if source.kind != "template" and secrets is not None:
        raise InvalidSource.because("Only a template takes secret variables. Leave the block out.")
    if source.kind == "template":
        return await fill_template.fn(choice_of(source), secrets)
    return bundle_of_files(source, await read_files(source))


def choice_of(source: ManifestSource) -> TemplateChoice:
    """Return the template of a source that is one."""
    return TemplateChoice(
        template=source.template or "", version=source.version, variables=source.variables
    )


@step
async def keep_source(
    cluster: Cluster,
    source: ManifestSource,
    bundle: Bundle,
    secrets: Variables | None,
    options: ApplyOptions,
) -> None:
    """Seal what `rerun` needs: a run that cannot be sealed does not go on.

    Raises:
        SealError: It cannot be written.
    """
    kept = KeptSource(
        cluster=cluster.name,
        source=source.model_copy(update={"version": bundle.source.version}),
        files=bundle.files,
        secrets=secrets.name if secrets else None,
        options=options,
    )
    seals = (await load_store(cluster.settings.record_store)).seals()
    await seals.put_text(flow_run.get_id() or "", SOURCES, kept.model_dump_json())


@step
async def open_source(cluster: Cluster, run_id: str) -> KeptSource:
    """Open the source of an earlier apply.

    Raises:
        OperationError: There is none, or it is another cluster's.
    """
    seals = (await load_store(cluster.settings.record_store)).seals()
    try:
        content = await seals.get_text(str(UUID(run_id.strip())), SOURCES)
        kept = KeptSource.model_validate_json(content) if content is not None else None
    except ValidationError:
        raise OperationError(f"What run {run_id} applied cannot be read any more.") from None
    except ValueError:
        kept = None
    if kept is None:
        raise OperationError(
            f"Run {run_id} applied no manifests on {cluster.name}. The id is that of a run of "
            "`apply-yaml` or `rerun`, as its page shows it."
        )
    if kept.cluster != cluster.name:
        raise OperationError(
            f"Run {run_id} applied its manifests on {kept.cluster!r}, not on {cluster.name!r}."
        )
    return kept


@step
async def read_again(
    kept: KeptSource, changes: RerunChanges, secrets: Variables | None
) -> tuple[ManifestSource, Bundle, Variables | None]:
    """Read what an earlier run applied, with what is to be different now.

    Returns:
        The source as it is now, its objects, and the block of secret values that was used.

    Raises:
        Invalid: The template cannot be filled in so.
        OperationError: The block of secret values is gone.
    """
    source = changed_source(kept, changes)
    if source.kind != "template":
        return source, bundle_of_files(source, kept.files), None
    secrets = secrets or await _block(kept.secrets)
    return source, await read_manifests.fn(source, secrets), secrets


async def _block(name: str | None) -> Variables | None:
    if name is None:
        return None
    try:
        return cast(Variables, await Variables.aload(name))
    except ValueError as error:
        raise OperationError(
            f"The block {name!r} with the secret variables of that run is gone. Name another one."
        ) from error
