"""The operation that docs/add-an-operation.md adds: its code is on the page, whole, and works."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

from flows.plans import undo
from kube.execution.options import RunOptions
from sandbox.control_plane import ControlPlane
from tests.flows.conftest import MakeCluster
from tests.flows.runs import Runs

PAGE = Path(__file__).parents[2] / "docs" / "add-an-operation.md"
MAX_LINES = 60
APPLY = RunOptions(mode="apply")


def blocks() -> list[tuple[str, str]]:
    """The code on the page: where each piece belongs, and its text."""
    found = re.findall(r"```python\n# (\S+)\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert [path.partition("/")[0] for path, _ in found] == ["kube", "tasks", "flows"]
    return found


@pytest.fixture
def operation(tmp_path: Path) -> Iterator[ModuleType]:
    """The flow's module; its pieces lie in a folder of the test and are imported by name."""
    loaded = []
    try:
        for path, text in blocks():
            file, name = tmp_path / path, path.removesuffix(".py").replace("/", ".")
            assert name not in sys.modules, "the page shows an operation that is not there yet"
            file.parent.mkdir(parents=True)
            file.write_text(text)
            spec = spec_from_file_location(name, file)
            assert spec is not None
            assert spec.loader is not None
            sys.modules[name] = module_from_spec(spec)
            loaded.append(name)
            spec.loader.exec_module(sys.modules[name])
        yield sys.modules[loaded[-1]]
    finally:
        for name in loaded:
            del sys.modules[name]


def test_an_operation_is_less_than_60_lines() -> None:
    assert sum(len(text.splitlines()) for _, text in blocks()) < MAX_LINES


@pytest.mark.cluster
async def test_the_operation_on_the_page_is_planned_applied_and_undone(
    runs: Runs,
    make_cluster: MakeCluster,
    plane: ControlPlane,
    namespace: str,
    operation: ModuleType,
) -> None:
    def team() -> str | None:
        found = json.loads(plane.kubectl("get", "namespace", namespace, "-o", "json"))
        value: str | None = found["metadata"]["labels"].get("team")
        return value

    flow, cluster = operation.label_namespaces, await make_cluster()
    options = {"names": [namespace], "labels": {"team": "shop"}}
    shown = await runs.direct(flow, cluster, options)
    assert "1 to update" in shown.told[1]
    assert "+    team: shop" in shown.record.result["changes"][0]["diff"]
    assert team() is None
    done = await runs.direct(flow, cluster, options, APPLY)
    assert done.told[0] == "Completed"
    assert team() == "shop"
    again = await runs.direct(flow, cluster, options, APPLY)
    assert again.told[0] == "Unchanged"
    back = await runs.direct(undo, cluster, str(done.id), run=APPLY)
    assert back.told[0] == "Completed"
    assert team() is None
