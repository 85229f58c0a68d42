"""The library of templates: saved, found, filled in, put away."""

from __future__ import annotations

from datetime import UTC, datetime

from prefect.runtime import flow_run

from blocks.cluster import Cluster
from blocks.variables import Variables
from kube.execution.options import RunOptions
from kube.manifests.problems import InvalidSource
from kube.plans.plan import PlanSource
from kube.records.record import Outcome
from kube.sources.bundle import Bundle
from kube.sources.source import ManifestSource, TemplateChoice
from kube.templates.draft import Draft, TemplateDetails, draft
from kube.templates.filling import filled_bundle, rendering
from kube.templates.library import TemplateLibrary
from kube.templates.sample import sample_values
from kube.templates.shown import ShownTemplate, TemplateRow, template_ref
from kube.templates.stored import ArchiveMark, StoredTemplate, TemplateUse
from tasks.manifests import read_files
from tasks.records import DEFAULT_STORE, load_store
from tasks.references import parameters_in_use
from tasks.step import step


async def library() -> TemplateLibrary:
    """Return the one library of all clusters, in the default record store.

    Raises:
        StorageError: There is no such store.
    """
    return TemplateLibrary((await load_store(DEFAULT_STORE)).storage())


@step
async def draft_template(name: str, source: ManifestSource, details: TemplateDetails) -> Draft:
    """Read a template's text, declare what it asks for, and try it with a sample.

    Raises:
        Invalid: See `kube.templates.draft`.
    """
    files = await read_files(source)
    if len(files) != 1:
        raise InvalidSource.because(
            f"A template is one text; {source.path} holds {len(files)} files. Name one of them."
        )
    return draft(name, files[0].text, details, datetime.now(UTC))


@step
async def save_draft(made: Draft) -> StoredTemplate | None:
    """Save a draft as the next version; None where the newest one is the same and still live.

    Raises:
        InvalidSource: No template can have that name.
        StorageError: The store cannot be written.
    """
    templates, name = await library(), made.stored.template.name
    newest = max(await templates.versions(name), default=0)
    if newest > await templates.archived_through(name):
        stored = await templates.get(name, newest)
        if stored.digest == made.stored.digest and stored.sample == made.stored.sample:
            return None
    return await templates.save(made.stored)


@step
async def fill_template(choice: TemplateChoice, secrets: Variables | None) -> Bundle:
    """Fill in a version of a template, ready to be planned.

    Raises:
        Invalid: There is no such version, or it cannot be filled in with these values.
    """
    stored = await (await library()).get(choice.template, choice.version)
    return filled_bundle(stored, choice.variables, secrets.secrets() if secrets else {})


@step
async def fill_sample(choice: TemplateChoice, secrets: Variables | None) -> Bundle:
    """Fill in a version with the values given, the sample it was saved with, and made-up ones.

    Raises:
        Invalid: There is no such version, or it cannot be filled in with these values.
    """
    stored = await (await library()).get(choice.template, choice.version)
    given = {**stored.sample, **choice.variables}
    plain, made_up = sample_values(stored.template.variables, given)
    return filled_bundle(stored, plain, {**made_up, **(secrets.secrets() if secrets else {})})


@step
async def look_up(choice: TemplateChoice, secrets: Variables | None) -> ShownTemplate:
    """Return a version as it is kept, archived ones too, and filled in where values are given.

    Without values the sample fills it in; where that is not enough, it is shown raw.

    Raises:
        Invalid: There is no such version, or it cannot be filled in with the values given.
    """
    stored = await (await library()).get(choice.template, choice.version, archived=True)
    given = {**stored.sample, **choice.variables}
    plain, made_up = sample_values(stored.template.variables, given)
    values = {**made_up, **(secrets.secrets() if secrets else {})}
    rendered = rendering(stored, plain, values)
    return ShownTemplate(
        stored=stored,
        rendered=rendered.masked_text,
        rendered_digest=rendered.text_digest,
        unused=rendered.unused,
    )


@step
async def read_templates(archived: bool) -> list[TemplateRow]:
    """Return every template by its newest version, with its last use; archived ones where asked."""
    templates = await library()
    rows = [await _row(templates, name) for name in await templates.names()]
    return [row for row in rows if archived or not row.archived]


async def _row(templates: TemplateLibrary, name: str) -> TemplateRow:
    versions = await templates.versions(name)
    stored = await templates.get(name, archived=True)
    return TemplateRow(
        name=name,
        version=stored.template.version,
        versions=len(versions),
        saved_at=stored.saved_at,
        author=stored.author,
        note=stored.note,
        description=stored.template.description,
        variables=stored.template.variables,
        archived=versions[-1] <= await templates.archived_through(name),
        last_use=await templates.last_use(name),
    )


@step
async def note_use(cluster: Cluster, source: PlanSource | None, run: RunOptions) -> None:
    """Remember that this run applies a version of a template; a run that only plans does not."""
    if source is None or source.kind != "template" or run.mode == "plan":
        return
    use = TemplateUse(
        version=source.version or 0,
        run_id=flow_run.get_id() or "",
        cluster=cluster.name,
        at=datetime.now(UTC),
    )
    await (await library()).note_use(source.name, use)


@step
async def archive_templates(names: list[str], force: bool, author: str) -> list[Outcome]:
    """Put templates away that nothing needs; one outcome per name."""
    in_use = await parameters_in_use()
    return [await _archive(name, in_use, force, author) for name in dict.fromkeys(names)]


async def _archive(name: str, in_use: dict[str, str], force: bool, author: str) -> Outcome:
    templates, ref = await library(), template_ref(name)
    newest = max(await templates.versions(name), default=0)
    if not newest:
        return Outcome(ref=ref, status="failed", reason="there is no template of that name")
    if newest <= await templates.archived_through(name):
        return Outcome(ref=ref, status="unchanged", reason="archived already")
    users = [place for place, parameters in in_use.items() if _names(parameters, name)]
    last = await templates.last_use(name)
    if last is not None:
        users.append(f"the record of run {last.run_id} on {last.cluster}")
    if users and not force:
        reason = f"still needed by {', '.join(users)}; change those first, or force it"
        return Outcome(ref=ref, status="blocked", reason=reason)
    now = datetime.now(UTC)
    mark = ArchiveMark(through=newest, at=now, author=author, forced=bool(users))
    await templates.archive(name, mark)
    told = f"versions up to {newest} are archived; they are kept and can be shown"
    return Outcome(ref=ref, status="changed", reason=told)


def _names(parameters: str, name: str) -> bool:
    return f"'template': '{name}'" in parameters
