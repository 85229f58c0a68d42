"""A bundle of 1,000 objects, as text for whoever applies it."""

from collections.abc import Iterator
from typing import Any

import yaml

KINDS = {"ConfigMap": 500, "Secret": 200, "ServiceAccount": 100, "Service": 100, "Deployment": 100}
OBJECTS = sum(KINDS.values())


def bundle(namespace: str) -> str:
    """Return the YAML of 1,000 objects of five kinds; its Deployments have no replicas.

    Pods that start would load the machine for whoever is measured next.
    """
    return yaml.dump_all(_objects(namespace), Dumper=yaml.CSafeDumper, sort_keys=False)


def _objects(namespace: str) -> Iterator[dict[str, Any]]:
    for kind, count in KINDS.items():
        for number in range(count):
            name = f"{kind.lower()}-{number:03d}"
            metadata = {"name": name, "namespace": namespace, "labels": {"app": name}}
            yield {**_TYPES[kind], "metadata": metadata, **_content(kind, name)}


_TYPES = {
    kind: {"apiVersion": "apps/v1" if kind == "Deployment" else "v1", "kind": kind}
    for kind in KINDS
}


def _content(kind: str, name: str) -> dict[str, Any]:
    match kind:
        case "ConfigMap":
            return {"data": {f"KEY_{i}": f"value {i} of {name}" for i in range(8)}}
        case "Secret":
            return {"stringData": {"password": f"secret of {name}"}}
        case "Service":
            return {"spec": {"clusterIP": "None", "selector": {"app": name}, "ports": _PORTS}}
        case "Deployment":
            return {"spec": _deployment(name)}
        case _:
            return {}


_PORTS = [{"name": "http", "port": 80, "targetPort": 8080}]


def _deployment(name: str) -> dict[str, Any]:
    container = {
        "name": "app",
        "image": "registry.example/app:1.0",
        "env": [{"name": f"SETTING_{i}", "value": f"value-{i}"} for i in range(8)],
        "ports": [{"containerPort": 8080}],
        "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"memory": "128Mi"}},
    }
    return {
        "replicas": 0,
        "selector": {"matchLabels": {"app": name}},
        "template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container]}},
    }
