"""What a cluster's user must be allowed to do, per level of what Capstan is used for.

`deployments/rbac/` grants exactly these; a test holds the two against each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from kube.api.access import Permission

CapabilityLevel = Literal["read", "operate", "admin"]

_READ_VERBS = ("get", "list", "watch")
_WRITE_VERBS = ("create", "patch", "delete")

# (group, resource): cluster-scoped first, since those need no namespace.
_CLUSTER_READ = (
    ("", "nodes"),
    ("", "namespaces"),
    ("", "persistentvolumes"),
    ("storage.k8s.io", "storageclasses"),
    ("metrics.k8s.io", "nodes"),
)
_NAMESPACED_READ = (
    ("", "pods"),
    ("", "events"),
    ("", "services"),
    ("", "configmaps"),
    ("", "persistentvolumeclaims"),
    ("", "resourcequotas"),
    ("", "limitranges"),
    ("apps", "deployments"),
    ("apps", "statefulsets"),
    ("apps", "daemonsets"),
    ("apps", "replicasets"),
    ("batch", "jobs"),
    ("batch", "cronjobs"),
)
_NAMESPACED_WRITE = (
    ("", "configmaps"),
    ("", "secrets"),
    ("", "services"),
    ("", "serviceaccounts"),
    ("", "persistentvolumeclaims"),
    ("", "resourcequotas"),
    ("", "limitranges"),
    ("apps", "deployments"),
    ("apps", "statefulsets"),
    ("apps", "daemonsets"),
    ("batch", "jobs"),
    ("batch", "cronjobs"),
    ("networking.k8s.io", "ingresses"),
    ("networking.k8s.io", "networkpolicies"),
)


def needed_permissions(
    level: CapabilityLevel, namespaces: Iterable[str] = ()
) -> frozenset[Permission]:
    """Return the permissions that a capability level needs.

    Args:
        level: `read` measures and reports, `operate` also changes workloads and their
            configuration, `admin` does everything.
        namespaces: The only namespaces to work in; empty means all.
    """
    return frozenset(_permissions(level, tuple(namespaces) or ("",)))


def _permissions(level: CapabilityLevel, namespaces: tuple[str, ...]) -> Iterator[Permission]:
    if level == "admin":
        yield Permission("*", "*", "*")
        return
    for group, resource in _CLUSTER_READ:
        verbs = ("get", "list") if group == "metrics.k8s.io" else _READ_VERBS
        for verb in verbs:
            yield Permission(verb, resource, group)
    for namespace in namespaces:
        for group, resource in _NAMESPACED_READ:
            for verb in _READ_VERBS:
                yield Permission(verb, resource, group, namespace)
        if level == "operate":
            yield from _writes(namespace)
    if level == "operate":
        yield Permission("patch", "nodes")


def _writes(namespace: str) -> Iterator[Permission]:
    for group, resource in _NAMESPACED_WRITE:
        for verb in (*_READ_VERBS, *_WRITE_VERBS):
            yield Permission(verb, resource, group, namespace)
    yield Permission("delete", "pods", "", namespace)
    yield Permission("create", "pods", "", namespace, "eviction")
