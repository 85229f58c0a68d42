"""Templates: saved as versions, checked, applied with variables, run again, put away.

- a version never changes, and who saves second at the same time gets the next number;
- secret variables come from a block, and their values are in the cluster and nowhere else;
- a value is a value: it cannot become structure on its way into the cluster.

A template is no object of the cluster: create, change and delete are those of its versions.
"""

import asyncio
import base64
import json
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from prefect import get_client

from blocks.variables import Variables
from flows.manifests import apply_yaml, rerun
from flows.templates import (
    check_template,
    delete_templates,
    list_templates,
    save_template,
    show_template,
)
from kube.execution.options import RunOptions
from kube.planners.apply import ApplyOptions
from sandbox.control_plane import ControlPlane
from tests.flows import haystack
from tests.flows.conftest import MakeCluster
from tests.flows.runs import Run, Runs, until

pytestmark = pytest.mark.cluster

APPLY = RunOptions(mode="apply", timeout_seconds=60)
TEXT = """
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data:
  theme: {{ theme }}
  url: "postgres://shop:{{ password }}@db/{{ theme }}"
---
apiVersion: v1
kind: Secret
metadata: {name: db}
stringData: {password: "{{ password }}"}
"""
VARIABLES = [
    {"name": "theme", "description": "How it looks.", "default": "spring"},
    {"name": "password", "secret": True},
]
Save = Callable[..., Awaitable[str]]


@pytest.fixture
def save(runs: Runs) -> Save:
    """Save the shop's template under a name nobody has, or a further version; return the name."""

    async def save(text: str = TEXT, name: str = "", **details: Any) -> str:
        name = name or f"t-{uuid.uuid4().hex[:10]}"
        saved = await runs.direct(
            save_template, name, text, {"variables": VARIABLES, "author": "ann", **details}
        )
        assert saved.told[0] == "Completed", saved.told
        return name

    return save


async def block_of(**values: Any) -> Variables:
    """Save a block of secret values."""
    block = Variables(values=values)
    await block.asave(f"v-{uuid.uuid4().hex[:10]}")
    return block


def data(plane: ControlPlane, namespace: str) -> dict[str, str]:
    path = f"/api/v1/namespaces/{namespace}/configmaps/settings"
    found: dict[str, str] = plane.api.request("GET", path)["data"]
    return found


def warned(run: Run) -> str:
    return " ".join(run.record.warnings)


async def test_an_edit_is_a_new_version_and_the_same_text_is_none(runs: Runs, save: Save) -> None:
    name = await save()
    again = await runs.direct(save_template, name, TEXT, {"variables": VARIABLES})
    assert again.told[0] == "Unchanged"
    await save(TEXT.replace("theme:", "look:"), name, note="renamed")
    shown = await runs.direct(list_templates)
    (row,) = (one for one in shown.record.result["templates"] if one["name"] == name)
    assert (row["version"], row["versions"], row["note"], row["author"]) == (2, 2, "renamed", "ann")
    assert [one["name"] for one in row["variables"]] == ["theme", "password"]
    first = await runs.direct(show_template, {"template": name, "version": 1})
    assert first.record.result["stored"]["template"]["text"] == TEXT
    assert "theme: spring" in first.record.result["rendered"]
    assert "password: '***'" in first.record.result["rendered"]


async def test_two_who_save_at_once_get_a_version_each(runs: Runs, save: Save) -> None:
    name = await save()
    texts = [TEXT.replace("db/", f"db-{number}/") for number in range(4)]
    await asyncio.gather(*(save(text, name) for text in texts))
    found = [
        await runs.direct(show_template, {"template": name, "version": number})
        for number in range(2, 6)
    ]
    kept = {one.record.result["stored"]["template"]["text"] for one in found}
    assert kept == set(texts)


