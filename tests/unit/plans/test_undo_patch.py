"""The patch puts back what a change touched, exactly, and nothing that anybody else did."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kube.plans.inverse import undo_patch
from kube.plans.json_patch import is_testable
from kube.plans.judgement import judge
from kube.plans.normal import comparison_form
from tests.unit.plans.samples import Object, applied, deployment, deployments, patched, pods

VERSION = {"op": "test", "path": "/metadata/resourceVersion", "value": "7"}
CONTAINERS = "/spec/template/spec/containers"
A, B, C = ({"name": name, "image": f"{name}:1"} for name in "abc")

PATCHES: list[tuple[str, Object, Object, list[Object]]] = [
    ("nothing changed", deployment(replicas=1), deployment(replicas=1), []),
    (
        "a leaf",
        deployment(replicas=1),
        deployment(replicas=2),
        [
            {"op": "test", "path": "/spec/replicas", "value": 2},
            {"op": "replace", "path": "/spec/replicas", "value": 1},
        ],
    ),
    (
        "a map that came goes whole",
        deployment(),
        deployment(strategy={"type": "Recreate"}),
        [
            {"op": "test", "path": "/spec/strategy", "value": {"type": "Recreate"}},
            {"op": "remove", "path": "/spec/strategy"},
        ],
    ),
    (
        "a map that went comes whole",
        deployment(strategy={"type": "Recreate"}),
        deployment(),
        [{"op": "add", "path": "/spec/strategy", "value": {"type": "Recreate"}}],
    ),
    (
        "a container is changed where it is",
        deployment(template=pods(A, B)),
        deployment(template=pods(A, {**B, "image": "b:2"})),
        [
            {"op": "test", "path": f"{CONTAINERS}/1/image", "value": "b:2"},
            {"op": "replace", "path": f"{CONTAINERS}/1/image", "value": "b:1"},
        ],
    ),
    (
        "containers come back where they were",
        deployment(template=pods(A, B, C)),
        deployment(template=pods(B)),
        [
            {"op": "add", "path": f"{CONTAINERS}/0", "value": A},
            {"op": "add", "path": f"{CONTAINERS}/2", "value": C},
        ],
    ),
    (
        "containers that came go, the last first",
        deployment(template=pods(B)),
        deployment(template=pods(A, B, C)),
        [
            {"op": "test", "path": f"{CONTAINERS}/0", "value": A},
            {"op": "test", "path": f"{CONTAINERS}/2", "value": C},
            {"op": "remove", "path": f"{CONTAINERS}/2"},
            {"op": "remove", "path": f"{CONTAINERS}/0"},
        ],
    ),
    (
        "another order is one value",
        deployment(template=pods(A, B)),
        deployment(template=pods(B, A)),
        [
            {"op": "test", "path": CONTAINERS, "value": [B, A]},
            {"op": "replace", "path": CONTAINERS, "value": [A, B]},
        ],
    ),
    (
        "a text that the server spells otherwise is not tested",
        deployment(expression="a < b"),
        deployment(expression="a > b"),
        [{"op": "replace", "path": "/spec/expression", "value": "a < b"}],
    ),
]


@pytest.mark.parametrize(
    ("before", "after", "operations"), [p[1:] for p in PATCHES], ids=[p[0] for p in PATCHES]
)
def test_the_patch_is_the_smallest(before: Object, after: Object, operations: list[Object]) -> None:
    patch = undo_patch(after, before, after)
    assert patch == ([VERSION, *operations] if operations else [])
    assert comparison_form(patched(after, patch)) == comparison_form(before)


def test_names_are_escaped() -> None:
    before, after = deployment(), deployment()
    after["metadata"]["labels"] = {"a/b~c": "x", "kept": "y"}
    before["metadata"]["labels"] = {"kept": "y"}
    remove = {"op": "remove", "path": "/metadata/labels/a~1b~0c"}
    assert undo_patch(after, before, after)[-1] == remove


def test_annotations_of_the_server_stay_when_ours_go() -> None:
    before, after = deployment(), deployment()
    after["metadata"]["annotations"] = {"ours": "x"}
    live = copy.deepcopy(after)
    live["metadata"]["annotations"]["deployment.kubernetes.io/revision"] = "2"
    left = patched(live, undo_patch(live, before, after))["metadata"]["annotations"]
    assert left == {"deployment.kubernetes.io/revision": "2"}


def test_annotations_of_ours_come_back_beside_those_of_the_server() -> None:
    before, after = deployment(), deployment()
    before["metadata"]["annotations"] = {"ours": "x", "deployment.kubernetes.io/revision": "1"}
    after["metadata"]["annotations"] = {"deployment.kubernetes.io/revision": "2"}
    left = patched(after, undo_patch(after, before, after))["metadata"]["annotations"]
    assert left == {"deployment.kubernetes.io/revision": "2", "ours": "x"}


def test_elements_of_a_custom_resource_are_found_by_what_the_server_wrote() -> None:
    _, before = applied("Queue")
    after = copy.deepcopy(before)
    after["spec"]["routes"][0]["weight"] = 9
    live = copy.deepcopy(after)
    live["spec"]["routes"].insert(0, {"host": "new.invalid", "port": 443, "weight": 1})
    *_, last = undo_patch(live, before, after)
    assert last == {"op": "replace", "path": "/spec/routes/1/weight", "value": 1}


@pytest.mark.parametrize(
    ("value", "testable"),
    [
        ("text", True),
        ("grüße ✓\n\t", True),
        ("a & b", False),
        ("a<b", False),
        ("\u2028", False),
        ("\x07", False),
        (7, True),
        (True, True),
        (0.5, False),
        (None, False),
        ([1, {"a": "b"}], True),
        ([1, {"a": None}], False),
        ({"a": ["<"]}, False),
    ],
)
def test_what_the_server_compares_wrongly_is_not_tested(value: Any, testable: bool) -> None:
    assert is_testable(value) is testable


@given(deployments(), deployments())
def test_whatever_changed_goes_back_exactly(before: Object, after: Object) -> None:
    untouched = copy.deepcopy((before, after))
    assert not judge(after, before, after).conflicts
    restored = patched(after, undo_patch(after, before, after))
    assert comparison_form(restored) == comparison_form(before)
    assert (before, after) == untouched


@given(deployments(), deployments())
def test_what_is_back_already_needs_nothing(before: Object, after: Object) -> None:
    verdicts = {field.verdict for field in judge(before, before, after).fields}
    assert verdicts <= {"already"}
    assert undo_patch(before, before, after) == []


@given(deployments(), deployments(), st.integers(0, 5), st.integers(0, 3))
def test_what_others_did_since_stays(
    before: Object, after: Object, container: int, finalizer: int
) -> None:
    live = copy.deepcopy(after)
    live["spec"]["theirs"] = {"a": 1}
    live["metadata"].setdefault("labels", {})["theirs"] = "x"
    live["metadata"].setdefault("finalizers", []).insert(finalizer, "theirs")
    live["spec"]["template"]["spec"]["containers"].insert(container, {"name": "theirs"})
    assert not judge(live, before, after).conflicts
    restored = patched(live, undo_patch(live, before, after))
    assert restored["spec"].pop("theirs") == {"a": 1}
    assert restored["metadata"]["labels"].pop("theirs") == "x"
    restored["metadata"]["finalizers"].remove("theirs")
    restored["spec"]["template"]["spec"]["containers"].remove({"name": "theirs"})
    assert comparison_form(restored) == comparison_form(before)


@given(deployments(), deployments(), deployments())
def test_only_fields_that_go_back_are_patched(before: Object, after: Object, live: Object) -> None:
    judgement = judge(live, before, after)
    patch = undo_patch(live, before, after)
    assert bool(patch) is judgement.goes_back
    restored = patched(live, patch)
    left = judge(restored, before, after)
    assert not left.goes_back
    assert [f.path for f in left.conflicts] == [f.path for f in judgement.conflicts]
