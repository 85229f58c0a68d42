import datetime
import json
import re
import stat
import subprocess
from collections.abc import Collection

import pytest
import yaml

from sandbox import versions
from sandbox.control_plane import ControlPlane
from sandbox.errors import ApiRefused, KubectlFailed, StateInUse

pytestmark = pytest.mark.cluster


def as_user(
    plane: ControlPlane, kubeconfig: str, *arguments: str
) -> subprocess.CompletedProcess[str]:
    """Run kubectl with somebody's kubeconfig."""
    path = plane.state / "somebody"
    path.write_text(kubeconfig)
    command = [str(plane.binary("kubectl")), f"--kubeconfig={path}", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=30)


def audited(plane: ControlPlane, users: Collection[str]) -> list[str]:
    """List what users asked for, newest last."""
    assert plane.audit_log is not None
    entries = [json.loads(line) for line in plane.audit_log.read_text().splitlines()]
    return [f"{e['verb']} {e['requestURI']}" for e in entries if e["user"].get("username") in users]


def test_the_server_says_its_version(plane: ControlPlane) -> None:
    assert plane.api.request("GET", "/version")["gitVersion"] == f"v{versions.KUBERNETES}"


def test_helm_says_its_version(plane: ControlPlane) -> None:
    command = [str(plane.binary("helm")), "version", "--short"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    assert re.match(rf"v{re.escape(versions.HELM)}\b", run.stdout)


def test_everything_listens_on_loopback_only(plane: ControlPlane) -> None:
    assert plane.url.startswith("https://127.0.0.1:")
    commands = [argument for child in plane.components for argument in child.command]
    assert not [a for a in commands if "0.0.0.0" in a]


def test_the_kubeconfig_is_private_and_whole(plane: ControlPlane) -> None:
    assert stat.S_IMODE(plane.kubeconfig.stat().st_mode) == 0o600
    config = yaml.safe_load(plane.kubeconfig_text)
    assert config["clusters"][0]["cluster"]["server"] == plane.url
    assert set(config["users"][0]["user"]) == {"client-certificate-data", "client-key-data"}


def test_all_nodes_can_be_scheduled_to(plane: ControlPlane) -> None:
    nodes = json.loads(plane.kubectl("get", "nodes", "-o", "json"))["items"]
    assert len(nodes) >= 3
    assert not [n for n in nodes if n["spec"].get("taints")]


def test_nodes_can_be_added_in_any_size(plane: ControlPlane) -> None:
    (name,) = plane.add_nodes(1, cpu="2", memory="3Gi", pods=4)
    try:
        node = plane.api.request("GET", f"/api/v1/nodes/{name}")
        assert node["status"]["allocatable"] == {"cpu": "2", "memory": "3Gi", "pods": "4"}
        assert node["metadata"]["labels"]["kubernetes.io/hostname"] == name
    finally:
        plane.api.request("DELETE", f"/api/v1/nodes/{name}")


def test_a_failing_kubectl_says_why(plane: ControlPlane) -> None:
    with pytest.raises(KubectlFailed, match=r'get pod absent: .*pods "absent" not found'):
        plane.kubectl("get", "pod", "absent")


def test_kubectl_reads_what_it_is_given(plane: ControlPlane, namespace: str) -> None:
    manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "given"}}
    plane.kubectl("-n", namespace, "apply", "-f", "-", stdin=json.dumps(manifest))
    assert "given" in plane.kubectl("-n", namespace, "get", "configmaps", "-o", "name")


def test_a_user_may_do_what_its_group_may(plane: ControlPlane, namespace: str) -> None:
    alice = plane.user_kubeconfig("alice", groups=("dev",), namespace=namespace)
    refused = as_user(plane, alice, "get", "pods")
    assert 'pods is forbidden: User "alice" cannot list resource "pods"' in refused.stderr
    plane.kubectl(
        "-n", namespace, "create", "rolebinding", "v", "--clusterrole=view", "--group=dev"
    )
    plane.wait_until(
        "binding", lambda: as_user(plane, alice, "get", "pods").returncode == 0, timeout_seconds=10
    )
    assert as_user(plane, alice, "create", "configmap", "x").returncode != 0


