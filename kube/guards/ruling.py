from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict

from kube.api.access import Permission
from kube.clusters.registration import ClusterSettings
from kube.plans.plan import Plan

Verdict = Literal["needs approval", "refused"]


class Ruling(BaseModel):
    """What one guard says against a plan, in words; one with nothing against it is silent."""

    model_config = ConfigDict(frozen=True)

    guard: str
    verdict: Verdict
    reason: str


@dataclass(frozen=True)
class GuardFacts:
    """What the guards judge a plan by, beside the plan: settings and what was asked for it."""

    settings: ClusterSettings
    missing_permissions: tuple[Permission, ...] = ()


Guard = Callable[[Plan, GuardFacts], Iterable[Ruling]]
