from __future__ import annotations

from kube.guards.deletion import mass_delete
from kube.guards.namespaces import allowed_namespaces, protected_namespaces
from kube.guards.permissions import permissions
from kube.guards.ruling import Guard, GuardFacts, Ruling
from kube.guards.size import plan_size, production
from kube.plans.plan import Plan

GUARDS: tuple[Guard, ...] = (
    protected_namespaces,
    allowed_namespaces,
    plan_size,
    permissions,
    mass_delete,
    production,
)


def judge_plan(plan: Plan, facts: GuardFacts) -> tuple[Ruling, ...]:
    """Put a plan before every guard and return what they say against it, refusals first."""
    rulings = [ruling for guard in GUARDS for ruling in guard(plan, facts)]
    return tuple(sorted(rulings, key=lambda ruling: ruling.verdict != "refused"))
