"""Plans and facts as short as a test of a guard needs them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from kube.clusters.registration import ClusterSettings
from kube.guards.facts import GuardFacts
from kube.objects.ref import ObjectRef
from kube.objects.resource import ResourceType
from kube.plans.change import Action, Change, Method
from kube.plans.plan import Plan

Object = dict[str, Any]
NOW = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)  # a Friday
_GROUPS = {"Deployment": "apps", "StatefulSet": "apps", "DaemonSet": "apps", "Job": "batch"}
_CLUSTER = {"Namespace", "PersistentVolume", "CustomResourceDefinition"}
_METHODS: dict[Action, Method] = {"delete": "delete", "create": "apply", "update": "apply"}


def obj(kind: str, name: str = "web", namespace: str = "shop", **fields: Any) -> Object:
    """Return an object; labels and annotations go into its metadata."""
    group = _GROUPS.get(kind)
    metadata: Object = {"name": name}
    if kind not in _CLUSTER:
        metadata["namespace"] = namespace
    for field in ("labels", "annotations"):
        if field in fields:
            metadata[field] = fields.pop(field)
    version = f"{group}/v1" if group else "v1"
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **fields}


def ref_of(found: Object) -> ObjectRef:
    """Return the ref of an object."""
    metadata = found["metadata"]
    return ObjectRef(
        api_version=found["apiVersion"],
        kind=found["kind"],
        name=metadata["name"],
        namespace=metadata.get("namespace"),
    )


def change(before: Object | None, after: Object | None, **more: Any) -> Change:
    """Return the change from one state of an object to another; None is no object."""
    found = before or after or {}
    action: Action = "update" if before and after else "create" if after else "delete"
    ref, kind = ref_of(found), found["kind"]
    group = _GROUPS.get(kind, "")
    resource = ResourceType(group, "v1", kind, f"{kind.lower()}s", kind not in _CLUSTER)
    given = {"method": _METHODS[action], "step": 0, "body": after, **more}
    return Change(ref=ref, resource=resource, action=action, before=before, after=after, **given)


def plan(*changes: Change, **more: Any) -> Plan:
    """Return the plan of these changes."""
    return Plan(operation="test", planner="test", cluster_uid="c", changes=changes, **more)


def facts(settings: ClusterSettings | None = None, **more: Any) -> GuardFacts:
    """Return facts with these settings; Friday noon, unless another time is given."""
    return GuardFacts(**{"settings": settings or ClusterSettings(), "at": NOW, **more})
