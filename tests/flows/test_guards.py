"""Every guard with what a real API server tells of the objects it judges.

- mass delete: what goes with a Namespace and a CustomResourceDefinition, a bound claim, the last
  ready backends of a Service;
- a freeze window refuses, and what Helm keeps is a warning that stops nothing;
- quotas: what fits one by one and not together is refused, by the defaults of a LimitRange; a full
  quota lets an update pass that has no surge.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flows.manifests import apply_yaml
from flows.objects import delete_objects
from flows.plans import undo
from kube.clusters.freeze import FreezePeriod
from kube.execution.options import RunOptions
from kube.objects.selection import ObjectSelection
from kube.planners.apply import ApplyOptions
from sandbox.control_plane import ControlPlane
from tests.flows.conftest import MakeCluster
from tests.flows.runs import Run, Runs

pytestmark = pytest.mark.cluster

APPLY = RunOptions(mode="apply", timeout_seconds=60)
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {theme: spring}\n"
HEAVY = """
apiVersion: v1
kind: Namespace
metadata: {name: NAME-own}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: lamps.NAME.example}
spec:
  group: NAME.example
  scope: Namespaced
  names: {kind: Lamp, plural: lamps, singular: lamp}
  versions:
    - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data, namespace: NAME}
spec:
  accessModes: [ReadWriteOnce]
  storageClassName: ""
  volumeName: NAME
  resources: {requests: {storage: 1Gi}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: NAME}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "registry.example/web:1.0"}]}
"""
OTHERS = """
apiVersion: v1
kind: ConfigMap
metadata: {name: kept, namespace: NAME-own}
---
apiVersion: NAME.example/v1
kind: Lamp
metadata: {name: desk, namespace: NAME}
---
apiVersion: v1
kind: Service
metadata: {name: front, namespace: NAME}
spec: {selector: {app: web}, ports: [{port: 80}]}
"""
VOLUME = """
apiVersion: v1
kind: PersistentVolume
metadata: {name: NAME}
spec:
  capacity: {storage: 1Gi}
  accessModes: [ReadWriteOnce]
  persistentVolumeReclaimPolicy: Retain
  claimRef: {name: data, namespace: NAME}
  hostPath: {path: /tmp}
"""
QUOTA = """
apiVersion: v1
kind: ResourceQuota
metadata: {name: box}
spec: {hard: {requests.cpu: "1", pods: "2"}}
---
apiVersion: v1
kind: LimitRange
metadata: {name: sizes}
spec: {limits: [{type: Container, default: {cpu: 500m}, defaultRequest: {cpu: 400m}}]}
"""
WORKLOAD = """
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: NAME}
spec:
  replicas: 2
  strategy: {rollingUpdate: {maxSurge: SURGE, maxUnavailable: 1}}
  selector: {matchLabels: {app: NAME}}
  template:
    metadata: {labels: {app: NAME}}
    spec: {containers: [{name: web, image: "registry.example/web:1.0"}]}
"""


def rulings(run: Run, verdict: str) -> str:
    """The reasons of a run's rulings with this verdict, one a line."""
    found: list[Any] = run.record.result["rulings"]
    return "\n".join(each["reason"] for each in found if each["verdict"] == verdict)


async def test_deletions_that_take_more_with_them_ask_for_approval_and_say_what(
    runs: Runs, make_cluster: MakeCluster, plane: ControlPlane, namespace: str
) -> None:
    cluster = await make_cluster(max_deletions=3)
    plane.kubectl("apply", "-f", "-", stdin=VOLUME.replace("NAME", namespace))
    options = ApplyOptions(allow_mixed_namespaces=True)
    done = await runs.direct(apply_yaml, cluster, HEAVY.replace("NAME", namespace), options, APPLY)
    assert done.told[0] == "Completed", done.told
    plane.kubectl("apply", "-f", "-", stdin=OTHERS.replace("NAME", namespace))
    claim = f"-n {namespace} wait persistentvolumeclaim/data --timeout=30s"
    plane.kubectl(*claim.split(), "--for=jsonpath={.status.phase}=Bound")
    shown = await runs.direct(undo, cluster, str(done.id))
    told = rulings(shown, "needs approval")
    assert "deletes 4 objects, more than 3" in told
    assert f"deletes Namespace {namespace}-own: 1 ConfigMap would go with it" in told
    assert f"lamps.{namespace}.example: 1 Lamp would go with it" in told
    assert f"{namespace}/data: it is bound to volume {namespace}" in told
    assert f"Service {namespace}/front loses all of its ready pods (2)" in told
    assert f"Deployment {namespace}/web" in told
    plane.kubectl("delete", "namespace", f"{namespace}-own", "--wait=false")
    plane.kubectl("delete", "crd", f"lamps.{namespace}.example", "--wait=false")


