from __future__ import annotations

from collections.abc import Iterator

from kube.guards.ruling import GuardFacts, Ruling
from kube.plans.plan import Plan

MANY = 10
_HEAVY = {
    "Namespace": "everything in it goes with it",
    "CustomResourceDefinition": "every instance of it goes with it",
    "PersistentVolumeClaim": "its volume may be deleted with its data",
    "PersistentVolume": "its data may be lost",
}


def mass_delete(plan: Plan, facts: GuardFacts) -> Iterator[Ruling]:
    """Ask for approval of deletions that are many or take more with them than they name."""
    deletions = [change for change in plan.writes if change.action == "delete"]
    if len(deletions) > MANY:
        yield Ruling(
            guard="mass delete",
            verdict="needs approval",
            reason=f"The plan deletes {len(deletions)} objects, more than {MANY}.",
        )
    for change in deletions:
        if change.ref.kind in _HEAVY:
            yield Ruling(
                guard="mass delete",
                verdict="needs approval",
                reason=f"The plan deletes {change.ref}: {_HEAVY[change.ref.kind]}.",
            )
