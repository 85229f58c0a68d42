from prefect import flow

from blocks.cluster import Cluster
from blocks.variables import Variables
from kube.planners.apply import ApplyOptions
from kube.records.findings import Findings
from kube.sources.source import ManifestSource, TemplateChoice
from kube.templates.draft import TemplateDetails
from kube.templates.shown import (
    archived_findings,
    list_findings,
    saved_findings,
    shown_findings,
)
from tasks.manifests import plan_manifests
from tasks.plans import check_plan
from tasks.records import recorded
from tasks.templates import (
    archive_templates,
    draft_template,
    fill_sample,
    look_up,
    read_templates,
    save_draft,
)


@flow(flow_run_name="save-template-{name}")
@recorded
async def save_template(
    name: str, source: ManifestSource, details: TemplateDetails = TemplateDetails()
) -> Findings:
    """Save a text with variables as the next version of a template; versions never change.

    Args:
        name: Name of the template: lower-case letters, digits and dashes.
        source: A text, an address (https or s3), or a file in the checkout.
        details: Variables, values to try it with, and what to say of this version.
    """
    made = await draft_template(name, source, details)
    return saved_findings(made, await save_draft(made))


@flow(flow_run_name="check-template-{cluster.name}")
@recorded
async def check_template(
    cluster: Cluster,
    choice: TemplateChoice,
    options: ApplyOptions = ApplyOptions(),
    secrets: Variables | None = None,
) -> Findings:
    """Fill in a template and have the cluster try every object; nothing is written.

    Args:
        cluster: The cluster to try it on.
        choice: The template; variables without a value get that of its sample, or one made up.
        options: As in apply-yaml.
        secrets: Block with the values of secret variables.
    """
    bundle = await fill_sample(choice, secrets)
    plan = await plan_manifests(cluster, bundle, options)
    return await check_plan(cluster, plan)


@flow
@recorded
async def list_templates(archived: bool = False) -> Findings:
    """List templates with their versions, variables and last use.

    Args:
        archived: Show those too that were deleted.
    """
    return list_findings(await read_templates(archived))


@flow(flow_run_name="show-template-{choice.template}")
@recorded
async def show_template(choice: TemplateChoice, secrets: Variables | None = None) -> Findings:
    """Show one version of a template, raw and filled in; secret values are masked.

    Args:
        choice: The template; variables without a value get that of its sample, or one made up.
        secrets: Block with the values of secret variables.
    """
    return shown_findings(await look_up(choice, secrets))


@flow
@recorded
async def delete_templates(names: list[str], force: bool = False, author: str = "") -> Findings:
    """Archive templates; refused while a deployment, schedule or record needs one.

    Args:
        names: Names of the templates.
        force: Archive although something needs it; the versions are kept in any case.
        author: Who deletes them; kept as typed.
    """
    return archived_findings(await archive_templates(names, force, author))
