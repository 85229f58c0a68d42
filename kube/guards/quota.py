from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from kube.guards.facts import GuardFacts
from kube.guards.ruling import Ruling
from kube.objects.ref import ObjectRef
from kube.plans.change import Change, Object
from kube.plans.plan import Plan
from kube.quantity import NANOS, base_units, nanos, show
from kube.resources.pod_resources import Nanos
from kube.resources.quota_scope import counts_pod, has_scopes
from kube.resources.quota_usage import claim_usage, object_usage, pod_usage
from kube.resources.rollout_peak import Rollout, rollout_of

MAX_CAUSES = 3


@dataclass(frozen=True)
class _Demand:
    """What one change takes of a quota more than before: in the end, and at the worst moment."""

    ref: ObjectRef
    end: Nanos
    peak: Nanos


def quota_fit(plan: Plan, facts: GuardFacts) -> Iterator[Ruling]:
    """Refuse what does not fit into a ResourceQuota; ask where only its rollout does not.

    The server checks one object at a time, so ten that fit one by one may not fit together.
    """
    for quota in _quotas(plan, facts):
        place = quota["metadata"]["namespace"]
        demands = [
            _demand(change, quota, facts) for change in plan.writes if change.ref.namespace == place
        ]
        for name, hard in sorted(((quota.get("spec") or {}).get("hard") or {}).items()):
            used = ((quota.get("status") or {}).get("used") or {}).get(name, "0")
            yield from _judge(quota, name, nanos(hard), nanos(used), demands)


def _judge(
    quota: Object, name: str, hard: int, used: int, demands: list[_Demand]
) -> Iterator[Ruling]:
    end = sum(demand.end.get(name, 0) for demand in demands)
    peak = sum(demand.peak.get(name, 0) for demand in demands)
    left = hard - used
    if 0 < end > left:
        causes = {str(each.ref): each.end.get(name, 0) for each in demands}
        yield _ruling("refused", quota, name, end, left, causes)
    elif 0 < peak > left:
        causes = {str(each.ref): each.peak.get(name, 0) for each in demands}
        yield _ruling("needs approval", quota, name, peak, left, causes)


def _ruling(
    verdict: Literal["refused", "needs approval"],
    quota: Object,
    name: str,
    more: int,
    left: int,
    causes: dict[str, int],
) -> Ruling:
    metadata, stalls = quota["metadata"], verdict == "needs approval"
    most = sorted(causes.items(), key=lambda cause: -cause[1])[:MAX_CAUSES]
    told = ", ".join(f"{ref} {_show(name, amount)}" for ref, amount in most if amount > 0)
    return Ruling(
        guard="quota",
        verdict=verdict,
        reason=f"ResourceQuota {metadata['namespace']}/{metadata['name']}: "
        f"{'while it is carried out, ' if stalls else ''}the plan takes {_show(name, more)} more "
        f"of {name} ({told}), and {_show(name, left)} of it is left: {_show(name, more - left)} is "
        f"missing.{' The rollout may stall until old pods are gone.' if stalls else ''}",
    )


def _quotas(plan: Plan, facts: GuardFacts) -> list[Object]:
    """Return the quotas as they will be: the live ones, and those that the plan writes itself."""
    found = {(q["metadata"]["namespace"], q["metadata"]["name"]): q for q in facts.quotas}
    for change in plan.writes:
        if change.ref.kind != "ResourceQuota":
            continue
        key = (change.ref.namespace, change.ref.name)
        wanted = desired(change)
        if wanted is None:
            found.pop(key, None)
        else:
            metadata = {"namespace": change.ref.namespace, "name": change.ref.name}
            status = found.get(key, {}).get("status")
            found[key] = {"metadata": metadata, "spec": wanted.get("spec"), "status": status}
    return [found[key] for key in sorted(found)]


def desired(change: Change) -> Object | None:
    """Return the object as it will be, as far as the plan knows; None where it is deleted."""
    if change.action == "delete":
        return None
    whole = change.body if change.method in ("apply", "create") else None
    return change.after or whole


def _demand(change: Change, quota: Object, facts: GuardFacts) -> _Demand:
    after = desired(change)
    end: Counter[str] = Counter()
    peak: Counter[str] = Counter()
    rollout = rollout_of(change.before, after)
    old = _pod_usage(facts.pods_before.get(change.ref), quota)
    new = _pod_usage(facts.pods_after.get(change.ref), quota)
    for name in {*old, *new}:
        end[name] += rollout.end(old.get(name, 0), new.get(name, 0))
        peak[name] += rollout.peak(old.get(name, 0), new.get(name, 0))
    if not has_scopes(quota) and change.ref.kind != "Pod":
        for name, amount in _object_delta(change, after, rollout).items():
            end[name] += amount
            peak[name] += max(0, amount)
    return _Demand(change.ref, end, peak)


def _pod_usage(pod: Object | None, quota: Object) -> Nanos:
    return pod_usage(pod) if pod is not None and counts_pod(quota, pod) else {}


def _object_delta(change: Change, after: Object | None, rollout: Rollout) -> Nanos:
    before, now = object_usage(change.resource, change.before), object_usage(change.resource, after)
    delta = {name: now.get(name, 0) - before.get(name, 0) for name in {*before, *now}}
    if change.ref.kind == "Deployment" and (rollout.replaces or change.before is None):
        delta["count/replicasets.apps"] = NANOS
    if change.ref.kind == "StatefulSet" and after is not None:
        added = max(0, rollout.new - rollout.old)
        for claim in (after.get("spec") or {}).get("volumeClaimTemplates") or ():
            for name, amount in claim_usage(claim.get("spec") or {}).items():
                delta[name] = delta.get(name, 0) + added * amount
    return delta


def _show(name: str, amount: int) -> str:
    return show(name, base_units(name, amount))
