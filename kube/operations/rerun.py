"""What is needed to apply the same once more, and what may be different then."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from kube.manifests.problems import InvalidSource
from kube.planners.apply import ApplyOptions
from kube.sources.bundle import ManifestFile
from kube.sources.source import ManifestSource


class KeptSource(BaseModel):
    """The source of an apply as it is kept, sealed: a text may hold what nobody may read.

    `files` is what was read of a text, an address or the checkout, so that the very same is
    applied again; of a template the version and the values are enough. `secrets` names the block
    of its secret values.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    cluster: str
    source: ManifestSource
    files: tuple[ManifestFile, ...] = ()
    secrets: str | None = None
    options: ApplyOptions = ApplyOptions()


class RerunChanges(BaseModel):
    """What is different in a second run of an apply; what is not named stays."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    version: int | None = Field(default=None, ge=1, description="Another version of the template.")
    variables: dict[str, JsonValue] = Field(
        default_factory=dict, repr=False, description="Other values of these variables."
    )


def changed_source(kept: KeptSource, changes: RerunChanges) -> ManifestSource:
    """Return the source of the second run.

    Raises:
        InvalidSource: Something of a template is to be different, and it was none.
    """
    if changes == RerunChanges():
        return kept.source
    if kept.source.kind != "template":
        raise InvalidSource.because(
            f"That run applied a {kept.source.kind}, which has no version and no variables to "
            "change. Run `apply-yaml` with another one."
        )
    update = {
        "variables": {**kept.source.variables, **changes.variables},
        "version": changes.version or kept.source.version,
    }
    return kept.source.model_copy(update=update)
