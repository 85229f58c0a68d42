from __future__ import annotations

import itertools
import random

from kube.manifests.documents import Document, load
from kube.manifests.order import in_steps, step_of, steps

ORDER = [
    [("v1", "Namespace")],
    [("apiextensions.k8s.io/v1", "CustomResourceDefinition")],
    [("v1", "ResourceQuota"), ("v1", "LimitRange")],
    [("v1", "ServiceAccount")],
    [("rbac.authorization.k8s.io/v1", "Role"), ("rbac.authorization.k8s.io/v1", "ClusterRole")],
    [("rbac.authorization.k8s.io/v1", "RoleBinding")],
    [("v1", "Secret")],
    [("v1", "ConfigMap")],
    [("storage.k8s.io/v1", "StorageClass")],
    [("v1", "PersistentVolume"), ("v1", "PersistentVolumeClaim")],
    [("v1", "Service")],
    [("apps/v1", "Deployment"), ("apps/v1", "StatefulSet"), ("batch/v1", "Job"), ("v1", "Pod")],
    [("autoscaling/v2", "HorizontalPodAutoscaler"), ("policy/v1", "PodDisruptionBudget")],
    [("networking.k8s.io/v1", "Ingress")],
    [
        ("example.com/v1", "Foo"),
        ("serving.knative.dev/v1", "Service"),
        ("batch.volcano.sh/v1", "Job"),
    ],
    [
        ("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration"),
        ("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration"),
        ("apiregistration.k8s.io/v1", "APIService"),
    ],
]


def bundle() -> list[Document]:
    kinds = list(itertools.chain.from_iterable(ORDER))
    random.Random(7).shuffle(kinds)
    text = "---\n".join(
        f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: a}}\n" for version, kind in kinds
    )
    return list(load(text))


def kinds_of(found: tuple[tuple[Document, ...], ...]) -> list[set[tuple[str, str]]]:
    return [{(each.ref.api_version, each.ref.kind) for each in step} for step in found]


def test_what_others_need_is_applied_first() -> None:
    assert kinds_of(steps(bundle())) == [set(step) for step in ORDER]


def test_deleting_goes_the_other_way() -> None:
    assert steps(bundle(), reverse=True) == steps(bundle())[::-1]


def test_a_step_keeps_the_order_of_the_text() -> None:
    for step in steps(bundle()):
        assert [each.index for each in step] == sorted(each.index for each in step)


def test_the_version_of_a_kind_does_not_matter_but_its_group_does() -> None:
    assert step_of("apps/v1beta1", "Deployment") == step_of("apps/v1", "Deployment")
    assert step_of("example.com/v1", "Namespace") > step_of("networking.k8s.io/v1", "Ingress")


def test_anything_that_has_a_step_is_put_in_order() -> None:
    assert in_steps(["bb", "a", "cc"], len) == (("a",), ("bb", "cc"))
    assert in_steps([], len) == ()
