"""ApplySets: what left the manifests is deleted, what is not of the set stays.

- a plan previews it; a second apply writes nothing, proved by the server's audit log;
- undo of an apply that pruned makes the pruned objects again, and puts the inventory back;
- kubectl understands the set, and neither tool touches the other's.
"""

import json
import os
import subprocess
from typing import Any

import pytest

from flows.manifests import apply_yaml
from flows.plans import apply_plan, recover, undo
from kube.execution.options import RunOptions
from kube.planners.apply import ApplyOptions
from kube.planners.apply_set import GROUP_KINDS, NAMESPACES, PART_OF, TOOLING, ApplySet
from sandbox.control_plane import ControlPlane
from tests.flows.conftest import MakeCluster
from tests.flows.runs import Runs

pytestmark = pytest.mark.cluster

APPLY = RunOptions(mode="apply", timeout_seconds=60)
SETTINGS = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {theme: spring}\n"
OTHER = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other}\ndata: {theme: autumn}\n"
KEY = "apiVersion: v1\nkind: Secret\nmetadata: {name: key}\ndata: {password: c3ByaW5n}\n"
ACCOUNT = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: shop}\n"


def bundle(*documents: str) -> str:
    return "---\n".join(documents)


def options(namespace: str) -> ApplyOptions:
    return ApplyOptions(namespace=namespace, apply_set="configmaps/shop")


def objects(plane: ControlPlane, namespace: str) -> set[str]:
    text = plane.kubectl("-n", namespace, "get", "cm,secrets,sa,deploy", "-o", "name")
    return set(text.split()) - {"configmap/kube-root-ca.crt", "serviceaccount/default"}


def annotations(plane: ControlPlane, namespace: str) -> dict[str, str]:
    text = plane.kubectl("-n", namespace, "get", "configmap/shop", "-o", "json")
    found: dict[str, str] = json.loads(text)["metadata"]["annotations"]
    return found


def writes_of(plane: ControlPlane, user: str) -> list[str]:
    """Return what a user wrote and the server stored, by its audit log."""
    assert plane.audit_log is not None
    entries = [json.loads(line) for line in plane.audit_log.read_text().splitlines()]
    return [
        f"{entry['verb']} {entry['requestURI']}"
        for entry in entries
        if entry["user"].get("username") == user
        and entry["verb"] not in ("get", "list", "watch")
        and "dryRun=All" not in entry["requestURI"]
        and "selfsubjectaccessreviews" not in entry["requestURI"]
    ]


