"""Where the manifests of an apply come from: one parameter for all the ways."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from kube.manifests.problems import InvalidSource

SourceKind = Literal["template", "text", "address", "path"]
_KINDS: tuple[SourceKind, ...] = ("template", "text", "address", "path")


class TemplateChoice(BaseModel):
    """One version of a template, and the values of its variables that may be shown."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    template: str = Field(description="Name of the template.")
    version: int | None = Field(default=None, ge=1, description="Empty takes the newest one.")
    # Left out of the repr, and by it out of the record: a secret one may be here by mistake.
    variables: dict[str, JsonValue] = Field(
        default_factory=dict,
        repr=False,
        description="Values of the variables; those of secret ones come from a block.",
    )


class ManifestSource(BaseModel):
    """Manifests from a template, a text, an address, or the deployment's checkout: one of them.

    Where a call gives a plain text, it is the `text`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    template: str | None = Field(default=None, description="Name of a template.")
    version: int | None = Field(
        default=None, ge=1, description="Version of the template; empty takes the newest one."
    )
    variables: dict[str, JsonValue] = Field(
        default_factory=dict,
        repr=False,
        description="Values of the template's variables; those of secret ones come from a block.",
    )
    text: str | None = Field(
        default=None,
        repr=False,
        description="YAML documents. The server keeps parameters in clear, up to 512 KB of them.",
    )
    address: str | None = Field(
        default=None, description="https://… or s3://bucket/key, read by the worker; up to 20 MB."
    )
    sha256: str | None = Field(
        default=None, description="What is at the address must have this digest."
    )
    path: str | None = Field(
        default=None, description="File or folder in the deployment's checkout, such as apps/shop."
    )

    @model_validator(mode="before")
    @classmethod
    def _of_text(cls, value: Any) -> Any:
        return {"text": value} if isinstance(value, str) else value

    @property
    def kind(self) -> SourceKind:
        """Return which of the ways it is; an empty text counts as none.

        Raises:
            InvalidSource: None of them or several, or fields of another way.
        """
        named = [kind for kind in _KINDS if getattr(self, kind)]
        if len(named) != 1:
            told = " and ".join(named) if named else "none"
            raise InvalidSource.because(
                f"Manifests come from one of {', '.join(_KINDS)}; given: {told}. Name one."
            )
        if named[0] != "template" and (self.version is not None or self.variables):
            raise InvalidSource.because(
                f"Only a template has a version and variables; {named[0]} has none. Leave them "
                "out, or save a template with `save-template`."
            )
        if named[0] != "address" and self.sha256:
            raise InvalidSource.because("Only an address is checked by sha256. Leave it out.")
        return named[0]
