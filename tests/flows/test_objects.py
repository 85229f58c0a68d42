"""Deleting objects: by name, by selector, by the run that made them.

- mode plan shows and deletes nothing; what is gone already is unchanged, or an error if asked;
- what holds an object up is named when the time is over;
- undo makes the objects again, Secrets too, with another uid.
"""

import asyncio
import json
from typing import Any

import pytest

from flows.manifests import apply_yaml
from flows.objects import delete_objects
from flows.plans import undo
from kube.execution.options import RunOptions
from kube.objects.selection import ObjectName, ObjectSelection
from kube.planners.apply import ApplyOptions
from kube.planners.delete import DeleteOptions
from sandbox.control_plane import ControlPlane
from tests.flows.conftest import MakeCluster
from tests.flows.runs import Run, Runs, until

pytestmark = pytest.mark.cluster

APPLY = RunOptions(mode="apply", timeout_seconds=60)
MANIFEST = """
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, labels: {app: web}}
data: {theme: spring}
---
apiVersion: v1
kind: Secret
metadata: {name: key, labels: {app: web}}
data: {password: c3ByaW5n}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "registry.example/web:1.0"}]}
"""
NAMES = {"configmap/settings", "secret/key", "deployment.apps/web"}


def objects(plane: ControlPlane, namespace: str) -> set[str]:
    text = plane.kubectl("-n", namespace, "get", "deployments,configmaps,secrets", "-o", "name")
    return set(text.split()) - {"configmap/kube-root-ca.crt"}


def live(plane: ControlPlane, namespace: str, name: str) -> Any:
    return json.loads(plane.kubectl("-n", namespace, "get", name, "-o", "json"))


def reasons(run: Run) -> list[str]:
    return [outcome.reason for outcome in run.record.outcomes]


def kinds(run: Run) -> list[str]:
    return [change["ref"]["kind"] for change in run.record.result["changes"]]


def named(namespace: str, *names: str) -> ObjectSelection:
    refs = tuple(ObjectName(kind=kind, name=name) for kind, name in (n.split("/") for n in names))
    return ObjectSelection(refs=refs, namespaces=(namespace,))


async def test_objects_named_are_deleted_in_reverse_order_and_are_gone_when_it_completes(
    runs: Runs, make_cluster: MakeCluster, plane: ControlPlane, namespace: str
) -> None:
    cluster = await make_cluster()
    plane.kubectl("-n", namespace, "apply", "-f", "-", stdin=MANIFEST)
    chosen = named(namespace, "cm/settings", "deploy/web", "secrets/key")
    shown = await runs.direct(delete_objects, cluster, chosen)
    assert "3 to delete" in shown.told[1]
    assert kinds(shown) == ["Deployment", "ConfigMap", "Secret"]
    assert objects(plane, namespace) == NAMES
    options = DeleteOptions(propagation="Foreground")
    done = await runs.direct(delete_objects, cluster, chosen, options, APPLY)
    assert done.told[0] == "Completed"
    assert objects(plane, namespace) == set()
    again = await runs.direct(delete_objects, cluster, chosen, options, APPLY)
    assert again.told[0] == "Unchanged"
    assert reasons(again) == ["already gone: it does not exist"] * 3
    strict = DeleteOptions(missing="error")
    refused = await runs.direct(delete_objects, cluster, chosen, strict, APPLY)
    assert refused.told[0] == "Refused"
    assert "it does not exist" in refused.told[1]


async def test_a_selector_chooses_and_undo_makes_the_objects_again_with_another_uid(
    runs: Runs, make_cluster: MakeCluster, plane: ControlPlane, namespace: str
) -> None:
    cluster = await make_cluster(max_deleted_percent=75)
    plane.kubectl("-n", namespace, "apply", "-f", "-", stdin=MANIFEST)
    plane.kubectl("-n", namespace, "create", "configmap", "other")
    before = live(plane, namespace, "secret/key")
    chosen = ObjectSelection(
        kinds=("configmaps", "secrets", "deployments"), namespaces=(namespace,), selector="app=web"
    )
    careful = await runs.direct(delete_objects, await make_cluster(), chosen)
    told = "deletes 3 of the 5 objects that it selects from"
    assert told in careful.record.result["rulings"][0]["reason"]
    done = await runs.direct(delete_objects, cluster, chosen, run=APPLY)
    assert done.told[0] == "Completed"
    assert objects(plane, namespace) == {"configmap/other"}
    back = await runs.direct(undo, cluster, str(done.id), run=APPLY)
    assert back.told[0] == "Completed"
    assert objects(plane, namespace) == {*NAMES, "configmap/other"}
    after = live(plane, namespace, "secret/key")
    assert after["data"] == before["data"]
    assert after["metadata"]["labels"] == {"app": "web"}
    assert after["metadata"]["uid"] != before["metadata"]["uid"]
    assert "c3ByaW5n" not in done.record.model_dump_json() + back.record.model_dump_json()