@pytest.mark.parametrize(
    ("name", "text", "details", "told"),
    [
        ("Shop", TEXT, {"variables": VARIABLES}, "cannot be called 'Shop'"),
        ("../x", TEXT, {"variables": VARIABLES}, "cannot be called"),
        ("shop", "a: {{ b", {}, "line 1"),
        ("shop", "{% include 'x' %}", {}, "line 1"),
        ("shop", "apiVersion: v1\nkind: ConfigMap\n", {}, "document 1"),
        ("shop", TEXT.replace('"{{ password }}"', "hunter2"), {"variables": VARIABLES},
         "has the value of password in the text"),
        ("shop", TEXT, {"variables": [*VARIABLES, {"name": "theme"}]}, "declared twice: theme"),
        ("shop", TEXT, {"variables": [{"name": "theme", "pattern": "x+"}, VARIABLES[1]]},
         "No value can be made up for theme"),
    ],
)  # fmt: skip
async def test_what_is_no_good_is_not_saved(
    runs: Runs, name: str, text: str, details: dict[str, Any], told: str
) -> None:
    run = await runs.direct(save_template, name, text, details)
    assert run.told[0] == "Failed"
    assert told in run.told[1]
    assert "hunter2" not in run.record.model_dump_json()


async def test_what_is_not_declared_is_extracted(runs: Runs) -> None:
    name = f"t-{uuid.uuid4().hex[:10]}"
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: '{{ called }}'}\n"
    run = await runs.direct(save_template, name, text)
    assert "required texts: called" in warned(run)


async def test_a_check_tries_every_object_and_writes_nothing(
    runs: Runs, make_cluster: MakeCluster, plane: ControlPlane, namespace: str, save: Save
) -> None:
    cluster, options = await make_cluster(), ApplyOptions(namespace=namespace)
    good = await runs.direct(check_template, cluster, {"template": await save()}, options)
    assert good.told[0] == "Completed"
    assert "2 to create" in good.told[1]
    bad = await save(TEXT.replace("\ndata:", "\ndatum:"))
    found = await runs.direct(check_template, cluster, {"template": bad}, options)
    assert found.told[0] == "Invalid"
    assert "datum" in found.record.result["blockers"][0]
    assert "configmap/settings" not in plane.kubectl("-n", namespace, "get", "cm", "-o", "name")


async def test_a_version_is_applied_recorded_and_run_again_with_another_value(
    runs: Runs, make_cluster: MakeCluster, plane: ControlPlane, namespace: str, save: Save
) -> None:
    cluster, options = await make_cluster(), ApplyOptions(namespace=namespace)
    name, block = await save(), await block_of(password="one-password", another="x")
    await save(TEXT.replace("spring", "other").replace("db/", "new/"), name)
    source = {"template": name, "version": 1, "variables": {"theme": "a: b\n- x"}}
    run = await runs.direct(apply_yaml, cluster, source, options, APPLY, block)
    assert run.told[0] == "Completed"
    expected = {"theme": "a: b\n- x", "url": "postgres://shop:one-password@db/a: b\n- x"}
    assert data(plane, namespace) == expected
    told = run.record.result["source"]
    assert (told["name"], told["version"]) == (name, 1)
    assert told["variables"] == {"theme": "a: b\n- x", "password": "***"}
    second = await runs.direct(rerun, cluster, str(run.id), {}, APPLY)
    assert second.told[0] == "Unchanged"
    changes = {"variables": {"theme": "autumn"}, "version": 2}
    shown = await runs.direct(rerun, cluster, str(second.id), changes)
    assert "1 to update" in shown.told[1]
    assert data(plane, namespace) == expected
    third = await runs.direct(rerun, cluster, str(second.id), changes, APPLY)
    assert data(plane, namespace)["url"] == "postgres://shop:one-password@new/autumn"
    assert third.record.result["source"]["version"] == 2