def test_an_expired_user_is_nobody(plane: ControlPlane) -> None:
    end = datetime.datetime.now(datetime.UTC) - datetime.timedelta(minutes=1)
    run = as_user(plane, plane.user_kubeconfig("alice", not_after=end), "get", "pods")
    assert run.returncode != 0
    assert "must be logged in" in run.stderr


def test_the_audit_log_shows_what_a_user_asked_for_and_nothing_of_ours(
    plane: ControlPlane, namespace: str
) -> None:
    carol = plane.user_kubeconfig(f"carol-{namespace}", ("system:masters",))
    as_user(plane, carol, "-n", namespace, "create", "configmap", "x", "--dry-run=server")
    seen = audited(plane, [f"carol-{namespace}"])
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    assert any(line.startswith(f"create {path}?dryRun=All") for line in seen)
    assert not audited(plane, ["kwok", "sandbox"])


def test_there_is_a_default_storage_class(plane: ControlPlane) -> None:
    storage = plane.api.request("GET", "/apis/storage.k8s.io/v1/storageclasses/sim")
    annotations = storage["metadata"]["annotations"]
    assert annotations["storageclass.kubernetes.io/is-default-class"] == "true"
    assert storage["allowVolumeExpansion"] is True


def test_a_webhook_without_a_backend_is_refused_at_once(
    plane: ControlPlane, namespace: str
) -> None:
    """The call stays on this machine: the Service range lies inside loopback."""
    service = {
        "metadata": {"name": "hook"},
        "spec": {"ports": [{"port": 443}], "selector": {"app": "hook"}},
    }
    plane.api.request("POST", f"/api/v1/namespaces/{namespace}/services", service)
    hook = {
        "metadata": {"name": namespace},
        "webhooks": [
            {
                "name": "hook.example.com",
                "clientConfig": {"service": {"name": "hook", "namespace": namespace}},
                "rules": [
                    {
                        "apiGroups": [""],
                        "apiVersions": ["v1"],
                        "operations": ["CREATE"],
                        "resources": ["configmaps"],
                    }
                ],
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
                "sideEffects": "None",
                "admissionReviewVersions": ["v1"],
                "failurePolicy": "Fail",
            }
        ],
    }
    hooks = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
    plane.api.request("POST", hooks, hook)

    def refused() -> bool:
        try:
            body = {"metadata": {"generateName": "x-"}}
            plane.api.request("POST", f"/api/v1/namespaces/{namespace}/configmaps", body)
        except ApiRefused as error:
            return "connection refused" in str(error)
        return False

    try:
        plane.wait_until("the webhook's refusal", refused, timeout_seconds=15)
    finally:
        plane.api.request("DELETE", f"{hooks}/{namespace}")


def test_usage_is_what_the_annotations_say_and_something_even_where_nothing_runs(
    plane: ControlPlane, namespace: str
) -> None:
    notes = {"kwok-sim/cpu": "200m", "kwok-sim/memory": "100Mi"}
    spec = {"containers": [{"name": "app", "image": "app:1"}]}
    pod = {"metadata": {"name": "busy", "annotations": notes}, "spec": spec}
    plane.api.request("POST", f"/api/v1/namespaces/{namespace}/pods", pod)
    (name,) = plane.add_nodes(1)
    metrics = "/apis/metrics.k8s.io/v1beta1"

    def used() -> dict[str, str]:
        items = plane.api.request("GET", f"{metrics}/namespaces/{namespace}/pods")["items"]
        usage: dict[str, str] = items[0]["containers"][0]["usage"] if items else {}
        return usage

    def empty() -> dict[str, str]:
        usage: dict[str, str] = plane.api.request("GET", f"{metrics}/nodes/{name}").get("usage", {})
        return usage

    # Together, since the figures come every ten seconds, and two of them make a usage.
    plane.wait_until("metrics", lambda: bool(used() and empty()), timeout_seconds=60)
    assert used()["memory"] == "100Mi"
    assert used()["cpu"].endswith("n")
    assert 0.19 < int(used()["cpu"][:-1]) / 1e9 < 0.21
    assert empty()["memory"] == "200Mi"
    plane.api.request("DELETE", f"/api/v1/nodes/{name}")


def test_its_folder_is_its_own(plane: ControlPlane) -> None:
    with pytest.raises(StateInUse):
        ControlPlane(state=plane.state).start()
    assert plane.kubectl("get", "--raw", "/readyz") == "ok"