async def test_deleting_most_of_what_a_selector_chooses_from_asks_for_approval(
    runs: Runs, make_cluster: MakeCluster, plane: ControlPlane, namespace: str
) -> None:
    for name in ("a", "b", "c"):
        plane.kubectl("-n", namespace, "create", "secret", "generic", name)
    plane.kubectl("-n", namespace, "label", "secret", "a", "b", "old=yes")
    chosen = ObjectSelection(kinds=("secrets",), namespaces=(namespace,), selector="old=yes")
    shown = await runs.direct(delete_objects, await make_cluster(), chosen)
    told = rulings(shown, "needs approval")
    assert "deletes 2 of the 3 objects that it selects from, more than 50 %" in told
    roomy = await make_cluster(max_deleted_percent=70)
    assert not rulings(await runs.direct(delete_objects, roomy, chosen), "needs approval")


async def test_a_freeze_window_refuses_before_the_first_write(
    runs: Runs, make_cluster: MakeCluster, plane: ControlPlane, namespace: str
) -> None:
    now = datetime.now(UTC)
    window = FreezePeriod(name="month end", start=now, end=now + timedelta(hours=1))
    cluster = await make_cluster(freeze_windows=[window])
    run = await runs.direct(apply_yaml, cluster, CONFIG, ApplyOptions(namespace=namespace), APPLY)
    assert run.told[0] == "Refused"
    assert "frozen now: month end" in run.told[1]
    assert "settings" not in plane.kubectl("-n", namespace, "get", "configmaps", "-o", "name")


async def test_what_helm_keeps_is_a_warning_on_the_page_and_stops_nothing(
    runs: Runs, make_cluster: MakeCluster, plane: ControlPlane, namespace: str
) -> None:
    place = ("-n", namespace)
    plane.kubectl(*place, "create", "configmap", "settings")
    for word, mark in (
        ("label", "app.kubernetes.io/managed-by=Helm"),
        ("annotate", "meta.helm.sh/release-name=shop"),
    ):
        plane.kubectl(*place, word, "configmap/settings", mark)
    cluster = await make_cluster()
    run = await runs.direct(apply_yaml, cluster, CONFIG, ApplyOptions(namespace=namespace), APPLY)
    assert run.told[0] == "Completed"
    assert f"keeps ConfigMap {namespace}/settings" in rulings(run, "warning")


@pytest.mark.parametrize(
    ("settings", "verdict", "told"),
    [
        ({"environment": "production"}, "needs approval", "somebody has to approve"),
        ({"allowed_namespaces": ["other"]}, "refused", "not among those allowed"),
        ({"max_objects_per_plan": 1}, "refused", "allows 1 in one plan"),
    ],
    ids=["production", "allowed namespaces", "plan size"],
)
async def test_a_plan_is_judged_by_the_settings_of_its_cluster(
    runs: Runs,
    make_cluster: MakeCluster,
    namespace: str,
    settings: dict[str, Any],
    verdict: str,
    told: str,
) -> None:
    cluster, options = await make_cluster(**settings), ApplyOptions(namespace=namespace)
    two = CONFIG + "---\n" + CONFIG.replace("settings", "more")
    run = await runs.direct(apply_yaml, cluster, two, options)
    assert told in rulings(run, verdict)


async def test_quotas_are_summed_over_the_plan_and_a_rollout_without_surge_fits_a_full_one(
    runs: Runs, make_cluster: MakeCluster, plane: ControlPlane, namespace: str
) -> None:
    cluster, options = await make_cluster(), ApplyOptions(namespace=namespace)
    plane.kubectl("-n", namespace, "apply", "-f", "-", stdin=QUOTA)
    full = f"-n {namespace} wait resourcequota/box --timeout=30s"
    plane.kubectl(*full.split(), "--for=jsonpath={.status.hard.pods}=2")
    web = WORKLOAD.replace("NAME", "web").replace("SURGE", "0")
    api = WORKLOAD.replace("NAME", "api").replace("SURGE", "0")
    both = await runs.direct(apply_yaml, cluster, web + api, options, APPLY)
    assert both.told[0] == "Refused"
    told = rulings(both, "refused")
    assert f"ResourceQuota {namespace}/box: the plan takes 4 more of pods" in told
    assert "takes 1.6 cores more of requests.cpu" in told
    assert "600m is missing" in told
    one = await runs.direct(apply_yaml, cluster, web, options, APPLY)
    assert one.told[0] == "Completed", one.told
    plane.kubectl(*full.split(), "--for=jsonpath={.status.used.pods}=2")
    newer = web.replace("web:1.0", "web:1.1")
    surging = newer.replace("maxSurge: 0", "maxSurge: 1")
    shown = await runs.direct(apply_yaml, cluster, surging, options)
    asked = rulings(shown, "needs approval")
    assert "while it is carried out, the plan takes 1 more of pods" in asked
    assert shown.record.result["blockers"] == []
    rolled = await runs.direct(apply_yaml, cluster, newer, options, APPLY)
    assert rolled.told[0] == "Completed", rolled.told
