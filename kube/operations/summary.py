"""What of a plan and of its execution is kept and shown: everything but secret values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from kube.execution.seal import Approval
from kube.guards.ruling import Ruling
from kube.objects.ref import ObjectRef
from kube.plans.change import Action, Object, Risk
from kube.plans.diff import unified
from kube.plans.masking import Masker, hidden
from kube.plans.plan import Plan, PlanSource

MAX_DIFF_CHARACTERS = 20_000
MAX_DIFFS = 200


class ChangeSummary(BaseModel):
    """One change as it is shown; `diff` is a unified diff with secret values masked."""

    model_config = ConfigDict(frozen=True)

    ref: ObjectRef
    action: Action
    risk: Risk
    reason: str = ""
    origin: str = ""
    checked: bool = True
    diff: str = ""


class HealthSummary(BaseModel):
    """How one workload fared after it was written."""

    model_config = ConfigDict(frozen=True)

    ref: ObjectRef
    status: str
    message: str


class PlanSummary(BaseModel):
    """The shape of `result` in the record of every operation that writes."""

    model_config = ConfigDict(frozen=True)

    mode: str
    digest: str
    carried_out: bool = False
    changes: tuple[ChangeSummary, ...] = ()
    unchanged: int = 0
    blockers: tuple[str, ...] = ()
    rulings: tuple[Ruling, ...] = ()
    approval: Approval | None = None
    health: tuple[HealthSummary, ...] = ()
    undone_by: str = ""
    source: PlanSource | None = None
    found: dict[str, str] = {}


def change_counts(changes: Sequence[ChangeSummary]) -> str:
    """Count changes in words: "2 to create, 1 to delete"."""
    counts = Counter(change.action for change in changes)
    told = (f"{counts[a]} to {a}" for a in ("create", "update", "delete") if counts[a])
    return ", ".join(told) or "nothing to change"


def summary_of(
    plan: Plan,
    mode: str,
    *,
    rulings: Sequence[Ruling] = (),
    approval: Approval | None = None,
    carried_out: bool = False,
    health: Sequence[HealthSummary] = (),
) -> PlanSummary:
    """Return what may be shown of a plan; at most 200 diffs of at most 20,000 characters each."""
    masker, texts = Masker(plan.secret_texts), plan.secret_texts
    for change in plan.changes:
        masker.learn(change.before, change.after)
    changes = tuple(
        ChangeSummary(
            ref=change.ref,
            action=change.action,
            risk=change.risk,
            reason=change.reason,
            origin=change.origin,
            checked=change.checked,
            diff=_diff(change.before, change.after or change.body, masker, change.action)
            if number < MAX_DIFFS
            else "",
        )
        for number, change in enumerate(plan.writes)
    )
    return PlanSummary(
        mode=mode,
        digest=plan.digest,
        carried_out=carried_out,
        changes=changes,
        unchanged=len(plan.changes) - len(plan.writes),
        blockers=tuple(hidden(str(blocker), texts) for blocker in plan.blockers),
        rulings=tuple(rulings),
        approval=approval,
        health=tuple(
            one.model_copy(update={"message": hidden(one.message, texts)}) for one in health
        ),
        source=plan.source,
        found=plan.options.get("found", {}),
    )


def _diff(before: Object | None, after: Object | None, masker: Masker, action: Action) -> str:
    text = unified(before, None if action == "delete" else after, masker=masker)
    if len(text) <= MAX_DIFF_CHARACTERS:
        return text
    return f"{text[:MAX_DIFF_CHARACTERS]}\n… cut here"
