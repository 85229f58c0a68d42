"""Making a deleted object again from its before-image, and what that cannot bring back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kube.plans.change import Object
from kube.plans.normal import LAST_APPLIED, comparison_form

_BOUND_BY_CONTROLLER = "pv.kubernetes.io/bound-by-controller"
_SET_WHILE_BINDING = (
    "pv.kubernetes.io/bind-completed",
    _BOUND_BY_CONTROLLER,
    "volume.beta.kubernetes.io/storage-provisioner",
    "volume.kubernetes.io/selected-node",
    "volume.kubernetes.io/storage-provisioner",
)
_SET_BY_DELETION = ("foregroundDeletion", "orphan")
_JOB_UID_LABELS = ("batch.kubernetes.io/controller-uid", "controller-uid")
_TOKEN_VOLUME = "kube-api-access-"


def recreation(before: Object) -> Object:
    """Return the object to create so that a deleted one is there again.

    What the server set is left out, where it names the old object or would be refused: identity,
    counters and status everywhere, and per kind a Job's labels of its uid, the volume that a
    controller bound to a claim, a volume's memory of its claim's uid, the node and the token of a
    Pod. Addresses of a Service stay: they come back unless somebody else took them meanwhile.

    Args:
        before: The object as it was read before it was deleted; it is not changed.

    Source: Velero's restore item actions (job, pod, pvc, service); kubernetes pkg/registry/batch/
    job/strategy.go (generateSelector), pkg/controller/volume/persistentvolume.
    """
    body: Object = _copied(comparison_form(before))
    metadata = body["metadata"]
    manifest = (before["metadata"].get("annotations") or {}).get(LAST_APPLIED)
    if manifest is not None:
        metadata["annotations"] = {**metadata.get("annotations", {}), LAST_APPLIED: manifest}
    _drop(metadata, "finalizers", _SET_BY_DELETION)
    clean = _CLEANERS.get(_kind(before))
    if clean is not None:
        clean(body)
    return body


def losses(before: Object) -> tuple[str, ...]:
    """Return what does not come back when this object is deleted and made again, as sentences.

    Args:
        before: The object as it is before it is deleted.
    """
    sentences = ["It gets a new uid: references to the old one lead nowhere."]
    if before["metadata"].get("ownerReferences"):
        sentences.append("It is collected as garbage again if its owner is gone too.")
    found = _LOSSES.get(_kind(before), ())
    sentences += found if isinstance(found, tuple) else found(before)
    return tuple(sentences)


def _kind(obj: Object) -> tuple[str, str]:
    return str(obj.get("apiVersion", "")).rpartition("/")[0], str(obj.get("kind"))


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _copied(each) for name, each in value.items()}
    return [_copied(each) for each in value] if isinstance(value, list) else value


def _drop(parent: Any, name: str, unwanted: tuple[str, ...]) -> None:
    """Drop keys of a map, or members of a list; drop it too once it is empty."""
    value = parent.get(name) if isinstance(parent, dict) else None
    if not value:
        return
    if isinstance(value, dict):
        parent[name] = {key: each for key, each in value.items() if key not in unwanted}
    else:
        parent[name] = [each for each in value if each not in unwanted]
    if not parent[name]:
        del parent[name]


def _clean_claim(body: Object) -> None:
    annotations = body["metadata"].get("annotations", {})
    if _BOUND_BY_CONTROLLER in annotations:
        body["spec"].pop("volumeName", None)
    _drop(body["metadata"], "annotations", _SET_WHILE_BINDING)


def _clean_volume(body: Object) -> None:
    # Without a uid the volume stays reserved for the claim of that name.
    _drop(body["spec"], "claimRef", ("uid", "resourceVersion"))
    _drop(body["metadata"], "annotations", _SET_WHILE_BINDING)


def _clean_job(body: Object) -> None:
    spec = body["spec"]
    _drop(body["metadata"], "labels", _JOB_UID_LABELS)
    _drop(spec.get("template", {}).get("metadata"), "labels", _JOB_UID_LABELS)
    if not spec.get("manualSelector"):
        spec.pop("selector", None)


def _clean_pod(body: Object) -> None:
    spec = body["spec"]
    for name in ("nodeName", "ephemeralContainers", "priority"):
        spec.pop(name, None)
    tokens = [v for v in spec.get("volumes", ()) if v["name"].startswith(_TOKEN_VOLUME)]
    for container in (*spec.get("containers", ()), *spec.get("initContainers", ())):
        mounts = container.get("volumeMounts", ())
        unwanted = tuple(m for m in mounts if m["name"].startswith(_TOKEN_VOLUME))
        _drop_elements(container, "volumeMounts", unwanted)
    _drop_elements(spec, "volumes", tuple(tokens))


def _drop_elements(parent: Object, name: str, unwanted: tuple[Any, ...]) -> None:
    kept = [each for each in parent.get(name, ()) if each not in unwanted]
    if kept:
        parent[name] = kept
    else:
        parent.pop(name, None)


_CLEANERS: Mapping[tuple[str, str], Callable[[Object], None]] = {
    ("", "PersistentVolumeClaim"): _clean_claim,
    ("", "PersistentVolume"): _clean_volume,
    ("", "Pod"): _clean_pod,
    ("batch", "Job"): _clean_job,
}


def _service_losses(before: Object) -> tuple[str, ...]:
    spec = before.get("spec") or {}
    addresses = [address for address in spec.get("clusterIPs", ()) if address != "None"]
    addresses += [f"node port {p['nodePort']}" for p in spec.get("ports", ()) if p.get("nodePort")]
    sentences = []
    if addresses:
        sentences.append(f"{', '.join(addresses)} come back only if nobody took them meanwhile.")
    if spec.get("type") == "LoadBalancer":
        sentences.append("Its load balancer is built anew and may get another address.")
    return tuple(sentences)


def _claim_losses(before: Object) -> tuple[str, ...]:
    volume = (before.get("spec") or {}).get("volumeName")
    if not volume:
        return ()
    return (
        f"Its data does not come back: a new volume is bound. PersistentVolume {volume} keeps the "
        "data only under the reclaim policy Retain, and is bound again by hand.",
    )


_PODS = "Its Pods are replaced by new ones, and its former revisions are gone."
_LOSSES: Mapping[tuple[str, str], tuple[str, ...] | Callable[[Object], tuple[str, ...]]] = {
    ("", "Namespace"): ("Nothing that was in the namespace comes back with it.",),
    ("", "Node"): ("Its Pods were removed; the machine's kubelet has to register again.",),
    ("", "PersistentVolume"): ("Its claim is bound again only if it still asks for it by name.",),
    ("", "PersistentVolumeClaim"): _claim_losses,
    ("", "Pod"): ("Its containers start anew, maybe on another node; emptyDir and logs are gone.",),
    ("", "Service"): _service_losses,
    ("", "ServiceAccount"): ("Tokens that were issued for it before are not valid any more.",),
    ("apiextensions.k8s.io", "CustomResourceDefinition"): (
        "No custom resource of this kind comes back with it.",
    ),
    ("apps", "DaemonSet"): (_PODS,),
    ("apps", "Deployment"): (_PODS,),
    ("apps", "ReplicaSet"): ("Its Pods are replaced by new ones.",),
    ("apps", "StatefulSet"): (
        _PODS,
        "Its claims are used again unless their retention policy deleted them.",
    ),
    ("batch", "CronJob"): ("It forgets when it last ran, and its former Jobs are gone.",),
    ("batch", "Job"): ("It runs again from the start, also if it had finished.",),
}
