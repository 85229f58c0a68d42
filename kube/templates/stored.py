"""One version of a template as it is kept, and the marks beside it."""

from __future__ import annotations

import re
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from kube.manifests.templates import Template

_NAME = re.compile(r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?")


class StoredTemplate(BaseModel):
    """One version: written once, never changed. `sample` holds values that it was tried with."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    template: Template
    digest: str
    saved_at: datetime
    author: str = ""
    note: str = ""
    sample: dict[str, JsonValue] = Field(default_factory=dict)


class ArchiveMark(BaseModel):
    """Says that all versions of a template up to one are put away; they stay where they are."""

    model_config = ConfigDict(frozen=True)

    through: int
    at: datetime
    author: str = ""
    forced: bool = False


class TemplateUse(BaseModel):
    """One run that applied a version."""

    model_config = ConfigDict(frozen=True)

    version: int
    run_id: str
    cluster: str
    at: datetime


def is_template_name(name: str) -> bool:
    """Return whether a template may be called so: 1 to 63 lower-case letters, digits, dashes."""
    return _NAME.fullmatch(name) is not None
