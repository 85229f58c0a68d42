"""Apply, apply again and undo 1,000 objects, beside kubectl and beside a bare loader."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from sandbox.control_plane import ControlPlane
from tests.bench.manifests import OBJECTS, bundle

ROUNDS = 5


@dataclass(frozen=True)
class _Round:
    """What one round measured: ours as printed by the process, the others in seconds."""

    new: dict[str, Any]
    unchanged: dict[str, Any]
    undo: dict[str, Any]
    kubectl_new: float
    kubectl_unchanged: float
    bare: float


async def apply_benchmark(state: Path) -> list[str]:
    """Measure in rounds, all contenders in turn, and return the rows of the table, as Markdown."""
    store = state / "store"
    store.mkdir()
    with ControlPlane(state=state / "control-plane", nodes=1) as plane:
        _round(plane, store, state, "warm")  # the server's caches and schemas, for everybody
        rounds = [_round(plane, store, state, str(number)) for number in range(ROUNDS)]
    return _rows(rounds)


def _rows(rounds: list[_Round]) -> list[str]:
    def of(value: Callable[[_Round], float]) -> float:
        return median(value(one) for one in rounds)

    assert all("PATCH" not in one.unchanged["requests"] for one in rounds)
    memory = max(run["peak_megabytes"] for one in rounds for run in (one.new, one.undo))
    return [
        f"| {OBJECTS:,} objects | Capstan | beside it | ratio |",
        "|---|---|---|---|",
        f"| new: plan, guard, seal, write, record | {of(lambda r: r.new['seconds']):.2f} s "
        f"| `kubectl apply --server-side`: {of(lambda r: r.kubectl_new):.2f} s "
        f"| {of(lambda r: r.kubectl_new / r.new['seconds']):.1f} x as fast |",
        f"| the writes of it | {of(lambda r: r.new['parts']['write']):.2f} s "
        f"| bare loader: {of(lambda r: r.bare):.2f} s "
        f"| {of(lambda r: r.bare / r.new['parts']['write']):.2f} of its rate |",
        f"| unchanged, parsing included, 0 writes | {of(lambda r: r.unchanged['seconds']):.2f} s "
        f"| `kubectl apply --server-side`: {of(lambda r: r.kubectl_unchanged):.2f} s "
        f"| {of(lambda r: r.kubectl_unchanged / r.unchanged['seconds']):.1f} x as fast |",
        f"| undo | {of(lambda r: r.undo['seconds']):.2f} s "
        f"| apply: {of(lambda r: r.new['seconds']):.2f} s "
        f"| {of(lambda r: r.new['seconds'] / r.undo['seconds']):.1f} x as fast |",
        f"\nMemory of the flow process: {memory:.0f} MB at most.",
    ]


def _round(plane: ControlPlane, store: Path, folder: Path, number: str) -> _Round:
    ours, theirs, bare = (
        _bundle(plane, folder, f"{who}-{number}") for who in ("capstan", "kubectl", "bare")
    )
    new = _capstan(plane, store, "apply", str(ours))
    kubectl_new = _kubectl(plane, theirs)
    bare_seconds = _child(plane, "tests.bench.bare_once", str(bare))["seconds"]
    unchanged = _capstan(plane, store, "apply", str(ours))
    kubectl_unchanged = _kubectl(plane, theirs)
    undo = _capstan(plane, store, "undo", new["run"])
    return _Round(new, unchanged, undo, kubectl_new, kubectl_unchanged, bare_seconds)


def _bundle(plane: ControlPlane, folder: Path, namespace: str) -> Path:
    plane.api.request("POST", "/api/v1/namespaces", {"metadata": {"name": namespace}})
    file = folder / f"{namespace}.yaml"
    file.write_text(bundle(namespace))
    return file


def _capstan(plane: ControlPlane, store: Path, verb: str, argument: str) -> dict[str, Any]:
    return _child(plane, "tests.bench.apply_once", str(store), verb, argument)


def _child(plane: ControlPlane, module: str, *arguments: str) -> dict[str, Any]:
    command = [sys.executable, "-m", module, str(plane.kubeconfig), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _kubectl(plane: ControlPlane, manifests: Path) -> float:
    began = time.monotonic()
    plane.kubectl("apply", "--server-side", "-f", str(manifests))
    return time.monotonic() - began
