"""The files of deployments/production, read for their tests."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
PRODUCTION = ROOT / "deployments" / "production"
FILES = sorted(path for path in PRODUCTION.iterdir() if path.is_file())
LOCK = ROOT / "requirements-production.lock"
VALUES = ("server-values.yaml", "worker-values.yaml")
# Settings of the integrations, which the development environment does not have (prefect-redis
# 0.3.0, prefect-kubernetes 0.8.0), and two names that Prefect reads past its settings.
OTHERS_SETTINGS = {
    "PREFECT_REDIS_MESSAGING_URL",
    "PREFECT_INTEGRATIONS_KUBERNETES_WORKER_API_AUTH_STRING_SECRET_NAME",
    "PREFECT_INTEGRATIONS_KUBERNETES_WORKER_API_AUTH_STRING_SECRET_KEY",
    "PREFECT_INTEGRATIONS_KUBERNETES_OBSERVER_NAMESPACES",
    "PREFECT_FLOW_RUN_EXECUTE_SIGTERM_BEHAVIOR",
    "PREFECT_SERVER_ENCRYPTION_KEY",
}
SECRET_NAME = re.compile(r"AUTH_STRING$|KEY$|PASSWORD|TOKEN|_URL$")


@cache
def documents(name: str) -> list[Any]:
    """Return the documents of a YAML or JSON file."""
    text = (PRODUCTION / name).read_text()
    return (
        [json.loads(text)]
        if name.endswith(".json")
        else list(yaml.load_all(text, yaml.CSafeLoader))
    )


def nodes(value: Any) -> Iterator[dict[str, Any]]:
    """Return every mapping in a document."""
    if isinstance(value, dict):
        yield value
    for child in value.values() if isinstance(value, dict) else value:
        if isinstance(child, dict | list):
            yield from nodes(child)


def everything() -> list[dict[str, Any]]:
    names = [path.name for path in FILES if path.suffix in {".yaml", ".json"}]
    return [node for name in names for node in nodes(documents(name))]


def environment(name: str) -> dict[str, dict[str, Any]]:
    """Return the entries of all `env` lists of a file, by name."""
    found = [
        n for n in nodes(documents(name)) if set(n) in ({"name", "value"}, {"name", "valueFrom"})
    ]
    return {str(entry["name"]): entry for entry in found}


@cache
def prefect_settings() -> frozenset[str]:
    """Return the environment variables that the installed Prefect reads."""
    from prefect.settings import Settings  # here: not every worker of a run has to load Prefect

    return frozenset(
        name.upper()
        for node in nodes(Settings.model_json_schema())
        for name in node.get("supported_environment_variables", ())
    )


def instructions() -> list[tuple[str, str]]:
    """Return the Dockerfile's instructions with their arguments, on one line each."""
    text = (PRODUCTION / "Dockerfile").read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(word, " ".join(rest.split())) for word, _, rest in (li.partition(" ") for li in lines)]


def arguments(instruction: str) -> list[str]:
    return [rest for word, rest in instructions() if word == instruction]


def copied() -> set[str]:
    return {source for rest in arguments("COPY") for source in rest.split()[:-1]}


def image_environment() -> dict[str, str]:
    """Return the variables that the Dockerfile sets."""
    return dict(item.split("=", 1) for rest in arguments("ENV") for item in rest.split())


def image() -> tuple[str, str]:
    """Return repository and tag of the image, out of the lock file and the project's version."""
    prefect = re.search(r"^prefect==(\S+)", LOCK.read_text(), flags=re.MULTILINE)
    assert prefect
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return str(project["name"]), f"{prefect[1]}-{project['name']}{project['version']}"
