from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from kube.objects.ref import ObjectRef

OutcomeStatus = Literal["changed", "unchanged", "skipped", "failed", "blocked"]
Trigger = Literal["schedule", "api", "parent", "automation", "direct"]

SCHEMA_VERSION = 1


class Requester(BaseModel):
    """Who asked for an operation, as far as the server knows.

    Prefect's open-source server has no users: `name` is what was typed, no proof of identity.
    A run that was started in the UI has the trigger `api`: the UI is a client like any other.
    """

    model_config = ConfigDict(frozen=True)

    name: str = ""
    trigger: Trigger = "direct"
    parent_run_id: str | None = None


class Outcome(BaseModel):
    """What became of one object of an operation."""

    model_config = ConfigDict(frozen=True)

    ref: ObjectRef
    status: OutcomeStatus
    reason: str = ""
    attempts: int = Field(default=1, ge=0)
    seconds: float = Field(default=0.0, ge=0.0)


class Verdict(BaseModel):
    """How the whole operation ended; the run's state says the same.

    `name` is the state's name in Prefect ("Completed", "Unchanged", "Failed", "Refused",
    "PartialFailure"); `good` tells whether it is of type Completed.
    """

    model_config = ConfigDict(frozen=True)

    good: bool
    name: str
    message: str = ""


class Record(BaseModel):
    """What one run of an operation did: the only source of its artifact, and kept for ever.

    `result` holds what the operation measured or decided, as JSON values, in the shape that the
    operation's own model documents. `parameters` are redacted before they come here.
    """

    model_config = ConfigDict(frozen=True)

    schema_version: int = SCHEMA_VERSION
    id: str
    operation: str
    cluster: str | None = None
    requester: Requester = Requester()
    parameters: dict[str, Any] = Field(default_factory=dict)
    started_at: datetime
    finished_at: datetime
    verdict: Verdict
    outcomes: tuple[Outcome, ...] = ()
    warnings: tuple[str, ...] = ()
    result: dict[str, Any] = Field(default_factory=dict)
    api_calls: int = Field(default=0, ge=0)
    undo: str | None = None

    @property
    def seconds(self) -> float:
        """Return the wall time of the operation in seconds."""
        return (self.finished_at - self.started_at).total_seconds()
