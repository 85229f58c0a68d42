"""Elements of lists are told apart by merge keys: by heart, or as the object itself says."""

from __future__ import annotations

from typing import Any

import pytest

from kube.plans.elements import labelled, placed, reordered
from kube.plans.merge_keys import Place, place_of
from tests.unit.plans.samples import Object, applied

LISTS: list[tuple[str, str, str, tuple[str, ...]]] = [
    ("apps/v1", "Deployment", "spec.template.spec.containers", ("name",)),
    ("apps/v1", "Deployment", "spec.template.spec.containers.[].env", ("name",)),
    (
        "apps/v1",
        "Deployment",
        "spec.template.spec.containers.[].ports",
        ("containerPort", "protocol"),
    ),
    ("apps/v1", "Deployment", "spec.template.spec.containers.[].volumeMounts", ("mountPath",)),
    ("apps/v1", "Deployment", "spec.template.spec.containers.[].args", ()),
    ("apps/v1", "StatefulSet", "spec.template.spec.initContainers", ("name",)),
    ("apps/v1", "DaemonSet", "spec.template.spec.volumes", ("name",)),
    ("apps/v1", "DaemonSet", "spec.template.spec.tolerations", ()),
    ("batch/v1", "CronJob", "spec.jobTemplate.spec.template.spec.imagePullSecrets", ("name",)),
    ("v1", "Pod", "spec.hostAliases", ("ip",)),
    ("v1", "Service", "spec.ports", ("port", "protocol")),
    ("v1", "ConfigMap", "metadata.ownerReferences", ("uid",)),
    ("example.com/v1", "Queue", "metadata.ownerReferences", ("uid",)),
    ("example.com/v1", "Queue", "spec.containers", ()),
]


def at(place: Place, path: str) -> Place:
    for step in path.split("."):
        place = place.element if step == "[]" else place.child(step)
    return place


@pytest.mark.parametrize(("api_version", "kind", "path", "keys"), LISTS)
def test_built_in_lists_are_known_by_heart(
    api_version: str, kind: str, path: str, keys: tuple[str, ...]
) -> None:
    place = place_of({"apiVersion": api_version, "kind": kind, "metadata": {}})
    assert at(place, path).keys == keys


def test_finalizers_are_a_set_everywhere() -> None:
    place = place_of({"apiVersion": "example.com/v1", "kind": "Queue", "metadata": {}})
    assert at(place, "metadata.finalizers").is_set
    assert not at(place, "metadata.labels").is_set


def test_other_lists_are_known_by_what_the_server_wrote() -> None:
    _, live = applied("Queue")
    place = place_of(None, live)
    assert at(place, "spec.routes").keys == ("host", "port")
    assert at(place, "spec.tags").is_set
    assert at(place, "spec.selector").is_atomic
    assert not at(place, "spec.raw").is_atomic
    assert not at(place, "spec.nothing").is_atomic
    assert at(place, "spec.routes.[].host").keys == ()


def test_what_the_server_wrote_wins() -> None:
    fields: Object = {"f:spec": {"f:ports": {'k:{"name":"a"}': {".": {}}}}}
    obj = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"managedFields": [{"fieldsV1": fields}]},
    }
    assert at(place_of(obj), "spec.ports").keys == ("name",)


BY_NAME = at(place_of({"apiVersion": "v1", "kind": "Pod"}), "spec.containers")


@pytest.mark.parametrize(
    "elements",
    [
        [{"name": "a"}, {"name": "a"}],
        [{"image": "a"}],
        ["a"],
        [None],
    ],
)
def test_a_list_that_breaks_the_rules_is_one_value(elements: list[Any]) -> None:
    assert labelled(BY_NAME, elements) is None


def test_only_a_part_of_several_keys_may_be_missing() -> None:
    place = at(place_of({"apiVersion": "v1", "kind": "Service"}), "spec.ports")
    found = labelled(place, [{"port": 53}, {"port": 53, "protocol": "UDP"}])
    assert found is not None
    assert len(found) == 2


@pytest.mark.parametrize(
    ("kept", "restored", "wanted", "result"),
    [
        ("ac", "b", "abc", "abc"),
        ("bc", "a", "abc", "abc"),
        ("ab", "c", "abc", "abc"),
        ("", "ab", "ab", "ab"),
        ("x", "ab", "ab", "xab"),
        ("axc", "b", "abc", "abxc"),
        ("xc", "ab", "abc", "xabc"),
        ("ad", "bc", "abcd", "abcd"),
    ],
)
def test_what_comes_back_follows_what_it_used_to_follow(
    kept: str, restored: str, wanted: str, result: str
) -> None:
    def labels(text: str) -> list[bytes]:
        return [letter.encode() for letter in text]

    assert b"".join(placed(labels(kept), labels(restored), labels(wanted))).decode() == result


def test_reordering_leaves_the_others_where_they_are() -> None:
    assert reordered([b"c", b"x", b"a", b"b"], [b"a", b"b", b"c", b"d"]) == [b"a", b"x", b"b", b"c"]
