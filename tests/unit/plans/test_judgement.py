"""A touched field goes back, is back already, or was changed by somebody else."""

from __future__ import annotations

from typing import Any

import pytest

from kube.plans.judgement import judge
from tests.unit.plans.samples import Object, deployment, pods, secret

WEB = {"name": "web", "image": "web:1"}
NEW = {**WEB, "image": "web:2"}
THEIRS = {**WEB, "image": "web:3"}
SIDE = {"name": "side", "image": "side:1"}
IMAGE = "spec.template.spec.containers[name=web].image"


def of(*containers: Object, **spec: Any) -> Object:
    return deployment(template=pods(*containers), **spec)


CASES: list[tuple[str, Object, Object, Object, dict[str, str]]] = [
    ("as it was made", of(WEB), of(NEW), of(NEW), {IMAGE: "goes back"}),
    ("as it was before", of(WEB), of(NEW), of(WEB), {IMAGE: "already"}),
    ("changed since", of(WEB), of(NEW), of(THEIRS), {IMAGE: "conflict"}),
    ("moved since", of(WEB, SIDE), of(NEW, SIDE), of(SIDE, NEW), {IMAGE: "goes back"}),
    (
        "its element removed since",
        of(WEB),
        of(NEW),
        of(SIDE),
        {"spec.template.spec.containers[name=web]": "conflict"},
    ),
    (
        "an element that came, and was changed since",
        of(SIDE),
        of(SIDE, WEB),
        of(SIDE, THEIRS),
        {"spec.template.spec.containers[name=web]": "conflict"},
    ),
    (
        "an element that came, and is gone",
        of(SIDE),
        of(SIDE, WEB),
        of(SIDE),
        {"spec.template.spec.containers[name=web]": "already"},
    ),
    (
        "an element that went, and is there anew",
        of(SIDE, WEB),
        of(SIDE),
        of(SIDE, THEIRS),
        {"spec.template.spec.containers[name=web]": "conflict"},
    ),
    (
        "a field that came into an element that is gone",
        of({"name": "web"}),
        of(WEB),
        of(SIDE),
        {IMAGE: "already"},
    ),
    (
        "another order, and another since",
        of(WEB, SIDE, {"name": "x"}),
        of(SIDE, WEB, {"name": "x"}),
        of({"name": "x"}, SIDE, WEB),
        {"spec.template.spec.containers (order)": "conflict"},
    ),
    (
        "an atomic list is one value",
        of({**WEB, "args": ["a"]}),
        of({**WEB, "args": ["a", "b"]}),
        of({**WEB, "args": ["c", "a", "b"]}),
        {"spec.template.spec.containers[name=web].args": "conflict"},
    ),
    (
        "a map that came, with more in it since",
        of(WEB),
        of(WEB, strategy={"type": "Recreate"}),
        of(WEB, strategy={"type": "Recreate", "theirs": 1}),
        {"spec.strategy.type": "goes back"},
    ),
    (
        "a map that became a text since",
        of(WEB, strategy={"type": "a"}),
        of(WEB, strategy={"type": "b"}),
        of(WEB, strategy="c"),
        {"spec.strategy": "conflict"},
    ),
    (
        "an empty map that came",
        of(WEB),
        of(WEB, strategy={}),
        of(WEB, strategy={}),
        {"spec.strategy": "goes back"},
    ),
    ("only what the server keeps", of(WEB), {**of(WEB), "status": {"a": 1}}, of(WEB), {}),
]


@pytest.mark.parametrize(
    ("before", "after", "live", "verdicts"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_each_touched_field_is_judged(
    before: Object, after: Object, live: Object, verdicts: dict[str, str]
) -> None:
    assert {f.path: f.verdict for f in judge(live, before, after).fields} == verdicts


def test_an_atomic_map_is_one_value() -> None:
    live = deployment(selector={"theirs": "x", "ours": "y"})
    live["metadata"]["managedFields"] = [{"fieldsV1": {"f:spec": {"f:selector": {}}}}]
    after = deployment(selector={"ours": "y"})
    (field,) = judge(live, deployment(selector={"ours": "x"}), after).fields
    assert (field.path, field.verdict) == ("spec.selector", "conflict")


def test_a_conflict_reads_as_a_sentence() -> None:
    judgement = judge(deployment(replicas=7), deployment(), deployment(replicas=5))
    (conflict,) = judgement.conflicts
    assert str(conflict) == "spec.replicas: was absent, became 5, is now 7"
    assert not judgement.goes_back


def test_a_conflict_of_a_secret_tells_no_value() -> None:
    before, after, live = (secret(data={"a": value}) for value in ("b25l", "dHdv", "dGhyZWU="))
    (conflict,) = judge(live, before, after).conflicts
    assert str(conflict) == (
        'data.a: was "+++ (value 1)", became "+++ (value 2)", is now "+++ (value 3)"'
    )


def test_a_long_value_is_cut() -> None:
    (conflict,) = judge(deployment(a="x"), deployment(a="y" * 500), deployment(a="z")).conflicts
    assert len(str(conflict)) < 150
