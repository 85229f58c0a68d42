from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from kube.guards.facts import GuardFacts
from kube.guards.naming import named
from kube.guards.ruling import Ruling
from kube.objects.ref import ObjectRef
from kube.plans.change import Object
from kube.plans.plan import Plan

ARGO_CD = "argocd-controller"
INSTANCE = "app.kubernetes.io/instance"


def foreign_manager(plan: Plan, facts: GuardFacts) -> Iterator[Ruling]:
    """Warn of changes to objects that Helm, Argo CD or Flux keep: they put them back."""
    kept: dict[str, list[ObjectRef]] = defaultdict(list)
    for change in plan.writes:
        if change.before is None:
            continue
        manager = keeper(change.before, facts.managers.get(change.ref, frozenset()))
        if manager is not None:
            kept[manager].append(change.ref)
    for manager, refs in sorted(kept.items()):
        yield Ruling(
            guard="foreign manager",
            verdict="warning",
            reason=f"{manager} keeps {named(refs)} and may put back what is changed here. Better "
            "change it where that takes it from.",
        )


def keeper(found: Object, managers: frozenset[str] = frozenset()) -> str | None:
    """Return who keeps an object by its labels and annotations, None where nobody says so.

    Args:
        found: The live object.
        managers: Its field managers, where they were asked for.

    Source: Flux marks what it makes of a HelmRelease beside Helm's own marks, so it comes first;
        Argo CD docs, resource tracking (annotation, or the instance label); Helm 3
        pkg/action/validate.go.
    """
    metadata = found["metadata"]
    labels, notes = metadata.get("labels") or {}, metadata.get("annotations") or {}
    for kind, group in (("HelmRelease", "helm"), ("Kustomization", "kustomize")):
        if name := labels.get(f"{group}.toolkit.fluxcd.io/name"):
            return f"Flux ({kind} {labels.get(f'{group}.toolkit.fluxcd.io/namespace', '')}/{name})"
    if tracking := notes.get("argocd.argoproj.io/tracking-id"):
        return f"Argo CD (application {tracking.partition(':')[0]})"
    application = labels.get("argocd.argoproj.io/instance")
    if application is None and ARGO_CD in managers:
        application = labels.get(INSTANCE)
    if application is not None:
        return f"Argo CD (application {application})"
    release = notes.get("meta.helm.sh/release-name")
    if release and labels.get("app.kubernetes.io/managed-by") == "Helm":
        return f"Helm (release {notes.get('meta.helm.sh/release-namespace', '')}/{release})"
    return None
