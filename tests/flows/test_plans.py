"""The one way of operations that write: plan, guard, seal, execute, verify, record, undo.

- mode plan shows and changes nothing; apply does exactly that; a second apply writes nothing;
- refused before the first write: malformed text, protected namespaces, another digest;
- undo takes back what was changed, and stops at a field that somebody else changed since;
- recover finishes what is not done, and only that;
- the values of a Secret are in no record.
"""

import json

import pytest

from flows.manifests import apply_yaml
from flows.plans import apply_plan, recover, undo
from kube.execution.options import RunOptions
from kube.planners.apply import ApplyOptions
from sandbox.control_plane import ControlPlane
from tests.flows.conftest import MakeCluster
from tests.flows.runs import Run, Runs

pytestmark = pytest.mark.cluster

APPLY = RunOptions(mode="apply", timeout_seconds=60)
MANIFEST = """
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {theme: spring, currency: EUR}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "registry.example/web:1.0"}]}
"""
CHANGED = MANIFEST.replace("spring", "autumn").replace("web:1.0", "web:1.1")


def theme(plane: ControlPlane, namespace: str) -> str:
    path = f"/api/v1/namespaces/{namespace}/configmaps/settings"
    return str(plane.api.request("GET", path)["data"]["theme"])


def objects(plane: ControlPlane, namespace: str) -> set[str]:
    text = plane.kubectl("-n", namespace, "get", "deployments,configmaps,secrets", "-o", "name")
    return set(text.split()) - {"configmap/kube-root-ca.crt"}


def statuses(run: Run) -> list[str]:
    return [outcome.status for outcome in run.record.outcomes]


async def test_a_plan_shows_what_would_change_and_changes_nothing(
    runs: Runs, make_cluster: MakeCluster, plane: ControlPlane, namespace: str
) -> None:
    cluster, options = await make_cluster(), ApplyOptions(namespace=namespace)
    run = await runs.direct(apply_yaml, cluster, MANIFEST, options)
    assert run.told[0] == "Completed"
    assert "2 to create" in run.told[1]
    assert "+  theme: spring" in run.record.result["changes"][0]["diff"]
    assert objects(plane, namespace) == set()


async def test_an_apply_is_healthy_when_it_completes_and_a_second_one_writes_nothing(
    runs: Runs, make_cluster: MakeCluster, plane: ControlPlane, namespace: str
) -> None:
    cluster, options = await make_cluster(), ApplyOptions(namespace=namespace)
    first = await runs.direct(apply_yaml, cluster, MANIFEST, options, APPLY)
    assert first.told[0] == "Completed"
    assert statuses(first) == ["changed", "changed"]
    assert [one["status"] for one in first.record.result["health"]] == ["done"]
    second = await runs.direct(apply_yaml, cluster, MANIFEST, options, APPLY)
    assert second.told[0] == "Unchanged"
    assert statuses(second) == ["unchanged", "unchanged"]


async def test_apply_plan_carries_out_the_plan_that_was_shown_and_no_other(
    runs: Runs, make_cluster: MakeCluster, plane: ControlPlane, namespace: str
) -> None:
    cluster, options = await make_cluster(), ApplyOptions(namespace=namespace)
    shown = await runs.direct(apply_yaml, cluster, MANIFEST, options)
    digest = shown.record.result["digest"]
    other = await runs.direct(apply_plan, cluster, str(shown.id), "sha256:0")
    assert other.told[0] == "Failed"
    assert "not the one given" in other.told[1]
    assert objects(plane, namespace) == set()
    done = await runs.direct(apply_plan, cluster, str(shown.id), digest)
    assert statuses(done) == ["changed", "changed"]
    assert done.record.result["digest"] == digest


async def test_a_stored_plan_is_refused_where_an_object_changed_since(
    runs: Runs, make_cluster: MakeCluster, plane: ControlPlane, namespace: str
) -> None:
    cluster, options = await make_cluster(), ApplyOptions(namespace=namespace)
    await runs.direct(apply_yaml, cluster, MANIFEST, options, APPLY)
    shown = await runs.direct(apply_yaml, cluster, CHANGED, options)
    path = f"/api/v1/namespaces/{namespace}/configmaps/settings"
    patch = {"data": {"theme": "winter"}}
    plane.api.request("PATCH", path, patch, kind="application/merge-patch+json")
    late = await runs.direct(apply_plan, cluster, str(shown.id), shown.record.result["digest"])
    assert late.told[0] == "Refused"
    assert f"ConfigMap {namespace}/settings was changed since" in late.told[1]
    assert theme(plane, namespace) == "winter"


async def test_undo_takes_back_a_change_and_keeps_what_others_changed_elsewhere(
    runs: Runs, make_cluster: MakeCluster, plane: ControlPlane, namespace: str
) -> None:
    cluster, options = await make_cluster(), ApplyOptions(namespace=namespace)
    await runs.direct(apply_yaml, cluster, MANIFEST, options, APPLY)
    changed = await runs.direct(apply_yaml, cluster, CHANGED, options, APPLY)
    plane.kubectl("-n", namespace, "label", "configmap/settings", "owner=somebody")
    shown = await runs.direct(undo, cluster, str(changed.id))
    assert theme(plane, namespace) == "autumn"
    assert "2 to update" in shown.told[1]
    back = await runs.direct(undo, cluster, str(changed.id), run=APPLY)
    assert back.told[0] == "Completed"
    assert theme(plane, namespace) == "spring"
    settings = plane.kubectl("-n", namespace, "get", "configmap/settings", "-o", "json")
    assert json.loads(settings)["metadata"]["labels"] == {"owner": "somebody"}


