from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self

import orjson
from pydantic import BaseModel, ConfigDict, Field, model_validator

from kube.manifests.building import Resolve
from kube.manifests.documents import Document, checked, expand
from kube.manifests.engine import Engine
from kube.manifests.limits import DEFAULT_LIMITS, Limits
from kube.manifests.masking import secret_paths, shown
from kube.manifests.printing import to_yaml
from kube.manifests.problems import InvalidManifest, InvalidTemplate, Problem
from kube.manifests.reader import Root, read
from kube.manifests.variables import Variable, complete_values

Path = tuple[str | int, ...]


class Template(BaseModel):
    """One immutable version of a text with variables; an edit makes the next version."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: str = Field(min_length=1, max_length=253)
    version: int = Field(ge=1)
    text: str = Field(repr=False)
    variables: tuple[Variable, ...] = ()
    description: str = ""

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        names = [variable.name for variable in self.variables]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"declared twice: {', '.join(twice)}")
        return self

    @cached_property
    def digest(self) -> str:
        """Return the digest of the text and its variables, whatever the name and version."""
        variables = [variable.model_dump(mode="json") for variable in self.variables]
        return _digest({"text": self.text, "variables": variables})


@dataclass(frozen=True)
class SecretField:
    """A field that holds a secret variable's value, or a part of it."""

    document: int
    path: Path


@dataclass(frozen=True)
class Rendered:
    """What a template became.

    `documents` hold secret values in clear and are left out of the repr. `masked_text` is YAML of
    the same objects, with `***` for every secret variable and in the data of every Secret.
    `text_digest` names the rendering without betraying a secret value: it is taken with those of
    secret variables masked, so it does not change with them. `unused` names the declared
    variables that the template does not ask for. `secret_fields` says where secret variables
    went, by position in `documents`: a Secret's data is the only good place.
    """

    documents: tuple[Document, ...] = field(repr=False)
    unused: tuple[str, ...]
    text_digest: str
    masked_text: str = field(repr=False)
    secret_fields: tuple[SecretField, ...] = ()


def extract_variables(text: str, limits: Limits = DEFAULT_LIMITS) -> tuple[str, ...]:
    """Return the names of the variables that a template's text asks for, sorted.

    Raises:
        InvalidTemplate: The text is malformed, or uses what a template may not.
    """
    return tuple(Engine(text, limits).undeclared())


def check_template(template: Template, limits: Limits = DEFAULT_LIMITS) -> tuple[str, ...]:
    """Check what can be known before there are values.

    Returns:
        The declared variables that the text does not ask for.

    Raises:
        InvalidTemplate: Malformed, unsafe, or it asks for variables that are not declared.
    """
    used = Engine(template.text, limits).undeclared()
    declared = [variable.name for variable in template.variables]
    problems = [
        Problem(
            "undefined",
            f"The variable {name} is not declared. Declare it, or correct the spelling.",
            line=line,
        )
        for name, line in used.items()
        if name not in declared
    ]
    if problems:
        raise InvalidTemplate(problems)
    return tuple(name for name in declared if name not in used)


def render(
    template: Template,
    values: Mapping[str, object],
    secrets: Mapping[str, object] | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> Rendered:
    """Fill in a template.

    A value is data: it can never become structure. An expression that is a whole unquoted scalar
    keeps its type (a number, a list, a map); inside a longer scalar, quotes or a block it is text.

    Args:
        template: What to fill in.
        values: Values of the variables that are not secret.
        secrets: Values of the secret ones.
        limits: What is refused.

    Raises:
        InvalidVariables: The values do not fit the declarations.
        InvalidTemplate: The template cannot be rendered with them.
        InvalidManifest: What comes out is no good YAML, or no good object.
    """
    secrets = secrets or {}
    unused = check_template(template, limits)
    complete = complete_values(template.variables, values, secrets)
    hidden = {*secrets, *(each.name for each in template.variables if each.secret)}
    engine = Engine(template.text, limits)
    text, lines = engine.slots.without_markers(engine.text(complete, hidden))
    roots, problems = read(text, limits, lines)
    masked = _masked(roots, engine.slots.resolver(limits.text_bytes, mask=True), problems)
    resolve = engine.slots.resolver(limits.text_bytes, mask=False)
    documents = checked(list(expand(roots, resolve, problems)), problems, limits)
    return _rendered(documents, masked, unused)


def _masked(roots: list[Root], resolve: Resolve, problems: list[Problem]) -> list[Document]:
    """Return the objects with masks in place of secret values.

    Raises:
        InvalidManifest: The text could not be read, or a secret would become a name.
    """
    noted: list[Problem] = []
    masked = list(expand(roots, resolve, noted))
    refused = [*problems, *_betrayals(masked)]
    if refused:
        raise InvalidManifest([*refused, *noted])
    return masked


def _rendered(
    documents: tuple[Document, ...], masked: list[Document], unused: tuple[str, ...]
) -> Rendered:
    return Rendered(
        documents=documents,
        unused=unused,
        text_digest=_digest([document.object for document in masked]),
        masked_text=to_yaml(shown(document.object) for document in masked),
        secret_fields=tuple(
            SecretField(position, path)
            for position, document in enumerate(masked)
            for path in secret_paths(document.object)
        ),
    )


def _betrayals(masked: list[Document]) -> Iterator[Problem]:
    """Yield a problem for each secret that would become a name: names are shown everywhere."""
    public: tuple[Path, ...] = (
        (),
        ("apiVersion",),
        ("kind",),
        ("items",),
        ("metadata",),
        ("metadata", "name"),
        ("metadata", "namespace"),
        ("metadata", "labels"),
        ("metadata", "annotations"),
    )
    for document in masked:
        for path in secret_paths(document.object):
            if path in public:
                where = ".".join(map(str, path)) or "the whole document"
                message = f"A secret variable stands in {where}, where all see it. Use another."
                yield Problem("secret", message, document.index, document.line)


def _digest(value: Any) -> str:
    text = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    return f"sha256:{hashlib.sha256(text).hexdigest()}"
