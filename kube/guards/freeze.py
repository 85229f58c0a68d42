from __future__ import annotations

from collections.abc import Iterator

from kube.guards.facts import GuardFacts
from kube.guards.ruling import Ruling
from kube.plans.plan import Plan


def freeze_windows(plan: Plan, facts: GuardFacts) -> Iterator[Ruling]:
    """Refuse changes in a freeze window, or ask for approval where the window says so."""
    if not plan.writes:
        return
    for window in facts.settings.freeze_windows:
        if window.covers(facts.at):
            yield Ruling(
                guard="freeze window",
                verdict=window.verdict,
                reason=f"The cluster is frozen now: {window.name} ({window}). The windows stand in "
                "its settings.",
            )
