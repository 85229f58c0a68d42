"""Refresh of a large cluster beside `kubectl get` of the same objects, in the same run."""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from kube.api.client import ApiClient
from kube.api.kubeconfig import parse_kubeconfig
from sandbox.control_plane import ControlPlane
from tests.bench.population import populate, wait_running

NODES = 300
SIZES = (10_000, 30_000)
ROUNDS = 5


async def refresh_benchmark(state: Path) -> list[str]:
    """Measure at each size and return the rows of the table, as Markdown."""
    rows = [
        "| pods | nodes | refresh | kubectl get | ratio | refresh, memory of the flow process "
        "| kubectl, memory |",
        "|---|---|---|---|---|---|---|",
    ]
    with ControlPlane(state=state, nodes=0, metrics=True) as plane:
        nodes = plane.add_nodes(NODES, cpu="64", memory="256Gi", pods=250)
        already = 0
        for size in SIZES:
            async with ApiClient(parse_kubeconfig(plane.kubeconfig_text)) as api:
                await populate(api, size, nodes, already)
                await wait_running(api, size)
            already = size
            rows.append(_row(size, plane))
            print(rows[-1], flush=True)  # a size takes minutes: what is measured is said at once
    return rows


def _row(size: int, plane: ControlPlane) -> str:
    """Run the two in turn, so that a drift of the machine meets both."""
    ours: list[dict[str, Any]] = []
    theirs: list[tuple[float, float]] = []
    for _ in range(ROUNDS):
        ours.append(_refresh(plane))
        theirs.append(_kubectl(plane))
    seconds = median(run["seconds"] for run in ours)
    kubectl_seconds = median(run[0] for run in theirs)
    ratio = median(k[0] / o["seconds"] for k, o in zip(theirs, ours, strict=True))
    assert all(run["pods"] == size for run in ours)
    return (
        f"| {size:,} | {NODES} | {seconds:.2f} s | {kubectl_seconds:.2f} s | {ratio:.1f} x "
        f"| {max(run['peak_megabytes'] for run in ours):.0f} MB "
        f"| {max(run[1] for run in theirs):.0f} MB |"
    )


def _refresh(plane: ControlPlane) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.bench.refresh_once", str(plane.kubeconfig)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _kubectl(plane: ControlPlane) -> tuple[float, float]:
    """Return wall seconds and peak megabytes of `kubectl get pods,nodes -A -o json`."""
    command = [
        str(plane.binary("kubectl")),
        f"--kubeconfig={plane.kubeconfig}",
        *("get", "pods,nodes", "-A", "-o", "json"),
    ]
    with tempfile.TemporaryFile() as sink:
        began = time.monotonic()
        process = subprocess.Popen(command, stdout=sink)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"kubectl ended with {process.returncode}")
    return seconds, usage.ru_maxrss / 1024
