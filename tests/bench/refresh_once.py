"""One refresh in a process of its own, as a worker runs it; prints its figures as JSON.

`python -m tests.bench.refresh_once KUBECONFIG`
"""

import asyncio
import json
import resource
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import flows.clusters  # noqa: F401 - a flow process has Prefect and every step in its memory
from kube.api.client import ApiClient
from kube.api.kubeconfig import parse_kubeconfig
from kube.clusters.measurement import measure
from kube.clusters.reach import probe


async def _refresh(kubeconfig: str) -> dict[str, float]:
    began, cpu = time.monotonic(), time.process_time()
    async with ApiClient(parse_kubeconfig(kubeconfig)) as api:
        snapshot = await measure(api, await probe(api), datetime.now(UTC), None)
        calls = api.calls.total()
    pods = snapshot.pods.value
    return {
        "seconds": time.monotonic() - began,
        "cpu_seconds": time.process_time() - cpu,
        "pods": pods.total if pods else -1,
        "api_calls": calls,
        "peak_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_refresh(Path(sys.argv[1]).read_text()))))
