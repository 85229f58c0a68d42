from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

Verdict = Literal["refused", "needs approval", "warning"]


class Ruling(BaseModel):
    """What one guard says against a plan, in words; one with nothing against it is silent.

    `refused` stops it, `needs approval` lets a person decide, and a `warning` is only told.
    """

    model_config = ConfigDict(frozen=True)

    guard: str
    verdict: Verdict
    reason: str
