"""A template on its way into the library: declared, tried, and found to hold no secret."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from kube.manifests.problems import InvalidTemplate, Problem
from kube.manifests.templates import Rendered, Template, extract_variables, render
from kube.manifests.variables import Variable
from kube.templates.sample import sample_values
from kube.templates.stored import StoredTemplate


class TemplateDetails(BaseModel):
    """What is said of a template beside its text."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    variables: tuple[Variable, ...] = Field(
        default=(),
        description="Those that the text asks for and that are not declared become required texts.",
    )
    sample: dict[str, JsonValue] = Field(
        default_factory=dict, description="Values to try it with; of no secret variable."
    )
    description: str = Field(default="", description="What the template is for.")
    note: str = Field(default="", description="What is new in this version.")
    author: str = Field(default="", description="Who saves it; kept as typed.")
    accept_plain_secrets: bool = Field(
        default=False,
        description="Keep a template in clear that writes values of a Secret out in its text.",
    )


@dataclass(frozen=True)
class Draft:
    """A version that may be saved, and what to say of it."""

    stored: StoredTemplate
    warnings: tuple[str, ...]


def draft(name: str, text: str, details: TemplateDetails, now: datetime) -> Draft:
    """Make a version of a text; it has no number yet.

    Every document is parsed, filled in with the sample.

    Args:
        name: The template's.
        text: With variables.
        details: As given.
        now: When it is saved.

    Raises:
        Invalid: The text, its declarations or what it becomes is no good; or a Secret has a value
            in the text itself, which would be kept and shown in clear.
    """
    declared = {variable.name for variable in details.variables}
    extracted = [one for one in extract_variables(text) if one not in declared]
    template = _template(name, text, details, extracted)
    plain, secret = sample_values(template.variables, details.sample)
    rendered = render(template, plain, secret)
    problems = list(_plain_secrets(rendered))
    if problems and not details.accept_plain_secrets:
        raise InvalidTemplate(problems)
    stored = StoredTemplate(
        template=template,
        digest=template.digest,
        saved_at=now,
        author=details.author,
        note=details.note,
        sample=details.sample,
    )
    return Draft(stored, tuple(_warnings(extracted, rendered.unused)))


def _template(name: str, text: str, details: TemplateDetails, extracted: list[str]) -> Template:
    try:
        return Template(
            name=name,
            version=1,
            text=text,
            variables=(*details.variables, *(Variable(name=one) for one in extracted)),
            description=details.description,
        )
    except ValidationError as error:
        reasons = "; ".join(one["msg"] for one in error.errors(include_input=False))
    raise InvalidTemplate([Problem("variable", f"The template is no good: {reasons}.")])


def _warnings(extracted: list[str], unused: tuple[str, ...]) -> Iterator[str]:
    if extracted:
        yield f"not declared, so they are required texts: {', '.join(extracted)}"
    if unused:
        yield f"declared, and the text does not ask for them: {', '.join(unused)}"


def _plain_secrets(rendered: Rendered) -> Iterator[Problem]:
    """Yield a problem for each value of a Secret that is not filled in from a secret variable."""
    filled = {(one.document, *one.path[:2]) for one in rendered.secret_fields}
    for position, document in enumerate(rendered.documents):
        if (document.object["apiVersion"], document.object["kind"]) != ("v1", "Secret"):
            continue
        for holder in ("data", "stringData"):
            for key in document.object.get(holder) or {}:
                if not {(position, holder, key), (position, holder)} & filled:
                    message = (
                        f"{document.ref} has the value of {key} in the text, and templates are "
                        "kept and shown in clear. Make it a secret variable, or accept it."
                    )
                    yield Problem("secret", message, document.index, document.line)
