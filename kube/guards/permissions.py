from __future__ import annotations

from collections.abc import Iterator

from kube.api.access import Permission
from kube.guards.facts import GuardFacts
from kube.guards.ruling import Ruling
from kube.plans.change import Change
from kube.plans.plan import Plan

_FORWARD = {"create": ("create", "patch"), "update": ("patch",), "delete": ("delete",)}
_BACK = {"create": ("delete",), "update": ("patch",), "delete": ("create", "patch")}


def needed_permissions(plan: Plan) -> frozenset[Permission]:
    """Return every permission that a plan and its undo need; a server-side apply is a patch."""
    return frozenset(p for change in plan.writes for p in _permissions(change))


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


def _permissions(change: Change) -> Iterator[Permission]:
    resource = change.resource
    for verb in {*_FORWARD[change.action], *_BACK[change.action], "get"}:
        yield Permission(verb, resource.plural, resource.group, change.ref.namespace or "")
