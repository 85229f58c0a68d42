"""Carry out a sealed plan: step by step, each step side by side, one outcome per object."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from kube.api.client import ApiClient
from kube.execution.journal import Journal
from kube.execution.write import Clock, Written, write_change
from kube.plans.change import Change
from kube.plans.plan import Plan
from kube.records.record import Outcome

OnFailure = Literal["stop", "continue", "undo"]
# A step is written down in pieces, so that a crash loses little of the journal.
CHUNK = 64


@dataclass(frozen=True)
class CarriedOut:
    """What became of a plan: one outcome per change, in the plan's order."""

    outcomes: tuple[Outcome, ...]

    @property
    def failed(self) -> bool:
        """Tell whether any object failed."""
        return any(outcome.status == "failed" for outcome in self.outcomes)


async def carry_out(
    api: ApiClient, plan: Plan, journal: Journal, *, on_failure: OnFailure, clock: Clock
) -> CarriedOut:
    """Write the changes of a plan that was sealed before.

    Args:
        api: The cluster.
        plan: The plan; it must have no blockers.
        journal: Where the outcomes are written down on the way.
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
    outcomes: dict[int, Outcome] = {}
    failed = False
    for chunk in _chunks(plan.writes):
        if failed and on_failure != "continue":
            outcomes |= {id(change): _skipped(change) for change in chunk}
            continue
        written = await asyncio.gather(*(write_change(api, change, clock) for change in chunk))
        await journal.add([one.outcome for one in written])
        outcomes |= {id(c): one.outcome for c, one in zip(chunk, written, strict=True)}
        failed = failed or _has_failed(written)
    return CarriedOut(
        tuple(outcomes.get(id(change)) or _unchanged(change) for change in plan.changes)
    )


def _chunks(changes: Sequence[Change]) -> Iterable[list[Change]]:
    """Yield pieces of at most 64 changes; no piece spans two steps."""
    for _, step in groupby(changes, key=lambda change: change.step):
        members = list(step)
        for start in range(0, len(members), CHUNK):
            yield members[start : start + CHUNK]


def _has_failed(written: Iterable[Written]) -> bool:
    return any(one.outcome.status == "failed" for one in written)


def _unchanged(change: Change) -> Outcome:
    return Outcome(ref=change.ref, status="unchanged", attempts=0)


def _skipped(change: Change) -> Outcome:
    reason = "not tried: an object before it failed"
    return Outcome(ref=change.ref, status="skipped", reason=reason, attempts=0)