async def test_what_a_run_made_is_deleted_by_its_id_and_what_it_changed_stays(
    runs: Runs, make_cluster: MakeCluster, plane: ControlPlane, namespace: str
) -> None:
    cluster, options = await make_cluster(), ApplyOptions(namespace=namespace, force=True)
    plane.kubectl("-n", namespace, "create", "configmap", "settings", "--from-literal=theme=x")
    made = await runs.direct(apply_yaml, cluster, MANIFEST, options, APPLY)
    plane.kubectl("-n", namespace, "delete", "secret/key")
    plane.kubectl("-n", namespace, "create", "secret", "generic", "key")
    chosen = ObjectSelection(run_id=str(made.id))
    done = await runs.direct(delete_objects, cluster, chosen, run=APPLY)
    assert done.told[0] == "Completed"
    assert reasons(done)[1] == "already gone: it is gone, and another object has its name"
    assert objects(plane, namespace) == {"configmap/settings", "secret/key"}


async def test_a_set_is_deleted_by_its_name_with_its_parent_and_undo_makes_it_again(
    runs: Runs, make_cluster: MakeCluster, plane: ControlPlane, namespace: str
) -> None:
    cluster, options = await make_cluster(), ApplyOptions(namespace=namespace, apply_set="shop")
    made = await runs.direct(apply_yaml, cluster, MANIFEST, options, APPLY)
    assert made.told[0] == "Completed"
    plane.kubectl("-n", namespace, "create", "configmap", "other")
    chosen = ObjectSelection(apply_set="shop", namespaces=(namespace,))
    done = await runs.direct(delete_objects, cluster, chosen, run=APPLY)
    assert done.told[0] == "Completed"
    assert objects(plane, namespace) == {"configmap/other"}
    back = await runs.direct(undo, cluster, str(done.id), run=APPLY)
    assert back.told[0] == "Completed"
    assert objects(plane, namespace) == {*NAMES, "configmap/other", "secret/shop"}
    again = await runs.direct(delete_objects, cluster, chosen)
    assert "4 to delete" in again.told[1]


async def test_a_finalizer_that_holds_an_object_up_is_named_when_the_time_is_over(
    runs: Runs, make_cluster: MakeCluster, plane: ControlPlane, namespace: str
) -> None:
    cluster = await make_cluster()
    plane.kubectl("-n", namespace, "create", "configmap", "held")
    patch = ("-n", namespace, "patch", "configmap", "held", "--type=merge", "-p")
    plane.kubectl(*patch, '{"metadata": {"finalizers": ["example.com/hold"]}}')
    chosen, run = named(namespace, "cm/held"), APPLY.model_copy(update={"timeout_seconds": 1})
    held = await runs.direct(delete_objects, cluster, chosen, run=run)
    assert not held.record.verdict.good
    assert "held up by finalizer example.com/hold" in held.told[1]
    again = await runs.direct(delete_objects, cluster, chosen, run=run)
    assert again.told[0] == "Unchanged"
    assert "held by finalizer example.com/hold" in again.record.warnings[0]
    plane.kubectl(*patch, '{"metadata": {"finalizers": null}}')


async def test_a_deletion_completes_as_soon_as_its_finalizer_is_let_go(
    runs: Runs, make_cluster: MakeCluster, plane: ControlPlane, namespace: str
) -> None:
    cluster = await make_cluster()
    plane.kubectl("-n", namespace, "create", "configmap", "held")
    patch = ("-n", namespace, "patch", "configmap", "held", "--type=merge", "-p")
    plane.kubectl(*patch, '{"metadata": {"finalizers": ["example.com/hold"]}}')
    run = asyncio.create_task(
        runs.direct(delete_objects, cluster, named(namespace, "cm/held"), run=APPLY)
    )

    async def metadata() -> Any:
        return live(plane, namespace, "configmap/held")["metadata"]

    await until(metadata, lambda found: "deletionTimestamp" in found)
    plane.kubectl(*patch, '{"metadata": {"finalizers": null}}')
    assert (await run).told[0] == "Completed"


@pytest.mark.parametrize(
    ("chosen", "told"),
    [
        (ObjectSelection(kinds=("pods",), namespaces=("default",)), "set `all` if you mean it"),
        (ObjectSelection(kinds=("pods",), selector="a"), "Name the namespaces"),
        (ObjectSelection(kinds=("nonsense",), selector="a"), "serves no kind 'nonsense'"),
        (ObjectSelection(refs=(ObjectName(kind="pods", name="a"),)), "is in a namespace. Name it"),
        (ObjectSelection(run_id="none"), "no sealed plan of run none"),
    ],
)
async def test_a_selection_that_means_nothing_certain_is_refused(
    runs: Runs, make_cluster: MakeCluster, chosen: ObjectSelection, told: str
) -> None:
    run = await runs.direct(delete_objects, await make_cluster(), chosen, run=APPLY)
    assert not run.record.verdict.good
    assert told in run.told[1]
    assert not run.record.outcomes
