"""What the cluster's user may not do, told whole where the server names one thing at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from kube.api.access import Permission, missing_permissions
from kube.api.client import ApiClient
from kube.api.errors import Forbidden, Refused
from kube.api.identity import cluster_uid
from kube.api.live import Live, Located, read_live
from kube.api.trial import Trial
from kube.guards.permissions import reading_permissions
from kube.objects.ref import ObjectRef
from kube.objects.workload import POD
from kube.planners.apply import Wanted

Needed = Mapping[ObjectRef, frozenset[Permission]]
IDENTITY = Permission("get", "namespaces", namespace="kube-system")


async def read_allowed(api: ApiClient, located: Iterable[Located]) -> tuple[str, Live]:
    """Read the identity of a cluster and the live objects of a plan that is to be made.

    Raises:
        Refused: The user may not read them; every permission that is missing is named at once.
        KubeError: See `kube.api.errors`.
    """
    wanted = list(located)
    try:
        return await cluster_uid(api), await read_live(api, wanted)
    except Forbidden as error:
        missing = await missing_permissions(api, {IDENTITY, *reading_permissions(wanted)})
        if not missing:
            raise
        named = "; ".join(str(permission) for permission in missing)
        raise Refused(
            f"The cluster's user may not read what the plan is about: {named}; nothing was changed."
        ) from error


async def mark_denied(api: ApiClient, trials: Iterable[Trial], needed: Needed) -> tuple[Trial, ...]:
    """Mark the trials that failed because the user may not do it, and not because of the object.

    Admission answers 403 too, so the server is asked about the permissions themselves.

    Args:
        api: The cluster.
        trials: What the dry runs gave.
        needed: The permissions that each of them takes.

    Raises:
        KubeError: See `kube.api.errors`.
    """
    tried = tuple(trials)
    doubtful = [trial.ref for trial in tried if isinstance(trial.error, Forbidden)]
    asked = {permission for ref in doubtful for permission in needed[ref]}
    missing = frozenset(await missing_permissions(api, asked))
    denied = {ref for ref in doubtful if needed[ref] & missing}
    return tuple(replace(trial, denied=trial.ref in denied) for trial in tried)


def apply_permissions(wanted: Iterable[Wanted], live: Live) -> Needed:
    """Return what applying each object takes: patch, and create where it does not exist."""
    new = ("patch", "create")
    return {one.ref: _of(one, ("patch",) if one.ref in live else new) for one in wanted}


def pod_permissions(wanted: Iterable[Wanted]) -> Needed:
    """Return what trying a pod of each object takes."""
    return {
        one.ref: frozenset({Permission("create", POD.plural, namespace=one.ref.namespace or "")})
        for one in wanted
    }


def _of(one: Wanted, verbs: Iterable[str]) -> frozenset[Permission]:
    place, resource = one.ref.namespace or "", one.resource
    return frozenset(Permission(verb, resource.plural, resource.group, place) for verb in verbs)
