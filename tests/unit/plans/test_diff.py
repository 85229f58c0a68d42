"""Differences are named by the path that people write, elements by their keys."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from kube.plans.diff import FieldChange, field_changes, unified
from kube.plans.masking import Masker
from kube.plans.normal import comparison_form
from tests.unit.plans.samples import Object, deployment, deployments, pods, secret

WEB = {"name": "web", "image": "web:1", "args": ["-v", "-x"]}
SIDE = {"name": "side", "image": "side:1"}
CONTAINERS = "spec.template.spec.containers"


def queue(**spec: Any) -> Object:
    return {
        "apiVersion": "example.com/v1",
        "kind": "Queue",
        "metadata": {"name": "q"},
        "spec": spec,
    }


CASES: list[tuple[str, Object, Object, list[FieldChange]]] = [
    (
        "a leaf changes",
        deployment(replicas=1),
        deployment(replicas=2),
        [FieldChange(path="spec.replicas", kind="changed", before=1, after=2)],
    ),
    (
        "a map comes, whole",
        deployment(),
        deployment(strategy={"type": "Recreate"}),
        [FieldChange(path="spec.strategy", kind="added", after={"type": "Recreate"})],
    ),
    (
        "a field goes",
        deployment(paused=True),
        deployment(),
        [FieldChange(path="spec.paused", kind="removed", before=True)],
    ),
    (
        "a container changes although it moved",
        deployment(template=pods(WEB, SIDE)),
        deployment(template=pods(SIDE, {**WEB, "image": "web:2"})),
        [
            FieldChange(
                path=f"{CONTAINERS}[name=web].image", kind="changed", before="web:1", after="web:2"
            ),
            FieldChange(
                path=f"{CONTAINERS} (order)",
                kind="changed",
                before=["name=web", "name=side"],
                after=["name=side", "name=web"],
            ),
        ],
    ),
    (
        "a container comes",
        deployment(template=pods(WEB)),
        deployment(template=pods(SIDE, WEB)),
        [FieldChange(path=f"{CONTAINERS}[name=side]", kind="added", after=SIDE)],
    ),
    (
        "an argument comes between two",
        deployment(template=pods(WEB)),
        deployment(template=pods({**WEB, "args": ["-v", "-w", "-x"]})),
        [FieldChange(path=f"{CONTAINERS}[name=web].args[1]", kind="added", after="-w")],
    ),
    (
        "an argument goes and one changes",
        deployment(template=pods({**WEB, "args": ["-a", "-b", "-c", "-x"]})),
        deployment(template=pods({**WEB, "args": ["-A", "-x"]})),
        [
            FieldChange(
                path=f"{CONTAINERS}[name=web].args[0]", kind="changed", before="-a", after="-A"
            ),
            FieldChange(path=f"{CONTAINERS}[name=web].args[1]", kind="removed", before="-b"),
            FieldChange(path=f"{CONTAINERS}[name=web].args[2]", kind="removed", before="-c"),
        ],
    ),
    (
        "elements of an unknown list are told apart by name",
        queue(versions=[{"name": "a", "x": 1}, {"name": "b"}]),
        queue(versions=[{"name": "a", "x": 2}, {"name": "b"}]),
        [FieldChange(path="spec.versions[name=a].x", kind="changed", before=1, after=2)],
    ),
    (
        "a list becomes a text",
        queue(x=["a"]),
        queue(x="a"),
        [FieldChange(path="spec.x", kind="changed", before=["a"], after="a")],
    ),
]


@pytest.mark.parametrize(
    ("before", "after", "changes"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_what_differs_is_named(before: Object, after: Object, changes: list[FieldChange]) -> None:
    assert list(field_changes(before, after)) == changes


def test_members_of_a_set_come_and_go() -> None:
    before, after = deployment(), deployment()
    before["metadata"]["finalizers"] = ["a/x", "a/y"]
    after["metadata"]["finalizers"] = ["a/y", "a/z"]
    found = [(each.path, each.kind) for each in field_changes(before, after)]
    assert found == [
        ('metadata.finalizers["a/x"]', "removed"),
        ('metadata.finalizers["a/z"]', "added"),
    ]


def test_an_object_that_comes_or_goes_is_told_field_by_field_without_its_name() -> None:
    obj = deployment(replicas=1)
    (added,) = field_changes(None, obj)
    assert added == FieldChange(path="spec", kind="added", after={"replicas": 1})
    obj["metadata"]["labels"] = {"a": "b"}
    removed = field_changes(obj, None)
    assert [(each.path, each.kind) for each in removed] == [
        ("spec", "removed"),
        ("metadata", "removed"),
    ]
    assert field_changes(None, None) == ()


def test_one_masker_numbers_a_whole_plan() -> None:
    masker = Masker()
    (first,) = field_changes(secret(data={"a": "eA=="}), secret(data={"a": "eQ=="}), masker=masker)
    (second,) = field_changes(secret(data={"b": "eQ=="}), secret(data={"b": "eg=="}), masker=masker)
    assert (first.before, first.after) == ("+++ (value 1)", "+++ (value 2)")
    assert (second.before, second.after) == ("+++ (value 2)", "+++ (value 3)")


def test_the_unified_form_is_kubectl_diffs() -> None:
    before = deployment(replicas=1, paused=True)
    before["metadata"]["managedFields"] = [{"manager": "x"}]
    after = deployment(replicas=2, paused=True)
    assert unified(before, after) == (
        "--- LIVE/apps.v1.Deployment.shop.web\n"
        "+++ MERGED/apps.v1.Deployment.shop.web\n"
        "@@ -5,4 +5,4 @@\n"
        "   namespace: shop\n"
        " spec:\n"
        "   paused: true\n"
        "-  replicas: 1\n"
        "+  replicas: 2\n"
    )


def test_what_is_created_comes_from_nothing() -> None:
    text = unified(None, secret(data={"a": "eA=="}))
    assert text.startswith("--- /dev/null\n+++ MERGED/v1.Secret.shop.app\n@@ -0,0 +1,")
    assert "+  a: +++ (value 1)\n" in text
    gone = unified(secret(), None)
    assert gone.startswith("--- LIVE/v1.Secret.shop.app\n+++ /dev/null\n")


def test_texts_of_several_lines_are_compared_line_by_line() -> None:
    before = queue(text="one\ntwo\nthree\n")
    after = queue(text="one\n2\nthree\n")
    assert "     one\n-    two\n+    2\n     three\n" in unified(before, after)


@given(deployments(), deployments())
def test_nothing_is_told_exactly_where_nothing_differs(before: Object, after: Object) -> None:
    same = comparison_form(before) == comparison_form(after)
    assert (field_changes(before, after) == ()) is same
    assert (unified(before, after) == "") is same
    paths = [each.path for each in field_changes(before, after)]
    assert len(paths) == len(set(paths))
