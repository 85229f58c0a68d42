"""Apply manifests: read, try, plan. What is planned here is carried out by `kube.execution`."""

from __future__ import annotations

from collections.abc import Sequence

from kube.api.client import ApiClient
from kube.api.discovery import Discovery
from kube.api.trial import try_all
from kube.manifests.documents import Document
from kube.manifests.namespaces import place, with_defined
from kube.operations.apply_set import apply_set_of, read_apply_set
from kube.operations.rights import (
    apply_permissions,
    mark_denied,
    pod_permissions,
    read_allowed,
)
from kube.planners.apply import ApplyOptions, Wanted, attempts, plan_apply, pod_attempts
from kube.planners.prune import plan_prune, wanted_of_set
from kube.plans.plan import Plan


async def plan_of_apply(
    api: ApiClient, documents: Sequence[Document], options: ApplyOptions
) -> Plan:
    """Read and try what a plan needs, and make it; nothing is written.

    Args:
        api: The cluster.
        documents: The objects to apply.
        options: How.

    Raises:
        InvalidManifest: Unknown kinds, missing or mixed namespaces, an object twice.
        Refused: The user may not read the objects, or the ApplySet is another tool's or cannot be
            told.
        KubeError: See `kube.api.errors`.
    """
    discovery = Discovery(api)
    lookup = with_defined(documents, await discovery.lookup())
    placed = place(
        documents,
        lookup,
        namespace=options.namespace,
        allow_mixed=options.allow_mixed_namespaces,
    )
    wanted = tuple(
        Wanted.of(document, resource)
        for document in placed
        if (resource := lookup(document.ref.api_version, document.ref.kind)) is not None
    )
    found = None
    if options.apply_set:
        apply_set = apply_set_of(options.apply_set, options.namespace, wanted)
        found = await read_apply_set(api, discovery, apply_set)
        wanted = wanted_of_set(wanted, found)
    uid, live = await read_allowed(api, ((one.resource, one.ref) for one in wanted))
    trials = await try_all(api, attempts(wanted, live, force=options.force))
    trials = await mark_denied(api, trials, apply_permissions(wanted, live))
    pods = await try_all(api, pod_attempts(trials))
    pods = await mark_denied(api, pods, pod_permissions(wanted))
    plan = plan_apply(wanted, live, trials, pods, cluster_uid=uid, options=options)
    return plan if found is None else plan_prune(plan, found, wanted, live)