def kubectl_apply(
    plane: ControlPlane, namespace: str, text: str
) -> subprocess.CompletedProcess[str]:
    """Apply with kubectl's own pruning by ApplySet, which is alpha and switched on by name."""
    return subprocess.run(
        [
            str(plane.binary("kubectl")),
            f"--kubeconfig={plane.kubeconfig}",
            *("-n", namespace, "apply", "-f", "-", "--server-side", "--force-conflicts"),
            *("--prune", "--applyset=configmaps/shop"),
        ],
        input=text,
        env=os.environ | {"KUBECTL_APPLYSET": "true", "KUBERC": "off"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


async def test_only_the_member_that_left_the_manifests_is_deleted_and_undo_makes_it_again(
    runs: Runs, make_cluster: MakeCluster, plane: ControlPlane, namespace: str
) -> None:
    cluster, chosen = await make_cluster(), options(namespace)
    first = await runs.direct(apply_yaml, cluster, bundle(SETTINGS, OTHER, KEY), chosen, APPLY)
    assert first.told[0] == "Completed"
    before = annotations(plane, namespace)
    assert (before[GROUP_KINDS], before[NAMESPACES]) == ("ConfigMap,Secret", "")
    # Labelled as one of another set, or of this one in a kind that the inventory does not name.
    plane.kubectl("-n", namespace, "create", "configmap", "foreign")
    plane.kubectl("-n", namespace, "create", "serviceaccount", "foreign")
    apply_set = ApplySet.named("configmaps/shop", namespace)
    plane.kubectl("-n", namespace, "label", "cm/foreign", f"{PART_OF}=applyset-other-v1")
    plane.kubectl("-n", namespace, "label", "sa/foreign", f"{PART_OF}={apply_set.id}")
    everything = objects(plane, namespace)

    shown = await runs.direct(apply_yaml, cluster, bundle(SETTINGS, OTHER), chosen)
    assert "1 to update, 1 to delete" in shown.told[1]
    assert objects(plane, namespace) == everything
    less = await runs.direct(apply_yaml, cluster, bundle(SETTINGS, OTHER), chosen, APPLY)
    assert less.told[0] == "Completed"
    assert objects(plane, namespace) == everything - {"secret/key"}
    assert annotations(plane, namespace)[GROUP_KINDS] == "ConfigMap"

    back = await runs.direct(undo, cluster, str(less.id), run=APPLY)
    assert back.told[0] == "Completed"
    assert objects(plane, namespace) == everything
    assert annotations(plane, namespace) == before
    assert "c3ByaW5n" not in less.record.model_dump_json() + back.record.model_dump_json()


async def test_an_inventory_is_widened_before_and_narrowed_after_and_both_go_back(
    runs: Runs, make_cluster: MakeCluster, plane: ControlPlane, namespace: str
) -> None:
    cluster, chosen = await make_cluster(), options(namespace)
    await runs.direct(apply_yaml, cluster, bundle(SETTINGS, KEY), chosen, APPLY)
    shown = await runs.direct(apply_yaml, cluster, bundle(SETTINGS, ACCOUNT), chosen)
    digest = shown.record.result["digest"]
    both = await runs.direct(apply_plan, cluster, str(shown.id), digest)
    assert both.told[0] == "Completed", both.told
    parents = [o.ref.name for o in both.record.outcomes if o.ref.kind == "ConfigMap"]
    assert parents == ["settings", "shop", "shop"]
    assert annotations(plane, namespace)[GROUP_KINDS] == "ConfigMap,ServiceAccount"
    done = await runs.direct(recover, cluster, str(both.id), run=APPLY)
    assert done.told[0] == "Unchanged"
    back = await runs.direct(undo, cluster, str(both.id), run=APPLY)
    assert back.told[0] == "Completed", back.told
    assert annotations(plane, namespace)[GROUP_KINDS] == "ConfigMap,Secret"
    assert objects(plane, namespace) == {"configmap/settings", "configmap/shop", "secret/key"}


@pytest.mark.parametrize("apply_set", ["", "configmaps/shop"], ids=["plain", "with prune"])
async def test_a_second_apply_sends_no_write(
    runs: Runs, make_cluster: MakeCluster, plane: ControlPlane, namespace: str, apply_set: str
) -> None:
    user = f"{namespace}-applier"
    cluster = await make_cluster(plane.user_kubeconfig(user, ("system:masters",)))
    chosen = ApplyOptions(namespace=namespace, apply_set=apply_set)
    text = bundle(SETTINGS, OTHER, KEY, ACCOUNT)
    await runs.direct(apply_yaml, cluster, text, chosen, APPLY)
    written = writes_of(plane, user)
    assert len(written) == 4 + bool(apply_set)  # the objects, and the parent of the set
    second = await runs.direct(apply_yaml, cluster, text, chosen, APPLY)
    assert second.told[0] == "Unchanged"
    assert writes_of(plane, user) == written


async def test_a_set_and_its_namespace_are_made_by_one_plan(
    runs: Runs, make_cluster: MakeCluster, plane: ControlPlane, namespace: str
) -> None:
    cluster, made = await make_cluster(), f"{namespace}-made"
    space = f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: {made}}}\n"
    chosen = ApplyOptions(namespace=made, apply_set="shop")
    first = await runs.direct(apply_yaml, cluster, bundle(space, SETTINGS), chosen, APPLY)
    assert first.told[0] == "Completed", first.told
    again = await runs.direct(apply_yaml, cluster, bundle(space, SETTINGS), chosen, APPLY)
    assert again.told[0] == "Unchanged"
    plane.api.request("DELETE", f"/api/v1/namespaces/{made}")


async def test_kubectl_prunes_a_set_of_ours_once_it_is_handed_over_and_not_before(
    runs: Runs, make_cluster: MakeCluster, plane: ControlPlane, namespace: str
) -> None:
    cluster, chosen = await make_cluster(), options(namespace)
    await runs.direct(apply_yaml, cluster, bundle(SETTINGS, OTHER, KEY), chosen, APPLY)
    refused = kubectl_apply(plane, namespace, SETTINGS)
    assert 'managed by tooling "capstan" instead of "kubectl"' in refused.stderr
    plane.kubectl(
        *("-n", namespace, "annotate", "--overwrite", "cm/shop", f"{TOOLING}=kubectl/v1.36")
    )
    pruned = kubectl_apply(plane, namespace, SETTINGS)
    assert pruned.returncode == 0, pruned.stderr
    assert objects(plane, namespace) == {"configmap/settings", "configmap/shop"}
    run = await runs.direct(apply_yaml, cluster, SETTINGS, chosen, APPLY)
    assert run.told[0] == "Refused"
    assert "is managed by kubectl" in run.told[1]


async def test_what_would_break_a_set_is_refused_before_the_first_write(
    runs: Runs, make_cluster: MakeCluster, plane: ControlPlane, namespace: str
) -> None:
    cluster, chosen = await make_cluster(), options(namespace)

    async def told(text: str, **changed: Any) -> str:
        updated = chosen.model_copy(update=changed)
        run = await runs.direct(apply_yaml, cluster, text, updated, APPLY)
        assert run.told[0] == "Refused"
        return run.told[1]

    await runs.direct(apply_yaml, cluster, SETTINGS, chosen, APPLY)
    assert "is the parent of the set" in await told(SETTINGS.replace("settings", "shop"))
    assert "is no parent of an ApplySet" in await told(KEY, apply_set="configmaps/settings")
    assert "member of another ApplySet" in await told(SETTINGS, apply_set="configmaps/two")
    assert "names no ApplySet" in await told(SETTINGS, apply_set="pods/two")
