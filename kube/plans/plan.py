from __future__ import annotations

from hashlib import sha256
from typing import Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field

from kube.objects.ref import ObjectRef
from kube.plans.change import Change

SCHEMA_VERSION = 1


class Blocker(BaseModel):
    """Why a plan cannot be carried out: what, where, and what to do about it."""

    model_config = ConfigDict(frozen=True)

    message: str
    ref: ObjectRef | None = None
    origin: str = ""

    def __str__(self) -> str:
        """Return the blocker as one sentence with its place."""
        place = ": ".join(filter(None, (self.origin, str(self.ref) if self.ref else "")))
        return f"{place}: {self.message}" if place else self.message


class ReadObject(BaseModel):
    """One object that the planner looked at, in the version it saw."""

    model_config = ConfigDict(frozen=True)

    ref: ObjectRef
    resource_version: str


class PlanSource(BaseModel):
    """Where the objects of a plan come from: what may be told of it.

    `digest` is that of the text, or of a rendering in which secret variables are masked;
    `variables` has a mask for each of those.
    """

    model_config = ConfigDict(frozen=True)

    kind: Literal["template", "text", "address", "path"]
    name: str = ""
    version: int | None = None
    variables: dict[str, Any] = Field(default_factory=dict)
    digest: str


class Plan(BaseModel):
    """Everything that an operation would change, as data: shown, approved, sealed, carried out.

    It holds live objects whole, Secrets too, so it is stored sealed only, and shown through
    `kube.plans.diff`, which masks them. `selected_from` is how many objects there were of what the
    operation selected its own from, None where they were named one by one. `secret_texts` are
    hidden wherever they stand: values of secret variables, which may be in objects of any kind.
    """

    model_config = ConfigDict(frozen=True)

    schema_version: int = SCHEMA_VERSION
    operation: str
    planner: str
    planner_version: int = 1
    cluster_uid: str
    options: dict[str, Any] = Field(default_factory=dict)
    selected_from: int | None = Field(default=None, ge=0)
    source: PlanSource | None = None
    secret_texts: tuple[str, ...] = Field(default=(), repr=False)
    read: tuple[ReadObject, ...] = ()
    changes: tuple[Change, ...] = ()
    warnings: tuple[str, ...] = ()
    blockers: tuple[Blocker, ...] = ()

    @property
    def writes(self) -> tuple[Change, ...]:
        """Return the changes that send a write, in the order of their steps."""
        return tuple(
            sorted((change for change in self.changes if change.writes), key=lambda c: c.step)
        )

    @property
    def canonical(self) -> bytes:
        """Return the canonical JSON: keys sorted, no whitespace; equal plans give equal bytes."""
        # By way of JSON: twice as fast as dumping the large objects to Python first.
        return orjson.dumps(orjson.loads(self.model_dump_json()), option=orjson.OPT_SORT_KEYS)

    @property
    def digest(self) -> str:
        """Return `sha256:` and the hex digest of the canonical JSON; approval is bound to it."""
        return "sha256:" + sha256(self.canonical).hexdigest()