async def test_undo_stops_at_a_field_that_somebody_else_changed_since(
    runs: Runs, make_cluster: MakeCluster, plane: ControlPlane, namespace: str
) -> None:
    cluster, options = await make_cluster(), ApplyOptions(namespace=namespace)
    await runs.direct(apply_yaml, cluster, MANIFEST, options, APPLY)
    changed = await runs.direct(apply_yaml, cluster, CHANGED, options, APPLY)
    path = f"/api/v1/namespaces/{namespace}/configmaps/settings"
    patch = {"data": {"theme": "winter"}}
    plane.api.request("PATCH", path, patch, kind="application/merge-patch+json")
    run = await runs.direct(undo, cluster, str(changed.id), run=APPLY)
    assert run.told[0] == "Refused"
    assert "data.theme" in run.told[1]
    assert theme(plane, namespace) == "winter"


async def test_recover_finishes_what_is_not_done_and_only_that(
    runs: Runs, make_cluster: MakeCluster, plane: ControlPlane, namespace: str
) -> None:
    cluster, options = await make_cluster(), ApplyOptions(namespace=namespace)
    done = await runs.direct(apply_yaml, cluster, MANIFEST, options, APPLY)
    plane.kubectl("-n", namespace, "delete", "configmap/settings")
    run = await runs.direct(recover, cluster, str(done.id), run=APPLY)
    assert statuses(run) == ["changed", "unchanged"]
    assert theme(plane, namespace) == "spring"


async def test_a_broken_image_is_told_in_one_line_and_undone_where_asked(
    runs: Runs, make_cluster: MakeCluster, plane: ControlPlane, namespace: str
) -> None:
    cluster, options = await make_cluster(), ApplyOptions(namespace=namespace)
    await runs.direct(apply_yaml, cluster, MANIFEST, options, APPLY)
    options_run = APPLY.model_copy(update={"on_failure": "undo"})
    broken = MANIFEST.replace("web:1.0", "web:missing")
    run = await runs.direct(apply_yaml, cluster, broken, options, options_run)
    assert run.told[0] == "RolledBack"
    assert "ImagePullBackOff" in run.told[1]
    image = "jsonpath={.spec.template.spec.containers[0].image}"
    live = plane.kubectl("-n", namespace, "get", "deployment/web", "-o", image)
    assert live == "registry.example/web:1.0"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: [", "document 1, line 1"),
        ("apiVersion: v1\nkind: Nonsense\nmetadata: {name: a}", "serves no Nonsense"),
        (MANIFEST.replace("replicas: 2", "replicaz: 2"), "replicaz"),
    ],
    ids=["malformed", "unknown kind", "unknown field"],
)
async def test_bad_manifests_are_refused_before_the_first_write(
    runs: Runs,
    make_cluster: MakeCluster,
    plane: ControlPlane,
    namespace: str,
    text: str,
    told: str,
) -> None:
    cluster, options = await make_cluster(), ApplyOptions(namespace=namespace)
    run = await runs.direct(apply_yaml, cluster, text, options, APPLY)
    assert not run.record.verdict.good
    assert told in run.told[1]
    assert objects(plane, namespace) == set()


async def test_a_protected_namespace_is_refused(
    runs: Runs, make_cluster: MakeCluster, plane: ControlPlane, namespace: str
) -> None:
    cluster = await make_cluster(protected_namespaces=[namespace])
    options = ApplyOptions(namespace=namespace)
    run = await runs.direct(apply_yaml, cluster, MANIFEST, options, APPLY)
    assert run.told[0] == "Refused"
    assert "is protected" in run.told[1]
    assert objects(plane, namespace) == set()


async def test_the_values_of_a_secret_are_in_no_file_of_the_record_store(
    runs: Runs, make_cluster: MakeCluster, plane: ControlPlane, namespace: str
) -> None:
    canary = "canary-9f2c-value"
    text = f"apiVersion: v1\nkind: Secret\nmetadata: {{name: key}}\nstringData: {{k: {canary}}}\n"
    plane.kubectl(
        "-n", namespace, "create", "secret", "generic", "key", f"--from-literal=k={canary}0"
    )
    cluster, options = await make_cluster(), ApplyOptions(namespace=namespace, force=True)
    for mode in ("plan", "apply"):
        run = await runs.direct(apply_yaml, cluster, text, options, RunOptions(mode=mode))
        assert run.record.result["changes"][0]["ref"]["name"] == "key"
    encoded = "Y2FuYXJ5LTlmMmMtdmFsdWU"
    for file in (path for path in runs.records.rglob("*") if path.is_file()):
        content = file.read_bytes()
        assert canary.encode() not in content
        assert encoded.encode() not in content
