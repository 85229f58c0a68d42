"""The quotas of a plan's namespaces, and its pods as admission would make them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from kube.api.client import ApiClient
from kube.api.trial import Attempt, try_all
from kube.guards.quota import desired
from kube.objects.ref import ObjectRef
from kube.objects.workload import POD, pod_of_template
from kube.operations.listing import Denials, listed
from kube.plans.change import Object
from kube.plans.plan import Plan
from kube.resources.limit_range import with_defaults

CORE = "/api/v1/namespaces/{}/{}"
Pods = Mapping[ObjectRef, Object]


@dataclass(frozen=True)
class QuotaFacts:
    """ResourceQuotas, and one pod of each workload before and after the plan."""

    quotas: tuple[Object, ...] = ()
    before: Pods = field(default_factory=dict, repr=False)
    after: Pods = field(default_factory=dict, repr=False)


async def quota_facts(api: ApiClient, plan: Plan, denials: Denials) -> QuotaFacts:
    """Read the quotas of the namespaces in which a plan writes, and try its pods where there are.

    Raises:
        KubeError: See `kube.api.errors`; Forbidden is no error here.
    """
    growing = [change for change in plan.writes if change.action != "delete"]
    places = {change.ref.namespace or "" for change in growing} - {""}
    quotas = await _lists(api, places, "resourcequotas", denials)
    limited = {str(quota["metadata"]["namespace"]) for quota in quotas}
    limited |= {c.ref.namespace or "" for c in growing if c.ref.kind == "ResourceQuota"}
    if not limited:
        return QuotaFacts()
    limits = await _lists(api, limited, "limitranges", denials)
    limits += [found for c in growing if c.ref.kind == "LimitRange" and (found := desired(c))]
    changes = [change for change in plan.writes if change.ref.namespace in limited]
    before = {change.ref: pod for change in changes if (pod := _pod(change.before, change.ref))}
    after = {change.ref: pod for change in changes if (pod := _pod(desired(change), change.ref))}
    replaced = {ref: pod for ref, pod in before.items() if pod != after.get(ref)}
    made = await _admitted(api, after, limits)
    gone = await _admitted(api, replaced, limits)
    return QuotaFacts(
        quotas=tuple(quotas),
        before={ref: gone.get(ref) or made[ref] for ref in before},
        after=made,
    )


async def _lists(
    api: ApiClient, places: Iterable[str], plural: str, denials: Denials
) -> list[Object]:
    """Read the objects of a kind in these namespaces."""
    found = await asyncio.gather(
        *(
            listed(api, CORE.format(place, plural), f"{plural} in {place}", denials)
            for place in sorted(places)
        )
    )
    return [each for some in found for each in some]


def _pod(workload: Object | None, ref: ObjectRef) -> Object | None:
    if workload is None:
        return None
    placed = {**workload, "metadata": {**workload["metadata"], "namespace": ref.namespace}}
    return placed if ref.kind == "Pod" else pod_of_template(placed)


async def _admitted(api: ApiClient, pods: Pods, limits: Iterable[Object]) -> Pods:
    """Return the pods as the server's dry run makes them.

    One that is refused, for a quota is full or the user may not create pods, has the defaults of
    the LimitRanges of its namespace.
    """
    ranges = list(limits)
    attempts = [
        Attempt(POD, ref, pod, create=True) for ref, pod in pods.items() if ref.kind != "Pod"
    ]
    tried = {trial.ref: trial.after for trial in await try_all(api, attempts)}
    return {
        ref: tried.get(ref) or with_defaults(pod, [r for r in ranges if _is_in(r, ref.namespace)])
        for ref, pod in pods.items()
    }


def _is_in(found: Object, namespace: str | None) -> bool:
    return bool(found["metadata"].get("namespace", namespace) == namespace)
