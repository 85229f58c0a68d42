from __future__ import annotations

from collections.abc import Iterator

from kube.guards.facts import GuardFacts
from kube.guards.ruling import Ruling
from kube.plans.plan import Plan


def plan_size(plan: Plan, facts: GuardFacts) -> Iterator[Ruling]:
    """Refuse plans that change more objects than the cluster's limit."""
    limit = facts.settings.max_objects_per_plan
    if len(plan.writes) > limit:
        yield Ruling(
            guard="plan size",
            verdict="refused",
            reason=f"The plan changes {len(plan.writes)} objects, and this cluster allows {limit} "
            "in one plan. Split it, or raise the limit in the cluster's settings.",
        )


def production(plan: Plan, facts: GuardFacts) -> Iterator[Ruling]:
    """Ask for approval of every change to a production cluster."""
    if facts.settings.environment == "production" and plan.writes:
        yield Ruling(
            guard="production",
            verdict="needs approval",
            reason="The cluster is a production cluster: somebody has to approve this plan.",
        )
