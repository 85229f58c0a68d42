"""deployments/production: what can be known of it without a registry and a cluster.

- every file parses, and every PREFECT_* name is a setting of the installed Prefect;
- what is kept and for how long is what Prefect reads out of the values;
- one image everywhere, tagged with the locked Prefect and the project's version;
- a secret is always a reference, and the templates of the secrets hold placeholders only;
- the work pool's jobs use each variable, and never start again by themselves.
"""

from __future__ import annotations

import importlib.util
import json
import re
from datetime import timedelta
from pathlib import Path

import pytest

from tests.unit.production_files import (
    FILES,
    OTHERS_SETTINGS,
    PRODUCTION,
    ROOT,
    SECRET_NAME,
    VALUES,
    documents,
    environment,
    everything,
    image,
    image_environment,
    nodes,
    prefect_settings,
)

SECRET_VALUE = {
    "a Fernet key": re.compile(r"(?<![\w-])[\w-]{43}="),
    "a token": re.compile(r"eyJ[\w-]{10,}"),
    "a key in PEM": re.compile(r"-----BEGIN"),
    "a password in an address": re.compile(r"://[^\s<:/]*:[^\s<@/]+@"),
}


@pytest.mark.parametrize("path", [p for p in FILES if p.suffix in {".yaml", ".json"}], ids=str)
def test_every_file_parses(path: Path) -> None:
    assert all(isinstance(document, dict) for document in documents(path.name))


@pytest.mark.xdist_group("prefect")
@pytest.mark.parametrize("name", [*VALUES, "setup.yaml"])
def test_every_name_is_a_setting_of_the_installed_prefect(name: str) -> None:
    names = {n for n in environment(name) if n.startswith("PREFECT_")}
    assert names
    assert names <= prefect_settings() | OTHERS_SETTINGS
    assert len(prefect_settings()) > 300


@pytest.mark.xdist_group("prefect")
def test_the_work_pool_sets_what_prefect_reads() -> None:
    pool = documents("work-pool.json")[0]["variables"]["properties"]["env"]["default"]
    assert set(pool) <= prefect_settings() | OTHERS_SETTINGS


def test_the_encryption_key_is_read_past_the_settings() -> None:
    """It is no setting: a wrong name would be ignored, and the key put into the database."""
    library = importlib.util.find_spec("prefect")
    assert library
    assert library.origin
    module = Path(library.origin).parent / "server" / "utilities" / "encryption.py"
    assert '"PREFECT_SERVER_ENCRYPTION_KEY"' in module.read_text()


@pytest.mark.xdist_group("prefect")
def test_a_misspelt_setting_would_be_found() -> None:
    assert "PREFECT_SERVER_API_AUTH_STRING" in prefect_settings()
    assert "PREFECT_SERVER_API_AUTH_STRINGS" not in prefect_settings()


@pytest.mark.xdist_group("prefect")
def test_prefect_reads_the_values_as_they_are_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, entry in environment("server-values.yaml").items():
        if "value" in entry:
            assert isinstance(entry["value"], str), f"{name}: Kubernetes takes strings only"
            monkeypatch.setenv(name, entry["value"])
    from prefect.settings import Settings

    server = Settings().server
    assert server.events.messaging_broker == "prefect_redis.messaging"
    assert server.events.messaging_cache == "prefect_redis.messaging"
    assert server.events.causal_ordering == "prefect_redis.ordering"
    assert server.concurrency.lease_storage == "prefect_redis.lease_storage"
    recorder = server.services.task_run_recorder
    assert (recorder.batch_size, recorder.read_batch_size, recorder.flush_interval) == (100, 100, 1)
    assert server.events.retention_period == timedelta(days=7)
    vacuum = server.services.db_vacuum
    assert vacuum.enabled_vacuum_types >= {"events", "flow_runs"}
    assert vacuum.retention_period == timedelta(days=90)
    assert not server.analytics_enabled


def test_one_image_is_used_everywhere_with_the_locked_prefect() -> None:
    repository, tag = image()
    found = everything()
    assert {n["prefectTag"] for n in found if "prefectTag" in n} == {tag}
    assert {n["repository"] for n in found if "repository" in n} == {repository}
    plain = {n["image"] for n in found if isinstance(n.get("image"), str)}
    default = documents("work-pool.json")[0]["variables"]["properties"]["image"]["default"]
    assert plain == {"{{ image }}", f"{repository}:{tag}"}
    assert default == f"{repository}:{tag}"
    for page in (PRODUCTION / "Dockerfile", ROOT / "docs" / "production.md"):
        assert f"{repository}:{tag}" in page.read_text()


def test_the_chart_takes_the_tag_for_a_version_of_prefect() -> None:
    assert re.match(r"\d+\.\d+\.\d+", image()[1])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
