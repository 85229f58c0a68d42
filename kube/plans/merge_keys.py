"""Which list elements of two versions of an object are the same one.

The lists of the built-in kinds are known by heart; any other list is known by what the server wrote
about it in the object's managedFields, which therefore wins.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import orjson

from kube.plans.change import Object


@dataclass(frozen=True)
class Shape:
    """What is known of one place of a kind: `keys` and `is_set` of a list, then what lies below."""

    keys: tuple[str, ...] = ()
    is_set: bool = False
    fields: Mapping[str, Shape] = field(default_factory=dict)


def _map(**fields: Shape) -> Shape:
    return Shape(fields=fields)


def _list(*keys: str, **fields: Shape) -> Shape:
    return Shape(keys=keys, fields=fields)


_NOTHING = Shape()
_SET = Shape(is_set=True)
METADATA = _map(finalizers=_SET, ownerReferences=_list("uid"))
_CONTAINER = {
    "env": _list("name"),
    "ports": _list("containerPort", "protocol"),
    "resources": _map(claims=_list("name")),
    "volumeDevices": _list("devicePath"),
    "volumeMounts": _list("mountPath"),
}
_POD_SPEC = _map(
    containers=_list("name", **_CONTAINER),
    ephemeralContainers=_list("name", **_CONTAINER),
    hostAliases=_list("ip"),
    imagePullSecrets=_list("name"),
    initContainers=_list("name", **_CONTAINER),
    resourceClaims=_list("name"),
    resources=_map(claims=_list("name")),
    schedulingGates=_list("name"),
    topologySpreadConstraints=_list("topologyKey", "whenUnsatisfiable"),
    volumes=_list("name", ephemeral=_map(volumeClaimTemplate=_map(metadata=METADATA))),
)
_TEMPLATE = _map(metadata=METADATA, spec=_POD_SPEC)
_WORKLOAD = _map(spec=_map(template=_TEMPLATE))
_WEBHOOKS = _map(webhooks=_list("name", matchConditions=_list("name")))
_ADMISSION = "admissionregistration.k8s.io"

BUILT_IN: Mapping[tuple[str, str], Shape] = {
    ("", "Node"): _map(spec=_map(podCIDRs=_SET)),
    ("", "Pod"): _map(spec=_POD_SPEC),
    ("", "PodTemplate"): _map(template=_TEMPLATE),
    ("", "ReplicationController"): _WORKLOAD,
    ("", "Service"): _map(spec=_map(ports=_list("port", "protocol"))),
    ("", "ServiceAccount"): _map(secrets=_list("name")),
    (_ADMISSION, "MutatingAdmissionPolicy"): _map(spec=_map(matchConditions=_list("name"))),
    (_ADMISSION, "MutatingWebhookConfiguration"): _WEBHOOKS,
    (_ADMISSION, "ValidatingAdmissionPolicy"): _map(
        spec=_map(matchConditions=_list("name"), variables=_list("name"))
    ),
    (_ADMISSION, "ValidatingAdmissionPolicyBinding"): _map(spec=_map(validationActions=_SET)),
    (_ADMISSION, "ValidatingWebhookConfiguration"): _WEBHOOKS,
    ("apps", "DaemonSet"): _WORKLOAD,
    ("apps", "Deployment"): _WORKLOAD,
    ("apps", "ReplicaSet"): _WORKLOAD,
    ("apps", "StatefulSet"): _WORKLOAD,
    ("batch", "CronJob"): _map(
        spec=_map(jobTemplate=_map(metadata=METADATA, spec=_map(template=_TEMPLATE)))
    ),
    ("batch", "Job"): _WORKLOAD,
    ("resource.k8s.io", "ResourceClaimTemplate"): _map(spec=_map(metadata=METADATA)),
    ("storage.k8s.io", "CSIDriver"): _map(spec=_map(volumeLifecycleModes=_SET)),
    ("storage.k8s.io", "CSINode"): _map(spec=_map(drivers=_list("name"))),
}
"""The keyed lists and sets of the kinds beside their metadata and status.

Source: `x-kubernetes-list-type` and `x-kubernetes-list-map-keys` of the API server's OpenAPI v2,
Kubernetes 1.36, without lists that lie in an atomic one; a test compares it with the live server.
"""


@dataclass(frozen=True)
class Place:
    """One place in an object, from which one walks down: `child` of a map, `element` of a list."""

    shape: Shape
    owned: tuple[Mapping[str, Any], ...] = ()

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The fields that tell a list's elements apart; empty where nothing does."""
        for fields in self.owned:
            for name in fields:
                if name[:2] == "k:":
                    return tuple(orjson.loads(name[2:]))
        return self.shape.keys

    @cached_property
    def is_set(self) -> bool:
        """Whether a list is a set of values: each there or not, and only once."""
        return self.shape.is_set or any(
            name[:2] == "v:" for fields in self.owned for name in fields
        )

    @cached_property
    def is_atomic(self) -> bool:
        """Whether managers own a non-empty map here as one value, such as a selector."""
        return bool(self.owned) and not any(self.owned)

    def child(self, name: str) -> Place:
        """Return the place of a field of the map that is here."""
        return Place(self.shape.fields.get(name, _NOTHING), self._below(f"f:{name}"))

    @cached_property
    def element(self) -> Place:
        """The place of every element of the list that is here: they are all of one type."""
        below = (
            inner
            for fields in self.owned
            for name, inner in fields.items()
            if name[:2] == "k:" and inner
        )
        return Place(Shape(fields=self.shape.fields), tuple(below))

    def _below(self, name: str) -> tuple[Mapping[str, Any], ...]:
        return tuple(fields[name] for fields in self.owned if name in fields)


def place_of(*objects: Object | None) -> Place:
    """Return the place at the top of an object.

    Args:
        *objects: Versions of the same object; the managedFields of each are heeded, None is not.
    """
    known = [obj for obj in objects if obj is not None]
    if not known:
        return Place(_NOTHING)
    group = str(known[0].get("apiVersion", "")).rpartition("/")[0]
    shape = BUILT_IN.get((group, str(known[0].get("kind"))), _NOTHING)
    fields = {"metadata": METADATA, **shape.fields}
    return Place(Shape(fields=fields), tuple(_owned(known)))


def _owned(objects: Iterable[Object]) -> Iterable[Mapping[str, Any]]:
    for obj in objects:
        for entry in obj.get("metadata", {}).get("managedFields") or ():
            if entry.get("fieldsV1"):
                yield entry["fieldsV1"]
