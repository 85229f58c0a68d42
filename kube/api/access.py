from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from kube.api.client import ApiClient

_REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


@dataclass(frozen=True, order=True)
class Permission:
    """One verb on one resource; an empty namespace means all namespaces."""

    verb: str
    resource: str
    group: str = ""
    namespace: str = ""
    subresource: str = ""

    def __str__(self) -> str:
        """Return it in the words of `kubectl auth can-i`."""
        name = f"{self.resource}.{self.group}" if self.group else self.resource
        name += f"/{self.subresource}" if self.subresource else ""
        return f"{self.verb} {name} in {self.namespace or 'all namespaces'}"


async def missing_permissions(
    api: ApiClient, permissions: Iterable[Permission]
) -> tuple[Permission, ...]:
    """Ask the API server which of these the client's user does not have.

    Returns:
        The missing ones, sorted; each permission is asked once, however often it was given.

    Raises:
        KubeError: See `kube.api.errors`.
    """
    wanted = sorted(set(permissions))
    answers = await asyncio.gather(*(_allowed(api, permission) for permission in wanted))
    return tuple(p for p, allowed in zip(wanted, answers, strict=True) if not allowed)


async def _allowed(api: ApiClient, permission: Permission) -> bool:
    attributes = {
        "verb": permission.verb,
        "group": permission.group,
        "resource": permission.resource,
        "subresource": permission.subresource,
        "namespace": permission.namespace,
    }
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }
    return bool((await api.ask(_REVIEWS, review))["status"]["allowed"])
