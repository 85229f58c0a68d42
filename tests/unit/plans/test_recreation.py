"""What is made again is what it was, but for what the server and the controllers set."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from kube.plans.recreation import losses, recreation
from tests.unit.plans.samples import Object

BOUND = {
    "pv.kubernetes.io/bind-completed": "yes",
    "pv.kubernetes.io/bound-by-controller": "yes",
    "volume.kubernetes.io/storage-provisioner": "x",
    "volume.kubernetes.io/selected-node": "node-1",
}
UID = {"batch.kubernetes.io/controller-uid": "u", "controller-uid": "u"}
TOKEN = {"name": "kube-api-access-x1y2z", "mountPath": "/var/run/secrets/x"}


def of(kind: str, metadata: Object | None = None, **fields: Any) -> Object:
    groups = {"Job": "batch/v1", "CronJob": "batch/v1", "StatefulSet": "apps/v1"}
    return {
        "apiVersion": groups.get(kind, "v1"),
        "kind": kind,
        "metadata": {"name": "a", **(metadata or {})},
        **fields,
    }


CASES: list[tuple[str, Object, Object]] = [
    (
        "anything: identity, counters and status",
        of(
            "ConfigMap",
            {"uid": "u", "resourceVersion": "1", "generation": 2, "managedFields": [{}]},
            data={"a": "b"},
            status={"x": 1},
        ),
        of("ConfigMap", data={"a": "b"}),
    ),
    (
        "anything: what a deletion set",
        of(
            "ConfigMap",
            {
                "deletionTimestamp": "2026-01-01T00:00:00Z",
                "finalizers": ["foregroundDeletion", "a/b"],
            },
        ),
        of("ConfigMap", {"finalizers": ["a/b"]}),
    ),
    (
        "anything: kubectl's copy of the manifest stays",
        of(
            "ConfigMap",
            {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}", "a": "b"}},
        ),
        of(
            "ConfigMap",
            {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}", "a": "b"}},
        ),
    ),
    (
        "a Service keeps its addresses",
        of("Service", spec={"clusterIP": "10.0.0.1", "ports": [{"port": 1, "nodePort": 30001}]}),
        of("Service", spec={"clusterIP": "10.0.0.1", "ports": [{"port": 1, "nodePort": 30001}]}),
    ),
    (
        "a claim that a controller bound",
        of("PersistentVolumeClaim", {"annotations": {**BOUND, "a": "b"}}, spec={"volumeName": "v"}),
        of("PersistentVolumeClaim", {"annotations": {"a": "b"}}, spec={}),
    ),
    (
        "a claim that names its volume",
        of(
            "PersistentVolumeClaim",
            {"annotations": {"pv.kubernetes.io/bind-completed": "yes"}},
            spec={"volumeName": "v"},
        ),
        of("PersistentVolumeClaim", spec={"volumeName": "v"}),
    ),
    (
        "a volume stays reserved for its claim",
        of(
            "PersistentVolume",
            {"annotations": {"pv.kubernetes.io/bound-by-controller": "yes"}},
            spec={"claimRef": {"name": "c", "namespace": "n", "uid": "u", "resourceVersion": "1"}},
        ),
        of("PersistentVolume", spec={"claimRef": {"name": "c", "namespace": "n"}}),
    ),
    (
        "a Job",
        of(
            "Job",
            {"labels": {**UID, "a": "b"}},
            spec={
                "selector": {"matchLabels": UID},
                "template": {"metadata": {"labels": {**UID, "job-name": "a"}}},
            },
        ),
        of(
            "Job",
            {"labels": {"a": "b"}},
            spec={"template": {"metadata": {"labels": {"job-name": "a"}}}},
        ),
    ),
    (
        "a Job that selects by hand",
        of("Job", spec={"manualSelector": True, "selector": {"matchLabels": {"a": "b"}}}),
        of("Job", spec={"manualSelector": True, "selector": {"matchLabels": {"a": "b"}}}),
    ),
    (
        "a Pod",
        of(
            "Pod",
            spec={
                "nodeName": "node-1",
                "priority": 0,
                "ephemeralContainers": [{"name": "debug"}],
                "containers": [
                    {"name": "a", "volumeMounts": [TOKEN, {"name": "v", "mountPath": "/v"}]},
                    {"name": "b", "volumeMounts": [TOKEN]},
                ],
                "initContainers": [{"name": "c"}],
                "volumes": [{"name": TOKEN["name"], "projected": {}}, {"name": "v"}],
            },
        ),
        of(
            "Pod",
            spec={
                "containers": [
                    {"name": "a", "volumeMounts": [{"name": "v", "mountPath": "/v"}]},
                    {"name": "b"},
                ],
                "initContainers": [{"name": "c"}],
                "volumes": [{"name": "v"}],
            },
        ),
    ),
]


@pytest.mark.parametrize(("before", "body"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_it_is_made_without_what_was_set_for_it(before: Object, body: Object) -> None:
    untouched = copy.deepcopy(before)
    assert recreation(before) == body
    assert recreation(body) == body
    assert before == untouched


@pytest.mark.parametrize(
    ("before", "sentence"),
    [
        (of("ConfigMap"), "It gets a new uid: references to the old one lead nowhere."),
        (of("ConfigMap", {"ownerReferences": [{"uid": "u"}]}), "collected as garbage again"),
        (of("Namespace"), "Nothing that was in the namespace comes back"),
        (
            of("Service", spec={"clusterIPs": ["10.0.0.1"], "ports": [{"nodePort": 30001}]}),
            "10.0.0.1, node port 30001 come back only if nobody took them meanwhile.",
        ),
        (of("Service", spec={"type": "LoadBalancer"}), "may get another address"),
        (
            of("PersistentVolumeClaim", spec={"volumeName": "v"}),
            "PersistentVolume v keeps the data",
        ),
        (of("StatefulSet", spec={}), "Its claims are used again"),
        (of("CronJob", spec={}), "forgets when it last ran"),
        (of("Job", spec={}), "It runs again from the start"),
        (of("Pod", spec={}), "start anew"),
    ],
)
def test_what_does_not_come_back_is_told(before: Object, sentence: str) -> None:
    assert sentence in " ".join(losses(before))


@pytest.mark.parametrize(
    "before",
    [
        of("Service", spec={"clusterIPs": ["None"], "ports": [{"port": 1}]}),
        of("PersistentVolumeClaim", spec={}),
        of("ConfigMap"),
    ],
)
def test_nothing_more_is_told_where_nothing_more_is_lost(before: Object) -> None:
    assert len(losses(before)) == 1
