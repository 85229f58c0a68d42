"""Which objects of a cluster an operation means."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class ObjectName(BaseModel):
    """One object by its name, as kubectl takes it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str = Field(description="Kind, plural, singular or short name.")
    name: str = Field(min_length=1)
    namespace: str | None = Field(
        default=None, description="Of a namespaced object; the selection's own where none is named."
    )
    api_version: str | None = Field(
        default=None, description="group/version, where several groups serve the kind."
    )


class ObjectSelection(BaseModel):
    """Objects by name, by selector, by the run that made them, or by their ApplySet: one of these.

    A selector means kinds in namespaces, and an empty one is refused unless `all` says that it is
    meant.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    refs: tuple[ObjectName, ...] = Field(default=(), description="Objects by name.")
    kinds: tuple[str, ...] = Field(default=(), description="Kinds to select from.")
    namespaces: tuple[str, ...] = Field(
        default=(), description="Namespaces to select from; an ApplySet's parent is in the first."
    )
    selector: str = Field(default="", description="Label selector, such as app=web,tier!=db.")
    all: bool = Field(
        default=False, description="Take every object of these kinds where no selector is given."
    )
    run_id: str = Field(default="", description="Id of the run that made the objects.")
    apply_set: str = Field(
        default="",
        description="ApplySet, as kubectl names it: NAME (a Secret), secrets/NAME or "
        "configmaps/NAME.",
    )
