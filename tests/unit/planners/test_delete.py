"""The plan of deleting objects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kube.objects.ref import ObjectRef
from kube.objects.resource import ResourceType
from kube.planners.delete import DeleteOptions, Target, plan_delete
from kube.plans.plan import Plan

Object = dict[str, Any]
TYPES = {
    "Namespace": ResourceType("", "v1", "Namespace", "namespaces", namespaced=False),
    "ConfigMap": ResourceType("", "v1", "ConfigMap", "configmaps", namespaced=True),
    "Pod": ResourceType("", "v1", "Pod", "pods", namespaced=True),
    "Deployment": ResourceType("apps", "v1", "Deployment", "deployments", namespaced=True),
}


def target(kind: str, name: str, uid: str | None = None) -> Target:
    resource = TYPES[kind]
    namespace = "shop" if resource.namespaced else None
    ref = ObjectRef(
        api_version=resource.api_version, kind=kind, name=name, namespace=namespace, uid=uid
    )
    return Target(resource, ref, "It was named.")


def live(one: Target, **metadata: Any) -> Object:
    fields = {"name": one.ref.name, "uid": f"u-{one.ref.name}", "resourceVersion": "7"}
    fields |= {"managedFields": []} | metadata
    return {"apiVersion": one.ref.api_version, "kind": one.ref.kind, "metadata": fields}


def planned(found: Mapping[Target, Object | None], **options: Any) -> Plan:
    return plan_delete(
        list(found),
        {one.ref: obj for one, obj in found.items() if obj is not None},
        cluster_uid="c",
        options=DeleteOptions(**options),
    )


def plan_one(one: Target, obj: Object | None, **options: Any) -> Plan:
    return planned({one: obj}, **options)


def test_what_was_applied_last_is_deleted_first() -> None:
    kinds = ("Namespace", "ConfigMap", "Deployment")
    found = {one: live(one) for one in (target(kind, kind.lower()) for kind in kinds)}
    plan = planned(found)
    assert [change.ref.kind for change in plan.writes] == ["Deployment", "ConfigMap", "Namespace"]
    assert len({change.step for change in plan.writes}) == 3


def test_a_deletion_is_of_the_object_that_was_read_and_keeps_its_image() -> None:
    one = target("ConfigMap", "a")
    (change,) = plan_one(one, live(one), propagation="Orphan").changes
    assert change.preconditions.uid == change.ref.uid == "u-a"
    assert change.propagation == "Orphan"
    assert change.reversible == "recreate"
    assert "new uid" in change.reason
    assert change.before is not None
    assert "managedFields" not in change.before["metadata"]


def test_what_does_not_exist_is_unchanged_or_a_blocker_if_asked() -> None:
    plan = plan_one(target("ConfigMap", "a"), None)
    assert (plan.writes, plan.blockers) == ((), ())
    assert plan.changes[0].reason == "already gone: it does not exist"
    strict = plan_one(target("ConfigMap", "a"), None, missing="error")
    assert "it does not exist" in str(strict.blockers[0])


def test_another_object_of_the_same_name_stays() -> None:
    one = target("ConfigMap", "a", uid="u-first")
    (change,) = plan_one(one, live(one)).changes
    assert not change.writes
    assert "another object has its name" in change.reason


def test_an_object_named_twice_is_deleted_once() -> None:
    one, same = target("ConfigMap", "a"), target("Pod", "a")
    plan = planned({one: live(one), same: live(one)})
    assert len(plan.changes) == 1


def test_owner_finalizers_and_a_deletion_under_way_are_told() -> None:
    pod, held, ends = target("Pod", "p"), target("ConfigMap", "h"), target("ConfigMap", "e")
    owner = {"controller": True, "kind": "ReplicaSet", "name": "web"}
    plan = planned(
        {
            pod: live(pod, ownerReferences=[owner]),
            held: live(held, finalizers=["example.com/hold"]),
            ends: live(ends, deletionTimestamp="2026-01-01T00:00:00Z", finalizers=["x/y"]),
        }
    )
    told = "\n".join(plan.warnings)
    assert "Pod shop/p belongs to ReplicaSet web, which makes it anew" in told
    assert "ConfigMap shop/h goes only when the owner of finalizer example.com/hold" in told
    assert "ConfigMap shop/e is already being deleted, and held by finalizer x/y" in told
    assert [change.ref.name for change in plan.writes] == ["p", "h"]
