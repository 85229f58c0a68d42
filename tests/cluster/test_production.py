"""deployments/production as a real API server takes it: every object, and the Job of a run."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from sandbox.control_plane import ControlPlane

pytestmark = pytest.mark.cluster

PRODUCTION = Path(__file__).resolve().parents[2] / "deployments" / "production"
# As prefect-kubernetes fills them for each run, where the work pool has no default.
OF_A_RUN = {"name": "a-run", "labels": {"a": "b"}, "annotations": {"c": "d"}, "command": ["true"]}


def run_job() -> dict[str, Any]:
    """Return the Job of a run, its variables filled in."""
    template = json.loads((PRODUCTION / "work-pool.json").read_text())
    variables = template["variables"]["properties"]
    values = {name: field.get("default") for name, field in variables.items()} | OF_A_RUN
    values["env"] = [{"name": name, "value": value} for name, value in values["env"].items()]

    def filled(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: filled(item) for key, item in value.items()}
        if isinstance(value, list):
            return [filled(item) for item in value]
        if isinstance(value, str) and (whole := re.fullmatch(r"\{\{ (\w+) \}\}", value)):
            return values[whole[1]]
        return value.replace("{{ name }}", values["name"]) if isinstance(value, str) else value

    job: dict[str, Any] = filled(template["job_configuration"]["job_manifest"])
    return job


@pytest.fixture
def namespace_there(plane: ControlPlane) -> None:
    plane.kubectl("apply", "-f", str(PRODUCTION / "namespace.yaml"))


def strictly(plane: ControlPlane, text: str) -> str:
    """Create objects as a rehearsal; an unknown field is an error."""
    arguments = ("create", "-f", "-", "--dry-run=server", "--validate=strict", "-o", "name")
    return plane.kubectl(*arguments, stdin=text)


@pytest.mark.usefixtures("namespace_there")
def test_the_templates_of_the_secrets_are_secrets(plane: ControlPlane) -> None:
    made = strictly(plane, (PRODUCTION / "secrets.yaml").read_text()).split()
    assert made == [
        f"secret/capstan-{name}" for name in ("auth", "encryption", "database", "redis")
    ]


@pytest.mark.usefixtures("namespace_there")
def test_the_set_up_is_a_job(plane: ControlPlane) -> None:
    made = strictly(plane, (PRODUCTION / "setup.yaml").read_text())
    assert made.strip() == "job.batch/capstan-setup"


@pytest.mark.usefixtures("namespace_there")
def test_a_run_is_a_job_without_an_unknown_field(plane: ControlPlane) -> None:
    assert strictly(plane, json.dumps(run_job())).startswith("job.batch/a-run-")


@pytest.mark.usefixtures("namespace_there")
def test_the_jobs_meet_the_strictest_standard_for_pods(plane: ControlPlane, namespace: str) -> None:
    plane.kubectl("label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted")
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "a-run", "namespace": namespace},
        "spec": run_job()["spec"]["template"]["spec"] | {"serviceAccountName": "default"},
    }
    assert strictly(plane, json.dumps(pod)).strip() == "pod/a-run"
