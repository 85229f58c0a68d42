"""The project's `prefect.yaml`, made into the file of one work pool.

A deployment can have one work pool only, so every flow is deployed once for each pool, under the
pool's name: `refresh-cluster/default`, `refresh-cluster/edge`.
"""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml

DEFAULT_POOL = "default"
Document = dict[str, Any]


def file_of_pool(file: Path, pool: str) -> Document:
    """Return the file with every deployment named like the pool and run in it.

    Args:
        file: The project's `prefect.yaml`.
        pool: Name of the work pool; only the default one keeps the schedules, or each of them
            would fire once for every pool.
    """
    document: Document = yaml.safe_load(file.read_text())
    # YAML's anchors make the entries share one work pool; a copy of each keeps them apart.
    document["deployments"] = [_entry(deepcopy(e), pool) for e in document["deployments"]]
    return document


def deployments(document: Document) -> dict[str, Document]:
    """Return the entries of a file by `flow/deployment`."""
    return {deployment_name(entry): entry for entry in document["deployments"]}


def deployment_name(entry: Document) -> str:
    """Return `flow/deployment` of an entry: the flow's name is its function's, with dashes."""
    function = str(entry["entrypoint"]).rpartition(".")[2]
    return f"{function.replace('_', '-')}/{entry['name']}"


def _entry(entry: Document, pool: str) -> Document:
    entry["name"] = pool
    entry["work_pool"] = {**(entry.get("work_pool") or {}), "name": pool}
    if pool != DEFAULT_POOL:
        entry.pop("schedules", None)
    return entry
