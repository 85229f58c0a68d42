"""A plan of forty writes of mixed kinds: sixteen creates, sixteen updates and eight deletes."""

from __future__ import annotations

import yaml

CONTAINERS = "containers: [{name: web, image: r.invalid/w:VERSION}]"
TEMPLATE = f"{{metadata: {{labels: {{app: NAME}}}}, spec: {{{CONTAINERS}}}}}"
SUSPENDED = TEMPLATE.replace("spec: {", "spec: {restartPolicy: Never, ")
# What differs between the versions is marked VERSION: a digit, in whatever field takes one.
KINDS = {
    "ConfigMap": "apiVersion: v1\ndata: {a: vVERSION, same: here}",
    "Secret": "apiVersion: v1\nstringData: {key: sVERSION, same: here}",
    "ServiceAccount": "apiVersion: v1\nautomountServiceAccountToken: false",
    "Service": "apiVersion: v1\nspec: {clusterIP: None, selector: {app: NAME},"
    " ports: [{name: http, port: 808VERSION}, {name: same, port: 90}]}",
    "Deployment": "apiVersion: apps/v1\nspec: {replicas: 0, selector: {matchLabels: {app: NAME}},"
    f" template: {TEMPLATE}}}",
    "StatefulSet": "apiVersion: apps/v1\nspec: {replicas: 0, serviceName: NAME,"
    f" selector: {{matchLabels: {{app: NAME}}}}, template: {TEMPLATE}}}",
    "CronJob": "apiVersion: batch/v1\nspec: {schedule: 'VERSION 0 1 1 *', suspend: true,"
    f" jobTemplate: {{spec: {{template: {SUSPENDED}}}}}}}",
    "Job": "apiVersion: batch/v1\nspec: {suspend: true, parallelism: VERSION, template: {spec:"
    " {restartPolicy: Never, containers: [{name: a, image: r.invalid/a}]}}}",
    "Role": "apiVersion: rbac.authorization.k8s.io/v1\n"
    "rules: [{apiGroups: [''], resources: [podsVERSION], verbs: [get]}]",
    "RoleBinding": "apiVersion: rbac.authorization.k8s.io/v1\n"
    "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: some}\n"
    "subjects: [{kind: User, apiGroup: rbac.authorization.k8s.io, name: uVERSION}]",
    "NetworkPolicy": "apiVersion: networking.k8s.io/v1\nspec: {podSelector: {matchLabels: "
    "{v: vVERSION}}, policyTypes: [Ingress]}",
    "Ingress": "apiVersion: networking.k8s.io/v1\n"
    "spec: {defaultBackend: {service: {name: s, port: {number: 8VERSION}}}}",
    "PodDisruptionBudget": "apiVersion: policy/v1\n"
    "spec: {minAvailable: VERSION, selector: {matchLabels: {app: NAME}}}",
    "HorizontalPodAutoscaler": "apiVersion: autoscaling/v2\nspec: {maxReplicas: 1VERSION,"
    " scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: nobody}}",
    "Lease": "apiVersion: coordination.k8s.io/v1\nspec: {holderIdentity: hVERSION}",
    "PriorityClass": "apiVersion: scheduling.k8s.io/v1\nvalue: 7\ndescription: dVERSION",
}
CLUSTER_SCOPED = ("PriorityClass",)
DELETED = ("ConfigMap", "Secret", "Service", "Deployment", "Role", "Ingress", "Lease", "CronJob")


def before(namespace: str) -> str:
    """Return the manifests of what is there before: 16 objects to change and 8 to delete."""
    changed = [_object(kind, "changed", namespace, 1) for kind in KINDS]
    return _text(changed + [_object(kind, "deleted", namespace, 1) for kind in DELETED])


def wanted(namespace: str) -> str:
    """Return the manifests of what is to be applied: 16 objects anew and 16 changed."""
    return _text(
        [_object(kind, name, namespace, 2) for name in ("changed", "made") for kind in KINDS]
    )


def _object(kind: str, name: str, namespace: str, version: int) -> dict[str, object]:
    text = KINDS[kind].replace("VERSION", str(version)).replace("NAME", name)
    body: dict[str, object] = {"kind": kind, **yaml.safe_load(text)}
    labels = {"of": "faults", "version": f"v{version}"}
    if kind in CLUSTER_SCOPED:
        return {**body, "metadata": {"name": f"{namespace}-{name}", "labels": labels}}
    return {**body, "metadata": {"name": name, "namespace": namespace, "labels": labels}}


def _text(objects: list[dict[str, object]]) -> str:
    return yaml.safe_dump_all(objects)
