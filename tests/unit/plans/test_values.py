"""JSON values are equal when type and content are."""

from typing import Any

import pytest

from kube.plans.field_path import Element, Order, Step, path_text
from kube.plans.normal import comparison_form, without_managed_fields
from kube.plans.values import equal


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (1, 1, True),
        (1, 1.0, False),
        (1, True, False),
        (0, False, False),
        ("a", "a", True),
        (None, None, True),
        (None, {}, False),
        ({"a": [1, {"b": 2}]}, {"a": [1, {"b": 2}]}, True),
        ({"a": [1, {"b": 2}]}, {"a": [1, {"b": 2.0}]}, False),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ([1, 2], [2, 1], False),
        ([True], [1], False),
    ],
)
def test_types_count(one: Any, other: Any, same: bool) -> None:
    assert equal(one, other) is same
    assert equal(other, one) is same


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (("spec", "replicas"), "spec.replicas"),
        (
            ("spec", "containers", Element((("name", "web"),)), "image"),
            "spec.containers[name=web].image",
        ),
        (
            ("ports", Element((("containerPort", 80), ("protocol", "TCP")))),
            "ports[containerPort=80,protocol=TCP]",
        ),
        (("args", 2), "args[2]"),
        (
            ("metadata", "labels", "app.kubernetes.io/name"),
            'metadata.labels["app.kubernetes.io/name"]',
        ),
        (("data", 'a"b'), 'data["a\\"b"]'),
        (("x-kubernetes-validations",), "x-kubernetes-validations"),
        (("initContainers", Order()), "initContainers (order)"),
        (("tls.crt",), '["tls.crt"]'),
    ],
)
def test_a_path_reads_as_people_write_it(path: tuple[Step, ...], text: str) -> None:
    assert path_text(path) == text


def test_the_comparison_form_leaves_out_what_clients_do_not_choose() -> None:
    obj = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": "web",
            "uid": "u",
            "resourceVersion": "1",
            "generation": 4,
            "creationTimestamp": "2026-01-01T00:00:00Z",
            "deletionTimestamp": "2026-01-01T00:00:00Z",
            "deletionGracePeriodSeconds": 0,
            "selfLink": "/x",
            "managedFields": [{}],
            "labels": {},
            "finalizers": [],
            "annotations": {
                "deployment.kubernetes.io/revision": "3",
                "deprecated.daemonset.template.generation": "2",
                "kubectl.kubernetes.io/last-applied-configuration": "{}",
            },
        },
        "spec": {"emptyDir": {}},
        "status": {"replicas": 1},
    }
    form = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {"emptyDir": {}},
    }
    assert comparison_form(obj) == form
    assert comparison_form(form) == form
    kept = without_managed_fields(obj)["metadata"]
    assert set(obj["metadata"]) - set(kept) == {"managedFields"}


def test_annotations_of_people_count() -> None:
    obj = {"metadata": {"annotations": {"a": "b", "deployment.kubernetes.io/revision": "3"}}}
    assert comparison_form(obj) == {"metadata": {"annotations": {"a": "b"}}}