async def test_a_text_is_run_again_as_it_was_and_has_no_variables(
    runs: Runs, make_cluster: MakeCluster, plane: ControlPlane, namespace: str
) -> None:
    cluster, options = await make_cluster(), ApplyOptions(namespace=namespace)
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {theme: spring}\n"
    run = await runs.direct(apply_yaml, cluster, {"text": text}, options, APPLY)
    plane.kubectl("-n", namespace, "delete", "configmap/settings")
    again = await runs.direct(rerun, cluster, str(run.id), {}, APPLY)
    assert again.told[0] == "Completed"
    assert data(plane, namespace) == {"theme": "spring"}
    refused = await runs.direct(rerun, cluster, str(run.id), {"variables": {"theme": "x"}})
    assert "no variables to change" in refused.told[1]
    unknown = await runs.direct(rerun, cluster, str(uuid.uuid4()))
    assert "applied no manifests" in unknown.told[1]
    other = await runs.direct(rerun, await make_cluster(), str(run.id))
    assert "not on" in other.told[1]


async def test_a_template_is_deleted_only_where_nothing_needs_it_and_never_lost(
    runs: Runs, make_cluster: MakeCluster, namespace: str, save: Save
) -> None:
    cluster, options = await make_cluster(), ApplyOptions(namespace=namespace)
    free, applied, scheduled = await save(), await save(), await save()
    source = {"template": applied}
    block = await block_of(password="some-password")
    done = await runs.direct(apply_yaml, cluster, source, options, APPLY, block)
    async with get_client() as client:
        flow_id = await client.create_flow(apply_yaml)
        parameters = {"manifests": {"template": scheduled}}
        deployment = await client.create_deployment(flow_id, scheduled, parameters=parameters)
    names = [free, applied, scheduled, "nobody"]
    run = await runs.direct(delete_templates, names)
    assert [one.status for one in run.record.outcomes] == [
        "changed", "blocked", "blocked", "failed",
    ]  # fmt: skip
    assert str(done.id) in run.record.outcomes[1].reason
    assert f"deployment apply-yaml/{scheduled}" in run.record.outcomes[2].reason
    forced = await runs.direct(delete_templates, names[:3], force=True)
    assert [one.status for one in forced.record.outcomes] == ["unchanged", "changed", "changed"]
    async with get_client() as client:
        await client.delete_deployment(deployment)
    refused = await runs.direct(apply_yaml, cluster, {"template": free}, options)
    assert "is archived" in refused.told[1]
    shown = await runs.direct(show_template, {"template": free})
    assert shown.record.result["stored"]["template"]["text"] == TEXT
    listed = await runs.direct(list_templates)
    assert not {free, applied} & {one["name"] for one in listed.record.result["templates"]}
    again = await save(TEXT, free)
    assert (await runs.direct(show_template, {"template": again})).told[1].endswith("version 2")


async def test_a_bundle_larger_than_a_parameter_comes_from_the_checkout(
    runs: Runs,
    make_cluster: MakeCluster,
    plane: ControlPlane,
    namespace: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cluster, options = await make_cluster(), ApplyOptions(namespace=namespace)
    (tmp_path / "shop").mkdir()
    for number in range(3):
        text = json.dumps({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"big-{number}"},
            "data": {"x": "y" * 600_000},
        })  # fmt: skip
        (tmp_path / "shop" / f"{number}.json").write_text(text)
    monkeypatch.chdir(tmp_path)
    run = await runs.direct(apply_yaml, cluster, {"path": "shop"}, options, APPLY)
    assert run.told[0] == "Completed"
    assert "configmap/big-2" in plane.kubectl("-n", namespace, "get", "cm", "-o", "name")
    shown = await runs.direct(apply_yaml, cluster, {"path": "../"}, options)
    assert "leads out of the checkout" in shown.told[1]


