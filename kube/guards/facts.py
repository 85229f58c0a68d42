"""What the guards judge a plan by, beside the plan; `kube.operations.guard_facts` gathers it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from kube.api.access import Permission
from kube.clusters.registration import ClusterSettings
from kube.guards.ruling import Ruling
from kube.objects.ref import ObjectRef
from kube.plans.change import Object
from kube.plans.plan import Plan


@dataclass(frozen=True)
class Backend:
    """A pod that is ready to answer for a Service."""

    name: str
    labels: Mapping[str, str]


@dataclass(frozen=True)
class Backends:
    """A Service with a selector, and the pods that are ready behind it now."""

    ref: ObjectRef
    selector: Mapping[str, str]
    ready: tuple[Backend, ...]


@dataclass(frozen=True)
class GuardFacts:
    """Settings, time, and what was asked of the cluster for one plan.

    `contents` counts by kind what goes with a Namespace or CustomResourceDefinition and is not
    named by the plan; None where it could not be read. `managers` are the field managers of
    objects whose labels do not say for sure who keeps them. `unread` names what the cluster's user
    may not read, so that guards that need it saw nothing. `quotas` are the ResourceQuotas of the
    plan's namespaces; `pods_before` and `pods_after` are one pod of each workload as admission
    makes it, where there is a quota.
    """

    settings: ClusterSettings
    at: datetime
    missing_permissions: tuple[Permission, ...] = ()
    contents: Mapping[ObjectRef, Mapping[str, int] | None] = field(default_factory=dict)
    backends: tuple[Backends, ...] = ()
    managers: Mapping[ObjectRef, frozenset[str]] = field(default_factory=dict)
    unread: tuple[str, ...] = ()
    quotas: tuple[Object, ...] = ()
    pods_before: Mapping[ObjectRef, Object] = field(default_factory=dict, repr=False)
    pods_after: Mapping[ObjectRef, Object] = field(default_factory=dict, repr=False)


Guard = Callable[[Plan, GuardFacts], Iterable[Ruling]]
