from __future__ import annotations

from collections.abc import Iterable, Iterator

from kube.guards.facts import Backend, Backends, GuardFacts
from kube.guards.naming import counted, named
from kube.guards.ruling import Ruling
from kube.objects.selector import of_label_selector
from kube.objects.workload import pod_template
from kube.plans.change import Change, Object
from kube.plans.plan import Plan

_SCALED = frozenset({"Deployment", "StatefulSet", "ReplicaSet"})
WITH_CONTENT = {"Namespace": "object", "CustomResourceDefinition": "instance"}
WITH_PODS = frozenset({*_SCALED, "DaemonSet", "Pod"})


def mass_delete(plan: Plan, facts: GuardFacts) -> Iterator[Ruling]:
    """Ask for approval of deletions that are many, or take more with them than they name."""
    deletions = deleted(plan)
    many, percent = facts.settings.max_deletions, facts.settings.max_deleted_percent
    if len(deletions) > many:
        yield _asks(f"The plan deletes {len(deletions)} objects, more than {many}.")
    all_of_them = plan.selected_from or 0
    if len(deletions) * 100 > percent * all_of_them > 0:
        yield _asks(
            f"The plan deletes {len(deletions)} of the {all_of_them} objects that it selects from, "
            f"more than {percent} %."
        )
    for change in deletions:
        loss = _loss(change, facts)
        if loss:
            yield _asks(f"The plan deletes {change.ref}: {loss}.")


def last_backends(plan: Plan, facts: GuardFacts) -> Iterator[Ruling]:
    """Ask for approval where a Service that stays would lose its last ready pods."""
    removals = [change for change in plan.writes if takes_pods_away(change)]
    gone = {change.ref.as_named for change in deleted(plan)}
    for service in facts.backends:
        if service.ref in gone or not service.ready or _has_successor(plan, service):
            continue
        causes = [_cause(removals, service, pod) for pod in service.ready]
        if all(cause is not None for cause in causes):
            refs = {cause.ref: None for cause in causes if cause is not None}
            yield _asks(
                f"{service.ref} loses all of its ready pods ({len(causes)}), because the plan "
                f"deletes or scales to zero {named(list(refs))}."
            )


def deleted(plan: Plan) -> list[Change]:
    """Return the changes of a plan that delete."""
    return [change for change in plan.writes if change.action == "delete"]


def takes_pods_away(change: Change) -> bool:
    """Tell whether a change leaves a workload without pods, or deletes one."""
    if change.ref.kind not in WITH_PODS or change.before is None:
        return False
    if change.action == "delete":
        return True
    scaled = change.ref.kind in _SCALED and change.action == "update"
    return scaled and _replicas(change.after) == 0 != _replicas(change.before)


def _loss(change: Change, facts: GuardFacts) -> str | None:
    """Return what goes with an object beyond itself, None where nothing does."""
    kind, status = change.ref.kind, (change.before or {}).get("status") or {}
    if kind in WITH_CONTENT:
        content = facts.contents.get(change.ref, {})
        if content is None:
            return f"whether there is an {WITH_CONTENT[kind]} in it could not be read"
        return f"{counted(content)} would go with it" if content else None
    if kind == "PersistentVolumeClaim" and status.get("phase") == "Bound":
        volume = ((change.before or {}).get("spec") or {}).get("volumeName")
        return f"it is bound to volume {volume}, which may be deleted with its data"
    if kind == "PersistentVolume" and status.get("phase") in ("Bound", "Released"):
        return "its data may be lost"
    return None


def _has_successor(plan: Plan, service: Backends) -> bool:
    """Tell whether the plan itself makes or keeps pods that the Service selects."""
    return any(
        change.action in ("create", "update")
        and change.ref.namespace == service.ref.namespace
        and _replicas(change.after) != 0
        and service.selector.items() <= _pod_labels(change.after).items()
        for change in plan.writes
    )


def _cause(removals: Iterable[Change], service: Backends, pod: Backend) -> Change | None:
    """Return the change that takes a pod away, None where it stays."""
    for change in removals:
        if change.ref.namespace != service.ref.namespace or change.before is None:
            continue
        if change.ref.kind == "Pod":
            if change.ref.name == pod.name:
                return change
            continue
        selector = (change.before.get("spec") or {}).get("selector") or {}
        if selector and of_label_selector(selector).matches(pod.labels):
            return change
    return None


def _replicas(workload: Object | None) -> int:
    replicas = ((workload or {}).get("spec") or {}).get("replicas")
    return 1 if replicas is None else int(replicas)


def _pod_labels(obj: Object | None) -> Object:
    bearer = obj if (obj or {}).get("kind") == "Pod" else pod_template(obj or {})
    return ((bearer or {}).get("metadata") or {}).get("labels") or {}


def _asks(reason: str) -> Ruling:
    return Ruling(guard="mass delete", verdict="needs approval", reason=reason)
