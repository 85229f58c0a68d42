"""A user with no rights is told which a plan takes; with those, and no more, it passes both ways.

The API server's audit log tells what was used of them.
"""

from __future__ import annotations

import json
import re

import pytest

from flows.manifests import apply_yaml
from flows.plans import undo
from kube.api.access import Permission
from kube.execution.options import RunOptions
from kube.planners.apply import ApplyOptions
from sandbox.control_plane import ControlPlane
from tests.fixtures.access import user_with
from tests.flows.conftest import MakeCluster
from tests.flows.runs import Run, Runs

pytestmark = pytest.mark.cluster

APPLY = RunOptions(mode="apply", timeout_seconds=60)
BUNDLE = """
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {currency: EUR}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "registry.example/web:1.0"}]}
"""
_NAMED = re.compile(r"\b([a-z]+) ([a-z]+)(?:\.([a-z0-9.]+))? in ([a-z0-9-]+)(?=[;.])")
MAX_ROUNDS = 3


def named(run: Run) -> set[Permission]:
    """The permissions that a refusal names."""
    found = _NAMED.findall(run.told[1])
    return {Permission(verb, name, group, place) for verb, name, group, place in found}


def used(plane: ControlPlane, user: str) -> set[Permission]:
    """What a user asked for and was allowed, by the audit log; a server-side apply also creates."""
    assert plane.audit_log is not None
    permissions = set()
    for line in plane.audit_log.read_text().splitlines():
        entry = json.loads(line)
        where, status = entry.get("objectRef"), entry.get("responseStatus", {}).get("code", 999)
        if entry["user"].get("username") != user or where is None or status >= 300:
            continue
        if where["resource"] == "selfsubjectaccessreviews":
            continue
        verbs = [entry["verb"]] + (["create"] if status == 201 else [])
        group, place = where.get("apiGroup", ""), where.get("namespace", "")
        permissions |= {Permission(verb, where["resource"], group, place) for verb in verbs}
    return permissions


def names(plane: ControlPlane, namespace: str) -> str:
    """What there is of the bundle."""
    return plane.kubectl("-n", namespace, "get", "deployments,services", "-o", "name")


async def test_the_rights_that_are_named_are_the_ones_that_the_run_and_its_undo_use(
    runs: Runs, make_cluster: MakeCluster, plane: ControlPlane, namespace: str
) -> None:
    options, granted = ApplyOptions(namespace=namespace), set[Permission]()
    plane.kubectl("-n", namespace, "create", "configmap", "settings", "--from-literal=theme=spring")
    for number in range(MAX_ROUNDS):
        user = f"{namespace}-{number}"
        cluster = await make_cluster(await user_with(plane, granted, name=user))
        done = await runs.direct(apply_yaml, cluster, BUNDLE, options, APPLY)
        if done.told[0] != "Refused":
            break
        assert names(plane, namespace) == ""
        assert named(done), done.told
        granted |= named(done)
    assert done.told[0] == "Completed", done.told
    assert "could not be tried" in " ".join(done.record.warnings)
    unseen = [one["reason"] for one in done.record.result["rulings"]]
    assert [f"may not list resourcequotas in {namespace}" in reason for reason in unseen] == [True]
    back = await runs.direct(undo, cluster, str(done.id), run=APPLY)
    assert back.told[0] == "Completed", back.told
    assert names(plane, namespace) == ""
    # A wait that ends at its first look opens no watch, and may be over before its second list.
    assert {each.verb for each in granted - used(plane, user)} <= {"list", "watch"}
    assert Permission("delete", "configmaps", "", namespace) not in granted
