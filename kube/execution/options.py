from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Mode = Literal["plan", "ask", "apply"]


class RunOptions(BaseModel):
    """What every flow that writes takes beside its own parameters."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mode: Mode = Field(
        default="plan",
        description="plan: show what would change and change nothing. ask: show it, wait for a "
        "person's approval, then do it. apply: do it, if the guards agree.",
    )
    reason: str = Field(default="", description="Why; kept in the record.")
    requested_by: str = Field(
        default="", description="Who asks; the server knows no users, so it is kept as typed."
    )
    timeout_seconds: Annotated[float, Field(gt=0, le=86_400)] = Field(
        default=300, description="How long to wait for an approval, and for health after writing."
    )
    wait: bool = Field(
        default=True, description="Wait until what was written is healthy; false returns before."
    )
    on_failure: Literal["stop", "continue", "undo"] = Field(
        default="stop",
        description="After a failed object: stop and keep what is done, go on, or undo it.",
    )
