"""Sets of objects: the parent, the members, and what of a plan keeps them true."""

from __future__ import annotations

from typing import Any

import pytest

from kube.api.errors import Refused
from kube.api.trial import Trial
from kube.objects.ref import ObjectRef
from kube.objects.resource import ResourceType
from kube.planners.apply import ApplyOptions, Wanted, attempts, plan_apply
from kube.planners.apply_set import (
    GROUP_KINDS,
    ID,
    NAMESPACES,
    PART_OF,
    TOOLING,
    ApplySet,
    FoundSet,
    Inventory,
    as_member,
    inventory_of,
    parent_body,
)
from kube.planners.prune import plan_prune, wanted_of_set
from kube.plans.plan import Plan

Object = dict[str, Any]
CONFIG_MAPS = ResourceType("", "v1", "ConfigMap", "configmaps", namespaced=True)
SECRETS = ResourceType("", "v1", "Secret", "secrets", namespaced=True)
JOBS = ResourceType("batch", "v1", "Job", "jobs", namespaced=True)
SET = ApplySet.named("configmaps/shop", "prod")


def wanted(name: str, resource: ResourceType = CONFIG_MAPS, namespace: str = "prod") -> Wanted:
    metadata = {"name": name, "namespace": namespace}
    body: Object = {"apiVersion": resource.api_version, "kind": resource.kind, "metadata": metadata}
    ref = ObjectRef(
        api_version=resource.api_version, kind=resource.kind, name=name, namespace=namespace
    )
    return Wanted(resource, ref, body, "document 1, line 1")


def member(
    name: str, resource: ResourceType = CONFIG_MAPS, label: str = SET.id, **metadata: Any
) -> tuple[ResourceType, Object]:
    fields: Object = {"name": name, "namespace": "prod", "uid": f"u-{name}", "resourceVersion": "7"}
    fields |= {"labels": {PART_OF: label}, **metadata}
    return resource, {
        "apiVersion": resource.api_version,
        "kind": resource.kind,
        "metadata": fields,
    }


def parent(*kinds: tuple[str, str], **metadata: Any) -> Object:
    """Return a live parent whose inventory names these groups and kinds."""
    body = parent_body(SET, Inventory(frozenset(kinds), frozenset({"prod"})))
    body["metadata"] |= {"uid": "u-parent", "resourceVersion": "7", **metadata}
    return body


def pruned(found: FoundSet, *names: Wanted, live: tuple[Object, ...] = ()) -> Plan:
    """Return the plan of applying objects as a set; what is tried comes out as it is sent."""
    members = wanted_of_set(names, found)
    read = {
        one.ref: obj
        for one in members
        for obj in (*live, *([found.parent] if found.parent else []))
        if (obj["kind"], obj["metadata"]["name"]) == (one.ref.kind, one.ref.name)
    }
    trials = [
        Trial(one.ref, _merged(one.body, read.get(one.ref)))
        for one in attempts(members, read, force=False)
    ]
    plan = plan_apply(members, read, trials, (), cluster_uid="c", options=ApplyOptions())
    return plan_prune(plan, found, members, read)


def _merged(body: Object, live: Object | None) -> Object:
    metadata = live["metadata"] if live else {}
    return {**body, "metadata": {**metadata, **body["metadata"]}}


def deletions(plan: Plan) -> list[str]:
    return [change.ref.name for change in plan.writes if change.action == "delete"]


def test_the_id_is_that_of_kubectl() -> None:
    """Source: kubectl pkg/cmd/apply/apply_test.go, Secret my-set in test."""
    known = "applyset-0eFHV8ySqp7XoShsGvyWFQD3s96yqwHmzc4e0HR1dsY-v1"
    assert ApplySet.named("my-set", "test").id == known
    assert ApplySet.named("shop", "prod").ref.kind == "Secret"


