"""The plan of applying manifests: pure, from what was written, read and tried."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from kube.api.errors import Conflict, StatusError
from kube.api.live import Live
from kube.api.trial import Attempt, Trial
from kube.manifests.documents import Document
from kube.manifests.order import step_of
from kube.objects.ref import ObjectRef
from kube.objects.resource import ResourceType
from kube.objects.workload import POD, pod_of_template
from kube.plans.change import Action, Change, Preconditions, Risk
from kube.plans.normal import comparison_form, without_managed_fields
from kube.plans.ownership import is_unchanged, without_string_data
from kube.plans.plan import Blocker, Plan, ReadObject
from kube.plans.values import equal

CRD = "CustomResourceDefinition"
_RISKY: Mapping[str, Risk] = {
    "Namespace": "medium",
    "CustomResourceDefinition": "high",
    "ClusterRole": "high",
    "ClusterRoleBinding": "high",
    "Role": "medium",
    "RoleBinding": "medium",
    "Secret": "medium",
    "PersistentVolume": "medium",
    "PersistentVolumeClaim": "medium",
    "ValidatingWebhookConfiguration": "high",
    "MutatingWebhookConfiguration": "high",
    "APIService": "high",
}


class ApplyOptions(BaseModel):
    """How manifests are applied.

    `force` takes fields over from other managers. `allow_mixed_namespaces` lets one bundle span
    several namespaces.
    """

    model_config = ConfigDict(frozen=True)

    namespace: str | None = Field(
        default=None, description="Namespace of the objects that name none."
    )
    allow_mixed_namespaces: bool = Field(
        default=False, description="Let the objects be in several namespaces."
    )
    force: bool = Field(default=False, description="Take fields over that another manager owns.")
    apply_set: str = Field(
        default="",
        description="ApplySet of these objects, as kubectl names it: NAME (its parent is a Secret "
        "in the namespace), secrets/NAME or configmaps/NAME. What left the set is deleted.",
    )


@dataclass(frozen=True)
class Wanted:
    """One object to apply, located: its type, its name, and where it was written down."""

    resource: ResourceType
    ref: ObjectRef
    body: dict[str, Any] = field(repr=False)
    origin: str

    @classmethod
    def of(cls, document: Document, resource: ResourceType) -> Wanted:
        """Locate a document."""
        # Sent as it is, stringData would stay ours by name and never be found unchanged again.
        body = without_string_data(document.object)
        return cls(resource, document.ref, body, document.origin)


def deferred(wanted: Sequence[Wanted], live: Live) -> frozenset[ObjectRef]:
    """Return the objects that cannot be tried yet: this bundle makes their Namespace or kind."""
    new = [one for one in wanted if one.ref not in live]
    namespaces = {one.ref.name for one in new if one.ref.kind == "Namespace"}
    groups = {str(one.body.get("spec", {}).get("group")) for one in new if one.ref.kind == CRD}
    return frozenset(
        one.ref
        for one in new
        if one.ref.namespace in namespaces or (one.resource.group in groups and one.resource.group)
    )


def attempts(wanted: Sequence[Wanted], live: Live, *, force: bool) -> tuple[Attempt, ...]:
    """Return what the server must try: all that is not surely unchanged and not deferred."""
    later = deferred(wanted, live)
    return tuple(
        Attempt(one.resource, one.ref, one.body, force=force)
        for one in wanted
        if one.ref not in later and not _is_unchanged(one, live)
    )


def pod_attempts(trials: Iterable[Trial]) -> tuple[Attempt, ...]:
    """Return one pod of each tried workload's template.

    A workload passes its dry run although its pods would be refused by quota, LimitRange, Pod
    Security or a webhook: only the pod itself shows it now and not minutes later.
    """
    made = []
    for trial in trials:
        pod = pod_of_template(trial.after) if trial.after is not None else None
        if pod is not None:
            made.append(Attempt(POD, trial.ref, pod, create=True))
    return tuple(made)


def plan_apply(
    wanted: Sequence[Wanted],
    live: Live,
    trials: Iterable[Trial],
    pods: Iterable[Trial],
    *,
    cluster_uid: str,
    options: ApplyOptions,
) -> Plan:
    """Plan the apply of a bundle.

    Args:
        wanted: The objects, located, in the order of the text.
        live: What exists of them.
        trials: The server's dry run of what `attempts` named.
        pods: The dry run of one pod per workload, under the workload's ref.
        cluster_uid: Identity of the cluster.
        options: As given.

    Returns:
        One change per object, blockers for what the server refused, warnings for what could not be
        tried yet.
    """
    tried = {trial.ref: trial for trial in trials}
    later = deferred(wanted, live)
    blockers = [_blocker(one, tried[one.ref].error) for one in wanted if _refused(one, tried)]
    pods = tuple(pods)
    blockers += [_pod_blocker(trial) for trial in pods if _pod_is_refused(trial, live)]
    # What the user may not do stays in the plan: the guard of permissions names all of it at once.
    unchecked = later | {trial.ref for trial in tried.values() if trial.denied}
    changes = [
        _change(one, live.get(one.ref), tried.get(one.ref), options, one.ref in unchecked)
        for one in wanted
        if not _refused(one, tried)
    ]
    return Plan(
        operation="apply-yaml",
        planner="apply",
        cluster_uid=cluster_uid,
        options=options.model_dump(mode="json"),
        read=tuple(
            ReadObject(ref=ref, resource_version=found["metadata"]["resourceVersion"])
            for ref, found in sorted(live.items(), key=lambda entry: str(entry[0]))
        ),
        changes=tuple(changes),
        warnings=_untried(later)
        + tuple(
            f"{trial.ref}: whether its pods are admitted could not be tried, because the cluster's "
            "user may not create pods"
            for trial in pods
            if trial.denied
        ),
        blockers=tuple(blockers),
    )


def _untried(later: frozenset[ObjectRef]) -> tuple[str, ...]:
    """Return one warning for all of them: each says itself that it is checked later."""
    if not later:
        return ()
    return (
        f"{len(later)} of the objects cannot be tried before this plan made their namespace or "
        "kind; each of them is checked when its turn comes",
    )


def _change(
    one: Wanted,
    live: dict[str, Any] | None,
    trial: Trial | None,
    options: ApplyOptions,
    later: bool,
) -> Change:
    after = _as_planned(trial.after, live) if trial and trial.after else None
    before = without_managed_fields(live) if live is not None else None
    action = _action(before, after, later)
    metadata = live["metadata"] if live is not None else {}
    return Change(
        ref=one.ref.model_copy(update={"uid": metadata.get("uid")}),
        resource=one.resource,
        action=action,
        method="apply",
        step=step_of(one.ref.api_version, one.ref.kind),
        before=before,
        after=after if action in ("create", "update") else before,
        body=one.body,
        force=options.force or (trial is not None and trial.forced),
        preconditions=Preconditions(
            uid=metadata.get("uid"),
            resource_version=metadata.get("resourceVersion"),
            absent=live is None,
        ),
        risk="low" if action == "unchanged" else _RISKY.get(one.ref.kind, "low"),
        checked=not later,
        origin=one.origin,
    )


def _as_planned(tried: dict[str, Any], live: dict[str, Any] | None) -> dict[str, Any]:
    """Return what a dry run made, without what it invents anew each time it is asked.

    Two plans of the same thing must be equal, and so must their digests.
    """
    invented = {"managedFields", "resourceVersion", "generation"}
    if live is None:
        invented |= {"uid", "creationTimestamp"}
    metadata = {k: v for k, v in tried["metadata"].items() if k not in invented}
    return {**tried, "metadata": metadata}


def _action(before: dict[str, Any] | None, after: dict[str, Any] | None, later: bool) -> Action:
    if before is None:
        return "create"
    if after is None or _same(before, after):
        return "update" if later else "unchanged"
    return "update"


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return equal(comparison_form(one), comparison_form(other))


def _is_unchanged(one: Wanted, live: Live) -> bool:
    found = live.get(one.ref)
    return found is not None and is_unchanged(one.body, found)


def _refused(one: Wanted, tried: Mapping[ObjectRef, Trial]) -> bool:
    trial = tried.get(one.ref)
    return trial is not None and trial.error is not None and not trial.denied


def _blocker(one: Wanted, error: StatusError | None) -> Blocker:
    message = str(error)
    if isinstance(error, Conflict):
        message += (
            " Another manager owns these fields: leave them out of the manifest, take them over "
            "with force, or change them where that manager takes them from."
        )
    return Blocker(message=message, ref=one.ref, origin=one.origin)


def _pod_is_refused(trial: Trial, live: Live) -> bool:
    """Tell whether the pods of a workload would not be admitted.

    One pod more than a full quota holds is no reason against an update, which may replace pods: the
    guard of quotas does the sum.
    """
    if trial.error is None or trial.denied:
        return False
    return trial.ref not in live or "exceeded quota" not in str(trial.error)


def _pod_blocker(trial: Trial) -> Blocker:
    return Blocker(message=f"its pods would be refused: {trial.error}", ref=trial.ref)
