from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox import stages


@pytest.fixture(scope="module")
def documents() -> list[dict[str, Any]]:
    rendered = stages.render(Path("/logs"))
    return [d for text in rendered.values() for d in yaml.safe_load_all(text)]


def test_names_are_unique(documents: list[dict[str, Any]]) -> None:
    names = [(d["kind"], d["metadata"]["name"]) for d in documents]
    assert len(set(names)) == len(names)


def test_every_pod_stage_sets_what_the_shared_template_reads(
    documents: list[dict[str, Any]],
) -> None:
    patches = [
        step["patch"]["template"]
        for d in documents
        if d["kind"] == "Stage" and d["spec"]["resourceRef"]["kind"] == "Pod"
        for step in d["spec"].get("steps", [])
        if "patch" in step
    ]
    assert len(patches) >= 4
    assert all(template.startswith("{{ $ended := ") for template in patches)
    assert all("containerStatuses:" in template for template in patches)


def test_every_alive_pod_stage_ends_with_the_pods_deletion(
    documents: list[dict[str, Any]],
) -> None:
    for d in documents:
        if d["kind"] == "Stage" and d["spec"]["resourceRef"]["kind"] == "Pod":
            first = d["spec"]["selector"]["matchExpressions"][0]
            wanted = "Exists" if d["metadata"]["name"] == "pod-stop" else "DoesNotExist"
            assert (first["key"], first["operator"]) == (".metadata.deletionTimestamp", wanted)


def test_healthy_and_troubled_pods_are_told_apart_by_one_question(
    documents: list[dict[str, Any]],
) -> None:
    by_name = {d["metadata"]["name"]: d for d in documents if d["kind"] == "Stage"}
    healthy, troubled = (
        by_name[name]["spec"]["selector"]["matchExpressions"][2]
        for name in ("pod-start", "pod-start-troubled")
    )
    assert healthy["key"] == troubled["key"]
    assert (healthy["values"], troubled["values"]) == (["false"], ["true"])


def test_no_volume_lies_on_this_machine(documents: list[dict[str, Any]]) -> None:
    volumes = next(d for d in documents if d["metadata"]["name"] == "claim-provision")
    assert "hostPath" not in str(volumes)
