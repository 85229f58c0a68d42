"""In which order the objects of a bundle are applied: what others need comes first.

Objects of one step do not need each other and may be written at the same time. Deleting goes the
other way round.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import TypeVar

from kube.manifests.documents import Document
from kube.manifests.identity import group_of

T = TypeVar("T")

_RBAC = "rbac.authorization.k8s.io"
_STORAGE = "storage.k8s.io"
_ADMISSION = "admissionregistration.k8s.io"

# Roles stand before their bindings, for RBAC's check of escalation reads the role. Classes and
# network policies stand before the workloads that they rule, as in Argo CD.
_STEPS: tuple[tuple[tuple[str, str], ...], ...] = (
    (("", "Namespace"),),
    (("apiextensions.k8s.io", "CustomResourceDefinition"),),
    (
        ("", "ResourceQuota"),
        ("", "LimitRange"),
        ("scheduling.k8s.io", "PriorityClass"),
        ("node.k8s.io", "RuntimeClass"),
        ("networking.k8s.io", "NetworkPolicy"),
    ),
    (("", "ServiceAccount"),),
    ((_RBAC, "ClusterRole"), (_RBAC, "Role")),
    ((_RBAC, "ClusterRoleBinding"), (_RBAC, "RoleBinding")),
    (("", "Secret"),),
    (("", "ConfigMap"),),
    (
        (_STORAGE, "StorageClass"),
        (_STORAGE, "CSIDriver"),
        (_STORAGE, "VolumeAttributesClass"),
        ("networking.k8s.io", "IngressClass"),
    ),
    (("", "PersistentVolume"), ("", "PersistentVolumeClaim")),
    (("", "Service"), ("", "Endpoints"), ("discovery.k8s.io", "EndpointSlice")),
    (
        ("apps", "DaemonSet"),
        ("apps", "Deployment"),
        ("apps", "ReplicaSet"),
        ("apps", "StatefulSet"),
        ("batch", "CronJob"),
        ("batch", "Job"),
        ("", "Pod"),
        ("", "ReplicationController"),
    ),
    (("autoscaling", "HorizontalPodAutoscaler"), ("policy", "PodDisruptionBudget")),
    (("networking.k8s.io", "Ingress"),),
)
# They judge what is written, so everything else of the bundle is written before them.
_LAST = (
    (_ADMISSION, "MutatingAdmissionPolicy"),
    (_ADMISSION, "MutatingAdmissionPolicyBinding"),
    (_ADMISSION, "MutatingWebhookConfiguration"),
    (_ADMISSION, "ValidatingAdmissionPolicy"),
    (_ADMISSION, "ValidatingAdmissionPolicyBinding"),
    (_ADMISSION, "ValidatingWebhookConfiguration"),
    ("apiregistration.k8s.io", "APIService"),
)
_REST_STEP = len(_STEPS)
LAST_STEP = _REST_STEP + 1
_STEP_OF = {
    **{each: number for number, kinds in enumerate(_STEPS) for each in kinds},
    **dict.fromkeys(_LAST, LAST_STEP),
}


def step_of(api_version: str, kind: str) -> int:
    """Return the step of a kind, counted from 0; kinds not listed, custom ones too, are late."""
    return _STEP_OF.get((group_of(api_version), kind), _REST_STEP)


def step_to_delete(api_version: str, kind: str) -> int:
    """Return the step of a kind when objects are deleted, counted from 0: what came last first."""
    return LAST_STEP - step_of(api_version, kind)


def steps(
    documents: Iterable[Document], *, reverse: bool = False
) -> tuple[tuple[Document, ...], ...]:
    """Return the documents by steps, in the order of applying them.

    Args:
        documents: The objects of one bundle.
        reverse: Return the order of deleting them.

    Returns:
        Only steps that have a document; within one the order is kept.
    """

    def step(document: Document) -> int:
        return step_of(document.ref.api_version, document.ref.kind)

    return in_steps(documents, step, reverse=reverse)


def in_steps(
    items: Iterable[T], step: Callable[[T], int], *, reverse: bool = False
) -> tuple[tuple[T, ...], ...]:
    """Return anything that has a step by its steps, such as the changes of a plan."""
    found: defaultdict[int, list[T]] = defaultdict(list)
    for item in items:
        found[step(item)].append(item)
    return tuple(tuple(found[number]) for number in sorted(found, reverse=reverse))