@pytest.mark.parametrize("kind", SECRET_VALUE)
def test_no_file_holds_a_secret(path: Path, kind: str) -> None:
    assert not SECRET_VALUE[kind].findall(path.read_text())


def test_the_search_for_secrets_would_find_one() -> None:
    from cryptography.fernet import Fernet

    assert SECRET_VALUE["a Fernet key"].search(f"key: {Fernet.generate_key().decode()}")
    address = SECRET_VALUE["a password in an address"]
    assert address.search("redis://default:hunter2@host:6379/0")
    assert address.search("redis://:hunter2@host:6379/0")


@pytest.mark.parametrize("name", [*VALUES, "setup.yaml"])
def test_what_is_secret_is_a_reference(name: str) -> None:
    in_clear = {n for n, entry in environment(name).items() if "value" in entry}
    harmless = {"PREFECT_API_URL", *OTHERS_SETTINGS}
    assert not {n for n in in_clear if SECRET_NAME.search(n)} - harmless
    assert "authString" not in {key for node in nodes(documents(name)) for key in node}


def test_templates_of_secrets_hold_placeholders_only() -> None:
    for secret in documents("secrets.yaml"):
        assert "data" not in secret
        for value in secret["stringData"].values():
            credentials = str(value).rpartition("@")[0].rpartition("//")[2] or str(value)
            assert re.fullmatch(r"<[\w-]+>(:<[\w-]+>)?", credentials), value


def test_every_secret_named_has_a_template_with_that_key() -> None:
    templates = {s["metadata"]["name"]: set(s["stringData"]) for s in documents("secrets.yaml")}
    named = {
        (node["secretKeyRef"]["name"], node["secretKeyRef"]["key"])
        for node in everything()
        if "secretKeyRef" in node
    }
    charts = {("capstan-auth", "auth-string"), ("capstan-database", "connection-string")}
    existing = {n["existingSecret"] for n in everything() if "existingSecret" in n}
    assert existing == {"capstan-auth"}
    assert documents("server-values.yaml")[0]["secret"] == {
        "create": False,
        "name": "capstan-database",
    }
    assert {(name, key) for name, keys in templates.items() for key in keys} == named | charts


def test_a_run_gets_the_password_by_reference() -> None:
    worker = environment("worker-values.yaml")
    prefix = "PREFECT_INTEGRATIONS_KUBERNETES_WORKER_API_AUTH_STRING_SECRET"
    named = (worker[f"{prefix}_NAME"]["value"], worker[f"{prefix}_KEY"]["value"])
    assert named == ("capstan-auth", "auth-string")


def test_the_work_pool_uses_the_variables_it_declares() -> None:
    (template,) = documents("work-pool.json")
    used = set(re.findall(r"\{\{ (\w+) \}\}", json.dumps(template["job_configuration"])))
    assert used == set(template["variables"]["properties"])


def test_a_job_runs_once_as_nobody_with_the_record_store() -> None:
    (template,) = documents("work-pool.json")
    job = template["job_configuration"]["job_manifest"]["spec"]
    defaults = {n: p.get("default") for n, p in template["variables"]["properties"].items()}
    # An evicted run must not start again by itself: it may have written half of its plan.
    assert defaults["backoff_limit"] == 0
    assert defaults["env"] == {"PREFECT_FLOW_RUN_EXECUTE_SIGTERM_BEHAVIOR": "crash"}
    pod = job["template"]["spec"]
    assert pod["restartPolicy"] == "Never"
    assert pod["securityContext"]["runAsNonRoot"]
    claims = {
        o["metadata"]["name"] for o in documents("namespace.yaml") if "PersistentV" in o["kind"]
    }
    volumes = {v["name"]: v for v in pod["volumes"]}
    assert {volumes["state"]["persistentVolumeClaim"]["claimName"]} == claims
    mounts = {m["name"]: m["mountPath"] for m in pod["containers"][0]["volumeMounts"]}
    assert mounts["state"] == image_environment()["CAPSTAN_STATE"]


@pytest.mark.parametrize("where", [*VALUES, "setup.yaml", "work-pool.json"])
def test_everything_lives_in_one_namespace(where: str) -> None:
    text = (PRODUCTION / where).read_text()
    assert set(re.findall(r"(?:\"namespace\"|\bnamespace): *(\w[\w-]*)", text)) <= {"capstan"}
    assert set(re.findall(r"--namespace (\S+)", text)) <= {"capstan"}
    assert documents("namespace.yaml")[0]["metadata"]["name"] == "capstan"


def test_the_manual_names_only_files_that_exist() -> None:
    page = (ROOT / "docs" / "production.md").read_text()
    named = set(re.findall(r"\b(?:deployments|docs|kube)/[\w./-]+\w", page))
    assert named
    assert not {name for name in named if not (ROOT / name).exists()}
