from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from kube.api.access import Permission
from kube.api.live import MAX_SINGLE_READS, Located
from kube.guards.facts import GuardFacts
from kube.guards.ruling import Ruling
from kube.health.workload import ROLLOUTS
from kube.objects.workload import POD
from kube.plans.change import Change
from kube.plans.plan import Plan

_BACK = {"create": "delete", "update": "patch", "delete": "create"}
_METHODS = {
    "apply": "patch",
    "create": "create",
    "json-patch": "patch",
    "merge-patch": "patch",
    "delete": "delete",
}


def needed_permissions(plan: Plan, *, wait: bool = True) -> frozenset[Permission]:
    """Return every permission that carrying out a plan and undoing it need, and no other.

    Args:
        plan: The plan.
        wait: Its workloads are waited for.
    """
    needed = {permission for change in plan.writes for permission in _writing(change)}
    if wait:
        needed |= {permission for change in plan.writes for permission in _waiting(change)}
    return frozenset(needed | reading_permissions((c.resource, c.ref) for c in plan.writes))


def reading_permissions(located: Iterable[Located]) -> frozenset[Permission]:
    """Return what reading these objects takes: get, and list where they are many of a kind."""
    groups = Counter((resource, ref.namespace or "") for resource, ref in located)
    return frozenset(
        Permission(verb, resource.plural, resource.group, place)
        for (resource, place), number in groups.items()
        for verb in (("get", "list") if number > MAX_SINGLE_READS else ("get",))
    )


def permissions(plan: Plan, facts: GuardFacts) -> Iterator[Ruling]:
    """Refuse a plan that could not be carried out, or not be undone, for want of permissions."""
    missing = facts.missing_permissions
    if missing:
        yield Ruling(
            guard="permissions",
            verdict="refused",
            reason="The cluster's user may not do what this plan or its undo needs: "
            f"{'; '.join(str(permission) for permission in missing)}.",
        )


def unread_facts(plan: Plan, facts: GuardFacts) -> Iterator[Ruling]:
    """Warn where the guards judge without what the cluster's user may not read."""
    if facts.unread:
        yield Ruling(
            guard="permissions",
            verdict="warning",
            reason="The guards could not see everything: the cluster's user may not list "
            f"{', '.join(facts.unread)}.",
        )


def _writing(change: Change) -> Iterator[Permission]:
    verbs = {_METHODS[change.method], _BACK[change.action]}
    if change.action == "create":
        verbs.add("create")  # a server-side apply is a patch, and a create beside it
    for verb in verbs:
        yield _permission(verb, change)


def _waiting(change: Change) -> Iterator[Permission]:
    """Yield what waiting for a workload takes, whether it is written now or by the undo."""
    if change.ref.kind in ROLLOUTS:
        for verb in ("list", "watch"):
            yield _permission(verb, change)
            yield Permission(verb, POD.plural, POD.group, change.ref.namespace or "")


def _permission(verb: str, change: Change) -> Permission:
    resource = change.resource
    return Permission(verb, resource.plural, resource.group, change.ref.namespace or "")
