"""Carry out a sealed plan: step by step, each step side by side, one outcome per object."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Literal

from kube.api.client import ApiClient
from kube.execution.journal import Journal, Pen
from kube.execution.write import Clock, write_change
from kube.plans.change import Change
from kube.plans.masking import hidden
from kube.plans.plan import Plan
from kube.records.record import Outcome

OnFailure = Literal["stop", "continue", "undo"]


@dataclass(frozen=True)
class CarriedOut:
    """What became of a plan: one outcome per change, in the plan's order."""

    outcomes: tuple[Outcome, ...]

    @classmethod
    def of_nothing(cls, plan: Plan) -> CarriedOut:
        """Return what becomes of a plan that has nothing to write."""
        return cls(tuple(_unchanged(change) for change in plan.changes))

    @property
    def failed(self) -> bool:
        """Tell whether any object failed."""
        return any(outcome.status == "failed" for outcome in self.outcomes)


async def carry_out(
    api: ApiClient, plan: Plan, journal: Journal, *, on_failure: OnFailure, clock: Clock
) -> CarriedOut:
    """Write the changes of a plan that was sealed before.

    As many writes of a step as the client's settings allow are in flight; a step begins when the
    one before it has ended.

    Args:
        api: The cluster.
        plan: The plan; it must have no blockers.
        journal: Where the outcomes are written down on the way, in pieces as they arrive.
        on_failure: `continue` goes on after a failed object; `stop` and `undo` finish what is
            under way and skip the rest (undoing is the caller's next plan).
        clock: Monotonic seconds.

    Returns:
        One outcome per change: `unchanged` for those that need no write, `skipped` for those that
        came after a failure.

    Raises:
        ValueError: The plan has blockers.
        StorageError: The journal cannot be written; what was sent before stands in the seal.
    """
    if plan.blockers:
        raise ValueError("a plan with blockers is never carried out")
    async with journal.pen() as pen:
        hand = _Hand(api, pen, on_failure, clock, plan.secret_texts)
        for _, step in groupby(plan.writes, key=lambda change: change.step):
            await hand.write(list(step))
    return CarriedOut(
        tuple(hand.outcomes.get(id(change)) or _unchanged(change) for change in plan.changes)
    )


@dataclass
class _Hand:
    """Writes the changes of one plan; `outcomes` has what became of each, by its id in memory."""

    api: ApiClient
    pen: Pen
    on_failure: OnFailure
    clock: Clock
    secret_texts: Sequence[str]
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    failed: bool = False

    async def write(self, step: Sequence[Change]) -> None:
        """Write the changes of one step, side by side."""
        rest = iter(step)

        async def work() -> None:
            for change in rest:  # all take from one heap, so that none waits for the slowest
                self.outcomes[id(change)] = await self._outcome(change)

        async with asyncio.TaskGroup() as workers:
            for _ in range(min(len(step), self.api.settings.in_flight)):
                workers.create_task(work())

    async def _outcome(self, change: Change) -> Outcome:
        stops = self.on_failure != "continue" or change.only_after_success
        if self.pen.is_broken or (self.failed and stops):
            return _skipped(change)
        outcome = (await write_change(self.api, change, self.clock)).outcome
        # The server may have quoted a value that it refuses.
        reason = hidden(outcome.reason, self.secret_texts)
        outcome = outcome.model_copy(update={"reason": reason})
        self.failed = self.failed or outcome.status == "failed"
        self.pen.take(outcome)
        return outcome


def _unchanged(change: Change) -> Outcome:
    return Outcome(ref=change.ref, status="unchanged", reason=change.reason, attempts=0)


def _skipped(change: Change) -> Outcome:
    reason = "not tried: an object before it failed"
    return Outcome(ref=change.ref, status="skipped", reason=reason, attempts=0)
