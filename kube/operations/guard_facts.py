"""Ask the cluster what the guards judge one plan by; the plan alone tells most of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from kube.api.access import missing_permissions
from kube.api.client import ApiClient
from kube.api.live import read_live
from kube.clusters.registration import ClusterSettings
from kube.guards.deletion import takes_pods_away
from kube.guards.facts import Backend, Backends, GuardFacts
from kube.guards.foreign import INSTANCE, keeper
from kube.guards.permissions import needed_permissions
from kube.objects.conditions import is_true
from kube.objects.ref import ObjectRef
from kube.objects.workload import POD
from kube.operations.contents import contents_of
from kube.operations.listing import Denials, listed
from kube.operations.quota_facts import quota_facts
from kube.plans.plan import Plan

SERVICES = "/api/v1/namespaces/{}/services"


async def facts_of_plan(
    api: ApiClient, plan: Plan, settings: ClusterSettings, *, at: datetime, wait: bool = True
) -> GuardFacts:
    """Gather the facts of a plan; one that the user may not read is told, and stops nothing.

    Args:
        api: The cluster.
        plan: The plan to judge.
        settings: What may be done to the cluster.
        at: The time of the judgement.
        wait: Its workloads will be waited for, which takes permissions of its own.

    Raises:
        KubeError: See `kube.api.errors`; Forbidden is no error here.
    """
    denials = Denials()
    missing, contents, backends, managers, quotas = await asyncio.gather(
        missing_permissions(api, needed_permissions(plan, wait=wait)),
        contents_of(api, plan),
        _backends(api, plan, denials),
        _managers(api, plan),
        quota_facts(api, plan, denials),
    )
    return GuardFacts(
        settings=settings,
        at=at,
        missing_permissions=missing,
        contents=contents,
        backends=backends,
        managers=managers,
        unread=denials.sentences,
        quotas=quotas.quotas,
        pods_before=quotas.before,
        pods_after=quotas.after,
    )


async def _backends(api: ApiClient, plan: Plan, denials: Denials) -> tuple[Backends, ...]:
    """Read the Services of the namespaces in which workloads lose their pods."""
    places = {c.ref.namespace for c in plan.writes if takes_pods_away(c) and c.ref.namespace}
    found = await asyncio.gather(*(_backends_in(api, place, denials) for place in sorted(places)))
    return tuple(service for services in found for service in services)


async def _backends_in(api: ApiClient, namespace: str, denials: Denials) -> Iterable[Backends]:
    services, pods = await asyncio.gather(
        listed(api, SERVICES.format(namespace), f"services in {namespace}", denials),
        listed(api, POD.path(namespace), f"pods in {namespace}", denials, keep=_backend),
    )
    return [_service(service, pods) for service in services if service["spec"].get("selector")]


def _backend(pod: dict[str, Any]) -> Backend | None:
    metadata = pod["metadata"]
    if metadata.get("deletionTimestamp") or not is_true(pod, "Ready"):
        return None
    return Backend(metadata["name"], metadata.get("labels") or {})


def _service(service: dict[str, Any], pods: Iterable[Backend]) -> Backends:
    metadata, selector = service["metadata"], service["spec"]["selector"]
    return Backends(
        ref=ObjectRef(
            api_version="v1",
            kind="Service",
            name=metadata["name"],
            namespace=metadata["namespace"],
        ),
        selector=selector,
        ready=tuple(pod for pod in pods if selector.items() <= pod.labels.items()),
    )


async def _managers(api: ApiClient, plan: Plan) -> Mapping[ObjectRef, frozenset[str]]:
    """Read the field managers of objects whose labels may, or may not, be Argo CD's."""
    unclear = [
        (change.resource, change.ref)
        for change in plan.writes
        if change.before is not None
        and INSTANCE in (change.before["metadata"].get("labels") or {})
        and keeper(change.before) is None
    ]
    live = await read_live(api, unclear)
    return {ref: _managers_of(found) for ref, found in live.items()}


def _managers_of(found: dict[str, Any]) -> frozenset[str]:
    entries = found["metadata"].get("managedFields") or []
    return frozenset(str(entry.get("manager")) for entry in entries)