def test_an_inventory_is_read_as_it_was_written() -> None:
    inventory = Inventory(frozenset({("", "Secret"), ("batch", "Job")}), frozenset({"prod", "b"}))
    body = parent_body(SET, inventory)
    assert body["metadata"]["annotations"] == {
        TOOLING: "capstan/v1",
        GROUP_KINDS: "Job.batch,Secret",
        NAMESPACES: "b",
    }
    assert body["metadata"]["labels"] == {ID: SET.id}
    assert inventory_of(SET, body) == inventory


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"annotations": {}}, "is no parent of an ApplySet"),
        ({"annotations": {TOOLING: "kubectl/v1.36"}}, "is managed by kubectl/v1.36"),
        ({"annotations": {TOOLING: "capstan/v1"}}, "has lost its annotation"),
        ({"labels": {ID: "applyset-x-v1"}}, "that is not its own"),
    ],
)
def test_a_parent_that_is_not_ours_is_refused(change: Object, told: str) -> None:
    with pytest.raises(Refused, match=told):
        inventory_of(SET, parent(**change))


def test_a_manifest_that_names_another_set_is_refused() -> None:
    body = {"kind": "ConfigMap", "metadata": {"name": "a", "labels": {PART_OF: "other"}}}
    with pytest.raises(Refused, match="of another set"):
        as_member(body, SET)


def test_applying_nothing_is_no_way_to_delete_a_set() -> None:
    with pytest.raises(Refused, match="delete the set by its name"):
        wanted_of_set((), FoundSet(SET))


def test_only_members_that_nobody_wants_are_deleted_after_all_that_is_applied() -> None:
    owners = [{"controller": True, "kind": "Job", "name": "x"}]
    found = FoundSet(
        SET,
        parent(("", "ConfigMap"), ("batch", "Job")),
        inventory_of(SET, parent(("", "ConfigMap"), ("batch", "Job"))),
        (
            member("kept"),
            member("left"),
            member("job", JOBS),
            member("foreign", label="applyset-other-v1"),
            member("owned", ownerReferences=owners),
            member("ends", deletionTimestamp="2026-01-01T00:00:00Z"),
        ),
    )
    plan = pruned(found, wanted("kept"), wanted("new", SECRETS))
    assert deletions(plan) == ["job", "left"]
    applied = [change for change in plan.writes if change.method == "apply"]
    order = [change.ref.name for change in plan.writes]
    assert order[0] == "shop"
    assert set(order[1:3]) == {"new", "kept"}
    assert order[3:] == ["job", "left", "shop"]
    bodies = [change.body["metadata"]["annotations"] for change in applied if _is_parent(change)]
    assert [body[GROUP_KINDS] for body in bodies] == [
        "ConfigMap,Job.batch,Secret",
        "ConfigMap,Secret",
    ]


def test_a_member_is_known_in_another_version_of_its_kind() -> None:
    beta = ResourceType("batch", "v1beta1", "Job", "jobs", namespaced=True)
    found = FoundSet(SET, parent(("batch", "Job")), members=(member("a", beta),))
    assert deletions(pruned(found, wanted("a", JOBS))) == []


def test_the_namespaces_of_members_outside_of_the_parents_are_in_its_inventory() -> None:
    plan = pruned(FoundSet(SET), wanted("a"), wanted("b", namespace="stage"))
    (change,) = [change for change in plan.writes if _is_parent(change)]
    assert change.body["metadata"]["annotations"][NAMESPACES] == "stage"
    assert change.action == "create"


def test_a_set_that_needs_no_wider_inventory_is_written_once() -> None:
    live = parent(("", "ConfigMap"), ("batch", "Job"))
    found = FoundSet(SET, live, inventory_of(SET, live), (member("job", JOBS),))
    plan = pruned(found, wanted("a"))
    parents = [change for change in plan.changes if _is_parent(change)]
    assert [change.body["metadata"]["annotations"][GROUP_KINDS] for change in parents] == [
        "ConfigMap"
    ]
    assert plan.writes[-1] is parents[0]


def test_a_member_of_another_set_is_a_blocker() -> None:
    _, other = member("a", label="applyset-other-v1")
    plan = pruned(FoundSet(SET), wanted("a"), live=(other,))
    assert "member of another ApplySet (applyset-other-v1)" in str(plan.blockers[0])


def _is_parent(change: Any) -> bool:
    return bool(change.ref.name == "shop" and change.method == "apply")
