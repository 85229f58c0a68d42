"""Unchanged is what the manager owns exactly and is live already; all else is for the dry run.

The objects are real: what Kubernetes 1.36 made of them by server-side apply.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from kube.plans.ownership import is_unchanged, without_string_data
from tests.unit.plans.samples import APPLIED, Object, applied

Edit = Callable[[Object], Any]


def pod(obj: Object) -> Object:
    spec: Object = obj["spec"]["template"]["spec"]
    return spec


def web(obj: Object) -> Object:
    found: Object = next(c for c in pod(obj)["containers"] if c["name"] == "web")
    return found


def entry(live: Object) -> Object:
    found: Object = live["metadata"]["managedFields"][0]
    return found


@pytest.mark.parametrize("kind", APPLIED)
def test_what_was_applied_is_unchanged(kind: str) -> None:
    assert is_unchanged(*applied(kind))


DESIRED: dict[str, Edit] = {
    "a leaf": lambda d: d["spec"].update(replicas=3),
    "a leaf of another type": lambda d: d["spec"].update(replicas="2"),
    "a number that is a boolean": lambda d: d["spec"].update(replicas=True),
    "a null": lambda d: d["spec"].update(replicas=None),
    "a field more": lambda d: d["spec"].update(paused=False),
    "a field less": lambda d: d["spec"].pop("replicas"),
    "an empty map more": lambda d: d["spec"].update(strategy={}),
    "a map that is a text": lambda d: d["spec"].update(template="x"),
    "a label": lambda d: d["metadata"]["labels"].update(a="b"),
    "no labels": lambda d: d["metadata"].pop("labels"),
    "empty labels": lambda d: d["metadata"].update(labels={}),
    "an annotation": lambda d: d["metadata"].update(annotations={"a": "b"}),
    "an owner": lambda d: d["metadata"].update(ownerReferences=[{"uid": "u"}]),
    "a member of a set more": lambda d: d["metadata"]["finalizers"].append("a/b"),
    "a member of a set less": lambda d: d["metadata"]["finalizers"].pop(),
    "a member of a set twice": lambda d: d["metadata"].update(
        finalizers=["capstan.invalid/first"] * 2
    ),
    "a set in another order": lambda d: d["metadata"]["finalizers"].reverse(),
    "a set with a number": lambda d: d["metadata"]["finalizers"].append(1),
    "another name": lambda d: d["metadata"].update(name="other"),
    "another namespace": lambda d: d["metadata"].update(namespace="other"),
    "another version": lambda d: d.update(apiVersion="apps/v1beta1"),
    "another kind": lambda d: d.update(kind="StatefulSet"),
    "a resourceVersion": lambda d: d["metadata"].update(resourceVersion="1"),
    "a creation time": lambda d: d["metadata"].update(creationTimestamp="2026-01-01T00:00:00Z"),
    "an atomic map": lambda d: d["spec"]["selector"]["matchLabels"].update(a="b"),
    "an atomic list": lambda d: web(d)["args"].append("-y"),
    "an atomic list in another order": lambda d: web(d)["args"].reverse(),
    "an atomic element": lambda d: pod(d)["imagePullSecrets"][0].update(name="other"),
    "an element more": lambda d: pod(d)["containers"].append({"name": "c", "image": "c"}),
    "an element less": lambda d: pod(d)["containers"].pop(),
    "an element twice": lambda d: pod(d)["containers"].append(web(d)),
    "an element instead of another": lambda d: pod(d).update(containers=[web(d), web(d)]),
    "an element without its key": lambda d: web(d).pop("name"),
    "an element that is a text": lambda d: pod(d).update(containers=["web", "side"]),
    "elements in another order": lambda d: pod(d)["containers"].reverse(),
    "an element with another key": lambda d: web(d)["ports"][0].update(containerPort=81),
    "an element without one of its keys": lambda d: web(d)["ports"][1].pop("containerPort"),
    "a defaulted key that is written": lambda d: web(d)["ports"][0].update(protocol="TCP"),
    "a written key that is left out": lambda d: web(d)["ports"][1].pop("protocol"),
    "a key that is a map": lambda d: web(d)["ports"][0].update(containerPort={}),
    "a quantity spelled otherwise": lambda d: web(d)["resources"]["requests"].update(cpu="0.1"),
    "the field of an element": lambda d: web(d)["env"][0].update(value="3"),
    "an empty map that is not empty": lambda d: pod(d)["volumes"][0].update(emptyDir={"a": "b"}),
}
LIVE: dict[str, Edit] = {
    "a leaf": lambda v: v["spec"].update(replicas=3),
    "a leaf that is gone": lambda v: v["spec"].pop("replicas"),
    "an element that is gone": lambda v: pod(v)["containers"].remove(web(v)),
    "elements in another order": lambda v: pod(v)["containers"].reverse(),
    "a list that is gone": lambda v: pod(v).pop("containers"),
    "a member of a set that is gone": lambda v: v["metadata"]["finalizers"].pop(),
    "a set in another order": lambda v: v["metadata"]["finalizers"].reverse(),
    "an atomic map with more": lambda v: v["spec"]["selector"].update(matchExpressions=[]),
    "the same element twice": lambda v: pod(v)["containers"].append(web(v)),
    "an entry of another manager": lambda v: entry(v).update(manager="kubectl"),
    "an entry of another operation": lambda v: entry(v).update(operation="Update"),
    "an entry of a subresource": lambda v: entry(v).update(subresource="scale"),
    "an entry of another version": lambda v: entry(v).update(apiVersion="apps/v1beta2"),
    "two entries": lambda v: v["metadata"]["managedFields"].append(entry(v)),
    "an entry without fields": lambda v: entry(v).pop("fieldsV1"),
    "no entry": lambda v: v["metadata"].pop("managedFields"),
    "a field more that is ours": lambda v: entry(v)["fieldsV1"]["f:spec"].update({"f:paused": {}}),
    "an index that is ours": lambda v: entry(v)["fieldsV1"].update({"f:spec": {"i:0": {}}}),
}


@pytest.mark.parametrize("edit", DESIRED.values(), ids=DESIRED)
def test_another_desired_object_goes_to_the_dry_run(edit: Edit) -> None:
    desired, live = applied("Deployment")
    edit(desired)
    assert not is_unchanged(desired, live)


@pytest.mark.parametrize("edit", LIVE.values(), ids=LIVE)
def test_another_live_object_goes_to_the_dry_run(edit: Edit) -> None:
    desired, live = applied("Deployment")
    edit(live)
    assert not is_unchanged(desired, live)


STILL: dict[str, tuple[Edit, Edit]] = {
    "the namespace is written": (
        lambda d: d["metadata"].update(namespace="shop"),
        lambda v: None,
    ),
    "a creation time of null is written, as kubectl does": (
        lambda d: d["metadata"].update(creationTimestamp=None),
        lambda v: None,
    ),
    "a status is written, which is a subresource": (
        lambda d: d.update(status={"replicas": 9}),
        lambda v: None,
    ),
    "others have more fields": (lambda d: None, lambda v: v["spec"].update(paused=True)),
    "others have more elements": (
        lambda d: None,
        lambda v: pod(v)["containers"].insert(0, {"name": "zero"}),
    ),
    "others have more members of a set": (
        lambda d: None,
        lambda v: v["metadata"]["finalizers"].insert(1, "capstan.invalid/between"),
    ),
    "the status changes": (lambda d: None, lambda v: v.update(status={"replicas": 9})),
}


@pytest.mark.parametrize(("of_desired", "of_live"), STILL.values(), ids=STILL)
def test_it_is_unchanged_although(of_desired: Edit, of_live: Edit) -> None:
    desired, live = applied("Deployment")
    of_desired(desired)
    of_live(live)
    assert is_unchanged(desired, live)


def test_no_entry_is_the_empty_set_of_fields() -> None:
    desired, live = applied("ServiceAccount")
    assert "managedFields" not in live["metadata"]
    assert is_unchanged(desired, live)
    assert not is_unchanged({**desired, "automountServiceAccountToken": False}, live)


def test_the_status_of_a_custom_resource_is_for_the_server_to_judge() -> None:
    desired, live = applied("Queue")
    assert not is_unchanged({**desired, "status": {}}, live)


def test_another_manager_owns_nothing_of_it() -> None:
    desired, live = applied("Secret")
    assert not is_unchanged(desired, live, "somebody-else")


def test_string_data_counts_as_data() -> None:
    desired, live = applied("Secret")
    texts = {"user": "shop", "config": "a: 1\n"}
    written = {**desired, "stringData": texts}
    del written["data"]
    before = copy.deepcopy(written)
    assert is_unchanged(written, live)
    assert written == before
    assert not is_unchanged({**written, "stringData": texts | {"user": "other"}}, live)


@pytest.mark.parametrize(
    ("given", "returned"),
    [
        ({"stringData": {"a": "x"}}, {"data": {"a": "eA=="}}),
        (
            {"stringData": {"a": "x"}, "data": {"a": "b", "b": "Yg=="}},
            {"data": {"a": "eA==", "b": "Yg=="}},
        ),
        ({"stringData": {}}, {}),
        ({"stringData": {"a": 1}}, {"stringData": {"a": 1}}),
        ({"stringData": None}, {"stringData": None}),
        ({"data": {"a": "eA=="}}, {"data": {"a": "eA=="}}),
    ],
)
def test_string_data_is_stored_as_data(given: Object, returned: Object) -> None:
    secret = {"apiVersion": "v1", "kind": "Secret"}
    assert without_string_data({**secret, **given}) == {**secret, **returned}
    other = {"apiVersion": "example.com/v1", "kind": "Secret", **given}
    assert without_string_data(other) == other
