from __future__ import annotations

from typing import get_args

from kube.guards.deletion import last_backends, mass_delete
from kube.guards.facts import Guard, GuardFacts
from kube.guards.foreign import foreign_manager
from kube.guards.freeze import freeze_windows
from kube.guards.namespaces import allowed_namespaces, protected_namespaces
from kube.guards.permissions import permissions, unread_facts
from kube.guards.quota import quota_fit
from kube.guards.ruling import Ruling, Verdict
from kube.guards.size import plan_size, production
from kube.plans.plan import Plan

GUARDS: tuple[Guard, ...] = (
    protected_namespaces,
    allowed_namespaces,
    freeze_windows,
    plan_size,
    permissions,
    mass_delete,
    last_backends,
    quota_fit,
    production,
    foreign_manager,
    unread_facts,
)
_WEIGHT = get_args(Verdict)


def judge_plan(plan: Plan, facts: GuardFacts) -> tuple[Ruling, ...]:
    """Put a plan before every guard and return what they say against it, refusals first."""
    rulings = [ruling for guard in GUARDS for ruling in guard(plan, facts)]
    return tuple(sorted(rulings, key=lambda ruling: _WEIGHT.index(ruling.verdict)))
