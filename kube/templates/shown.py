"""What the flows of templates tell, and their pages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from kube.manifests.variables import Variable
from kube.objects.ref import ObjectRef
from kube.records.findings import Findings, Report
from kube.records.record import Outcome, Record
from kube.records.report.figures import count
from kube.records.report.markdown import (
    NOTHING,
    Markdown,
    code,
    details,
    document,
    fence,
    heading,
    sentence,
    table,
    text,
)
from kube.records.report.record import frame, outcome_table, render_record
from kube.templates.draft import Draft
from kube.templates.stored import StoredTemplate, TemplateUse

PLAIN = Report(render_record, outcome_table)


class TemplateRow(BaseModel):
    """One template in a list: its newest version, and when it was last applied."""

    model_config = ConfigDict(frozen=True)

    name: str
    version: int
    versions: int
    saved_at: datetime
    author: str = ""
    note: str = ""
    description: str = ""
    variables: tuple[Variable, ...] = ()
    archived: bool = False
    last_use: TemplateUse | None = None


class TemplateList(BaseModel):
    """The shape of `result` in the records of `list-templates`."""

    model_config = ConfigDict(frozen=True)

    templates: tuple[TemplateRow, ...] = ()


class ShownTemplate(BaseModel):
    """The shape of `result` in the records of `show-template`: secret values are masked."""

    model_config = ConfigDict(frozen=True)

    stored: StoredTemplate
    rendered: str | None = None
    rendered_digest: str | None = None
    unused: tuple[str, ...] = ()


def template_ref(name: str) -> ObjectRef:
    """Return how outcomes call a template."""
    return ObjectRef(api_version="capstan/v1", kind="Template", name=name)


def saved_findings(draft: Draft, saved: StoredTemplate | None) -> Findings:
    """Tell which version was saved; None where the newest one has this very text already."""
    template = (saved or draft.stored).template
    if saved is None:
        message = f"{template.name} has this text and these variables already; nothing was saved"
    else:
        asks = count(len(template.variables), "variable")
        message = f"{template.name} version {template.version} was saved; it asks for {asks}"
    status = "unchanged" if saved is None else "changed"
    result = {"version": template.version, "digest": template.digest} if saved else {}
    return Findings(
        message=message,
        report=PLAIN,
        result=result,
        outcomes=(Outcome(ref=template_ref(template.name), status=status, reason=message),),
        warnings=draft.warnings,
        writes=True,
    )


def archived_findings(outcomes: Sequence[Outcome]) -> Findings:
    """Tell what became of each template that was to be deleted."""
    gone = sum(outcome.status == "changed" for outcome in outcomes)
    return Findings(
        message=f"{count(gone, 'template')} of {len(outcomes)} archived; the versions are kept",
        report=PLAIN,
        outcomes=tuple(outcomes),
        writes=True,
    )


def list_findings(rows: Sequence[TemplateRow]) -> Findings:
    """Tell which templates there are."""
    return Findings(
        message=count(len(rows), "template"),
        report=Report(list_page, list_rows),
        result=TemplateList(templates=tuple(rows)).model_dump(mode="json"),
    )


def shown_findings(shown: ShownTemplate) -> Findings:
    """Tell what a template says, raw and filled in."""
    template = shown.stored.template
    return Findings(
        message=f"{template.name} version {template.version}",
        report=Report(template_page),
        result=shown.model_dump(mode="json"),
    )


def list_page(record: Record) -> str:
    """Render the list of templates."""
    if "templates" not in record.result:
        return render_record(record)
    found = TemplateList.model_validate(record.result).templates
    columns = ("template", "version", "saved", "by", "variables", "last applied")
    page = table(columns, [_cells(row) for row in found]) if found else text("No template.")
    return frame(record, headline=text(count(len(found), "template")), body=(page,))


def list_rows(record: Record) -> list[dict[str, Any]]:
    """Return one row per template, for machines."""
    found = TemplateList.model_validate(record.result).templates if record.result else ()
    return [
        {
            "template": row.name,
            "version": row.version,
            "saved_at": row.saved_at.isoformat(),
            "author": row.author,
            "variables": ", ".join(one.name for one in row.variables),
            "archived": row.archived,
            "last_use": row.last_use.at.isoformat() if row.last_use else "",
            "last_cluster": row.last_use.cluster if row.last_use else "",
        }
        for row in found
    ]


def template_page(record: Record) -> str:
    """Render one template: its variables, what it becomes, and its text."""
    if "stored" not in record.result:
        return render_record(record)
    found = ShownTemplate.model_validate(record.result)
    stored = found.stored
    page = document(
        sentence(
            "{} · saved {} by {}",
            code(stored.digest),
            _moment(stored.saved_at),
            text(stored.author or "nobody named"),
        ),
        text(stored.template.description) if stored.template.description else NOTHING,
        _variables(stored.template.variables),
        heading(3, text("Filled in")) if found.rendered is not None else NOTHING,
        fence(found.rendered, "yaml") if found.rendered is not None else NOTHING,
        details(
            "The template's text", fence(stored.template.text, "yaml"), is_open=not found.rendered
        ),
    )
    return frame(record, headline=text(record.verdict.message), body=(page,))


def _variables(variables: Sequence[Variable]) -> Markdown:
    if not variables:
        return text("It asks for no variable.")
    rows = [
        [
            code(one.name),
            text(one.type),
            text("secret" if one.secret else "required" if one.required else "optional"),
            code(one.default, 100) if one.default is not None else NOTHING,
            text(one.description, 200),
        ]
        for one in variables
    ]
    return table(("variable", "type", "", "default", "what it is"), rows)


def _cells(row: TemplateRow) -> list[Markdown]:
    use = row.last_use
    used = f"{use.at:%Y-%m-%d %H:%M} on {use.cluster}, version {use.version}" if use else "never"
    name = sentence("{} (archived)", code(row.name)) if row.archived else code(row.name)
    return [
        name,
        text(f"{row.version} of {row.versions}"),
        _moment(row.saved_at),
        text(row.author, 60),
        text(", ".join(one.name + ("*" if one.secret else "") for one in row.variables), 200),
        text(used),
    ]


def _moment(moment: datetime) -> Markdown:
    return text(f"{moment:%Y-%m-%d %H:%M} UTC")
