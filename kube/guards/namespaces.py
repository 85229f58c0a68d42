from __future__ import annotations

from collections.abc import Iterator

from kube.guards.facts import GuardFacts
from kube.guards.ruling import Ruling
from kube.plans.plan import Plan


def protected_namespaces(plan: Plan, facts: GuardFacts) -> Iterator[Ruling]:
    """Refuse changes in protected namespaces, and of the namespaces themselves."""
    for namespace in sorted(touched_namespaces(plan) & set(facts.settings.protected_namespaces)):
        yield Ruling(
            guard="protected namespaces",
            verdict="refused",
            reason=f"The namespace {namespace} is protected on this cluster; nothing in it is "
            "changed. Its settings name the protected namespaces.",
        )


def allowed_namespaces(plan: Plan, facts: GuardFacts) -> Iterator[Ruling]:
    """Refuse changes outside of the allowed namespaces, where the cluster names such."""
    allowed = set(facts.settings.allowed_namespaces)
    if not allowed:
        return
    for namespace in sorted(touched_namespaces(plan) - allowed):
        yield Ruling(
            guard="allowed namespaces",
            verdict="refused",
            reason=f"The namespace {namespace} is not among those allowed on this cluster: "
            f"{', '.join(sorted(allowed))}.",
        )
    if any(
        change.ref.namespace is None and change.ref.kind != "Namespace" for change in plan.writes
    ):
        yield Ruling(
            guard="allowed namespaces",
            verdict="refused",
            reason="The plan changes objects of the whole cluster, and this cluster allows changes "
            f"in these namespaces only: {', '.join(sorted(allowed))}.",
        )


def touched_namespaces(plan: Plan) -> set[str]:
    """Return the namespaces in which a plan writes, those it makes or deletes included."""
    inside = {change.ref.namespace for change in plan.writes if change.ref.namespace}
    return inside | {change.ref.name for change in plan.writes if change.ref.kind == "Namespace"}