async def test_the_values_of_secret_variables_are_in_the_cluster_and_nowhere_else(
    runs: Runs,
    make_cluster: MakeCluster,
    plane: ControlPlane,
    namespace: str,
    save: Save,
    records: Path,
    prefect_home: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    cluster, options = await make_cluster(), ApplyOptions(namespace=namespace)
    canary = f"canary{uuid.uuid4().hex}"
    name, block = await save(), await block_of(password=canary)
    failing = "pin: '{% if password != 'sample' %}{{ password | int }}{% endif %}'"
    broken = await save(TEXT.replace("data:\n", f"data:\n  {failing}\n", 1))
    # The server quotes the value that it refuses.
    typed = await save(
        "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n"
        "spec: {ports: [{port: 80, protocol: '{{ password }}'}], externalName: '{{ theme }}'}\n"
    )  # fmt: skip
    done = [
        await runs.direct(apply_yaml, cluster, {"template": name}, options, APPLY, block),
        await runs.direct(apply_yaml, cluster, {"template": name}, options, APPLY, block),
        await runs.direct(show_template, {"template": name}, block),
        await runs.direct(apply_yaml, cluster, {"template": broken}, options, APPLY, block),
        await runs.direct(apply_yaml, cluster, {"template": typed}, options, APPLY, block),
        await runs.direct(check_template, cluster, {"template": typed}, options, block),
    ]
    assert data(plane, namespace)["url"] == f"postgres://shop:{canary}@db/spring"
    assert [run.told[0] for run in done[:3]] == ["Completed", "Unchanged", "Completed"]
    assert not done[3].record.verdict.good
    assert [run.told[0] for run in done[4:]] == ["Refused", "Invalid"]
    assert "***" in done[4].told[1]
    encoded = base64.b64encode(canary.encode()).decode()
    needles = {"canary": canary[:16], "end": canary[-16:], "encoded": encoded[4:20]}
    told = [repr(run.state) + run.record.model_dump_json() for run in done]
    ids = {"flow_runs": {"id": {"any_": [str(run.id) for run in done]}}}

    async def artifacts() -> Any:
        return await haystack.rows_of("artifacts", **ids)

    def all_shown(rows: Any) -> bool:
        return len(rows) >= len(done)

    told.append(repr(await until(artifacts, all_shown)))
    told += [repr(await haystack.rows_of(kind, **ids)) for kind in ("flow_runs", "task_runs")]
    assert haystack.found_in("\n".join([*told, caplog.text]), needles) == []
    files = haystack.files_below(prefect_home, records)
    assert any("template-uses" in str(path) for path in files)
    leaks = {str(path): haystack.found_in(content, needles) for path, content in files.items()}
    assert {path: found for path, found in leaks.items() if found} == {}


async def test_a_secret_variable_that_is_given_in_clear_is_refused_and_not_recorded(
    runs: Runs, make_cluster: MakeCluster, namespace: str, save: Save
) -> None:
    cluster, options = await make_cluster(), ApplyOptions(namespace=namespace)
    source = {"template": await save(), "variables": {"password": "hunter2-in-clear"}}
    run = await runs.direct(apply_yaml, cluster, source, options, APPLY)
    assert "The variable password is secret" in run.told[1]
    assert run.record.parameters["manifests"]["variables"] == {"password": "***"}
    assert "hunter2-in-clear" not in run.record.model_dump_json()
    shown = await runs.direct(show_template, source)
    assert "hunter2-in-clear" not in shown.record.model_dump_json()


async def test_it_runs_by_api_with_blocks_by_reference(
    runs: Runs, make_cluster: MakeCluster, plane: ControlPlane, namespace: str, save: Save
) -> None:
    cluster, name = await make_cluster(), await save()
    block = await block_of(password="by-reference")
    async with get_client() as client:
        deployment = await client.create_deployment(await client.create_flow(apply_yaml), name)
    run = await runs.by_api(
        apply_yaml,
        deployment,
        cluster={"$ref": {"block_document_slug": f"capstan-cluster/{cluster.name}"}},
        manifests={"template": name, "variables": {"theme": "summer"}},
        options={"namespace": namespace},
        run={"mode": "apply"},
        secrets={"$ref": {"block_document_slug": f"capstan-variables/{block.name}"}},
    )
    assert run.told[0] == "Completed"
    assert data(plane, namespace)["url"] == "postgres://shop:by-reference@db/summer"
    async with get_client() as client:
        await client.delete_deployment(deployment)
