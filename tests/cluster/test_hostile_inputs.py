"""Over a hundred malformed or hostile inputs: a typed error where it stands, and nothing written.

They take the steps of `apply-yaml` that come before the first write, on a real API server, as a
user who may do everything; the server's audit log tells what that user did.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import SecretStr

from blocks.cluster import Cluster
from kube.manifests.problems import Invalid
from kube.planners.apply import ApplyOptions
from kube.plans.plan import Plan
from kube.sources.bundle import Bundle, ManifestFile, bundle_of
from kube.templates.draft import TemplateDetails, draft
from kube.templates.filling import filled_bundle
from sandbox.control_plane import ControlPlane
from tasks.manifests import plan_manifests
from tests.unit.manifests.test_malformed import OBJECTS, YAML, Case

pytestmark = pytest.mark.cluster

FIRST = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: first}\n---\n"
POD = (
    "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: b%s}]}\n"
)
SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {%s}\n"
CLAIM = (
    "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: a}\n"
    "spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: %s}}}\n"
)
DEPLOYMENT = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec:\n  replicas: %s\n"
    "  selector: {matchLabels: {app: %s}}\n  template:\n    metadata: {labels: {app: a}}\n"
    "    spec: {containers: [{name: a, image: b}]}\n"
)
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a%s}\n"
# What only the server knows; each stands in the second document, line 5, behind a good one.
BY_SERVER = {
    "unknown kind": "apiVersion: v1\nkind: Nonsense\nmetadata: {name: a}\n",
    "unknown group": "apiVersion: nowhere.example/v1\nkind: Deployment\nmetadata: {name: a}\n",
    "former version": "apiVersion: extensions/v1beta1\nkind: Ingress\nmetadata: {name: a}\n",
    "unknown field": CONFIG % "" + "datum: {a: b}\n",
    "unknown field below": POD % ", imagePolicy: Always",
    "number in data": CONFIG % "" + "data: {a: 1}\n",
    "list as data": CONFIG % "" + "data: [a]\n",
    "text as replicas": DEPLOYMENT % ("many", "a"),
    "negative replicas": DEPLOYMENT % ("-1", "a"),
    "a selector of others": DEPLOYMENT % ("1", "b"),
    "no containers": "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: []}\n",
    "unknown policy": POD % ", imagePullPolicy: Sometimes",
    "wrong memory": POD % ", resources: {limits: {memory: 1GB}}",
    "requests over limits": POD % ", resources: {limits: {cpu: 1}, requests: {cpu: 2}}",
    "port out of range": SERVICE % "ports: [{port: 70000}]",
    "a service without ports": SERVICE % "selector: {a: b}",
    "unknown protocol": SERVICE % "ports: [{port: 80, protocol: FTP}]",
    "wrong quantity": CLAIM % "12 apples",
    "negative quantity": CLAIM % "-1Gi",
    "wrong base64": "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {a: '%%%'}\n",
    "a role that is none": "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\n"
    "metadata: {name: a}\nroleRef: {kind: Cat, name: b, apiGroup: rbac.authorization.k8s.io}\n",
    "another namespace": CONFIG % ", namespace: kube-system",
    "a namespaced node": "apiVersion: v1\nkind: Node\nmetadata: {name: a, namespace: default}\n",
    "too large": CONFIG % "" + f"data: {{a: {'x' * 1_600_000}}}\n",
    "five megabytes": CONFIG % "" + f"data: {{a: {'x' * 5_000_000}}}\n",
}
BOMB = "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]\n" for n in range(1, 60))
# Filled in by {"v": value} where the claim needs one; the template's line is told.
BY_TEMPLATE: dict[str, tuple[str, dict[str, Any]]] = {
    "undefined variable": ("data: {a: '{{ v.nothing }}'}\n", {"v": "x"}),
    "endless loop": ("data: {% for i in range(10 ** 9) %}x{% endfor %}\n", {}),
    "loops in loops": (
        "data: {% for i in range(9999) %}{% for j in range(9999) %}x{% endfor %}{% endfor %}\n",
        {},
    ),
    "an include": ("{% include '/etc/passwd' %}\n", {}),
    "a class": ("data: {a: '{{ v.__class__.__mro__ }}'}\n", {"v": "x"}),
    "a text of gigabytes": ("data: {a: '{{ 'a' * 10 ** 9 }}'}\n", {}),
    "half a tag": ("data: {a: '{{ v'}\n", {}),
    "an anchor bomb": ("l0: &l0 [x]\n" + BOMB, {}),
}


@dataclass(frozen=True)
class Ends:
    """How each input ended, and the writes that the server saw of us."""

    told: dict[str, Plan | Invalid]
    writes: list[str]
    tries: int


def text_bundle(text: str) -> Bundle:
    return bundle_of([ManifestFile(text=text)], "text", "")


def template_bundle(text: str, values: dict[str, Any]) -> Bundle:
    made = draft("t", CONFIG % "" + text, TemplateDetails(sample=values), datetime.now(UTC))
    return filled_bundle(made.stored, values, {})


@pytest.fixture(scope="module")
async def ends(plane: ControlPlane) -> Ends:
    """Plan every input once."""
    user, namespace = f"user-{uuid.uuid4().hex[:10]}", f"hostile-{uuid.uuid4().hex[:10]}"
    plane.api.request("POST", "/api/v1/namespaces", {"metadata": {"name": namespace}})
    kubeconfig = SecretStr(plane.user_kubeconfig(user, ("system:masters",)))
    cluster = Cluster(method="kubeconfig", kubeconfig=kubeconfig)
    told: dict[str, Plan | Invalid] = {}

    async def one(claim: str, make: Any, *given: Any) -> None:
        try:
            bundle = await asyncio.to_thread(make, *given)
            options = ApplyOptions(namespace=namespace)
            told[claim] = await plan_manifests.fn(cluster, bundle, options)
        except Invalid as error:
            told[claim] = error

    for case in (*YAML, *OBJECTS):
        await one(case.claim, text_bundle, case.text)
    for claim, text in BY_SERVER.items():
        await one(claim, text_bundle, FIRST + text)
    for claim, (text, values) in BY_TEMPLATE.items():
        await one(claim, template_bundle, text, values)
    assert plane.audit_log is not None
    entries = [json.loads(line) for line in plane.audit_log.read_text().splitlines()]
    ours = [
        f"{entry['verb']} {entry['requestURI']}"
        for entry in entries
        if entry["user"].get("username") == user and entry["verb"] not in ("get", "list", "watch")
    ]
    plane.api.request("DELETE", f"/api/v1/namespaces/{namespace}")
    writes = [line for line in ours if "dryRun=All" not in line]
    return Ends(told, writes, len(ours))


@pytest.mark.parametrize("case", [*YAML, *OBJECTS], ids=lambda case: case.claim)
def test_what_is_malformed_is_told_with_document_and_line(ends: Ends, case: Case) -> None:
    error = ends.told[case.claim]
    assert isinstance(error, Invalid)
    assert (error.document, error.line) == (case.document, case.line)


@pytest.mark.parametrize("claim", BY_SERVER)
def test_what_the_server_refuses_is_told_with_document_and_line(ends: Ends, claim: str) -> None:
    found = ends.told[claim]
    place = "document 2, line 5"
    if isinstance(found, Invalid):
        assert str(found).startswith(place)
    else:
        assert [str(one).startswith(place) for one in found.blockers] == [True], found.blockers


@pytest.mark.parametrize("claim", BY_TEMPLATE)
def test_what_a_template_may_not_do_is_told_with_its_line(ends: Ends, claim: str) -> None:
    error = ends.told[claim]
    assert isinstance(error, Invalid)
    assert (error.line or 0) >= 4, str(error)


def test_nothing_at_all_was_written(ends: Ends) -> None:
    assert len(ends.told) == len(YAML) + len(OBJECTS) + len(BY_SERVER) + len(BY_TEMPLATE) > 100
    assert ends.tries > 10, "the server was asked"
    assert ends.writes == []
