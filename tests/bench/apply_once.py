"""One operation in a process of its own, as a worker runs it; prints its figures as JSON.

`python -m tests.bench.apply_once KUBECONFIG STORE apply MANIFESTS` plans, seals, writes and records
a file of manifests; `… undo RUN` takes back what such a run did.
"""

import asyncio
import json
import resource
import sys
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path

from cryptography.fernet import Fernet

import flows.manifests  # noqa: F401 - a flow process has Prefect and every step in its memory
from kube.api.client import ApiClient
from kube.api.counting import counted_requests
from kube.api.kubeconfig import parse_kubeconfig
from kube.clusters.registration import ClusterSettings
from kube.execution.carry_out import CarriedOut, carry_out
from kube.execution.journal import Journal
from kube.execution.seal import Sealed, SealStore
from kube.guards.run import judge_plan
from kube.manifests.documents import load
from kube.operations.apply import plan_of_apply
from kube.operations.findings import carried_out
from kube.operations.guard_facts import facts_of_plan
from kube.operations.recovery import plan_of_recovery
from kube.operations.summary import summary_of
from kube.planners.apply import ApplyOptions
from kube.plans.plan import Plan
from kube.records.findings import RunContext, record_of
from kube.records.folder import FolderStorage
from kube.records.record import Requester
from kube.records.store import RecordStore
from tasks.memory import keep_imports


class Once:
    """One run: its store, its key, and the seconds of each part."""

    def __init__(self, api: ApiClient, store: Path) -> None:
        self.api, self.store, self.run_id = api, store, uuid.uuid4().hex
        key = store / "key"
        if not key.exists():
            key.write_bytes(Fernet.generate_key())
        self.seals = SealStore(FolderStorage(store), key.read_bytes())
        self.seconds: dict[str, float] = {}
        self._last = time.monotonic()

    def lap(self, part: str) -> None:
        """Say that a part has ended."""
        now = time.monotonic()
        self.seconds[part], self._last = now - self._last, now

    async def apply(self, manifests: str) -> None:
        """Plan the apply of a text and carry the plan out."""
        documents = load(manifests)
        self.lap("parse")
        plan = await plan_of_apply(self.api, documents, ApplyOptions())
        self.lap("plan")
        await self._settle(plan, "apply-yaml")

    async def undo(self, run_id: str) -> None:
        """Plan the way back of a run and carry it out."""
        sealed = await self.seals.get(run_id)
        assert sealed is not None, f"no run {run_id}"
        outcomes = await Journal(FolderStorage(self.store), run_id).read()
        self.lap("parse")
        plan = await plan_of_recovery(self.api, sealed.plan, outcomes, "undo")
        self.lap("plan")
        await self._settle(plan, "undo")

    async def _settle(self, plan: Plan, operation: str) -> None:
        began = datetime.now(UTC)
        settings = ClusterSettings()
        facts = await facts_of_plan(self.api, plan, settings, at=began)
        rulings = judge_plan(plan, facts)
        assert not plan.blockers, plan.blockers[:3]
        assert not [r for r in rulings if r.verdict == "refused"], rulings
        self.lap("guard")
        done = await self._carry_out(plan, began) if plan.writes else CarriedOut.of_nothing(plan)
        summary = summary_of(plan, "apply", rulings=rulings, carried_out=bool(plan.writes))
        context = RunContext(self.run_id, operation, "bench", Requester(), {}, began)
        findings = carried_out(summary, done.outcomes, plan.warnings)
        record = record_of(context, findings, datetime.now(UTC))
        await RecordStore(FolderStorage(self.store)).put(record)
        findings.report.markdown(record)
        self.lap("record")

    async def _carry_out(self, plan: Plan, began: datetime) -> CarriedOut:
        await self.seals.put(
            Sealed(run_id=self.run_id, cluster="bench", sealed_at=began, plan=plan)
        )
        self.lap("seal")
        journal = Journal(FolderStorage(self.store), self.run_id)
        done = await carry_out(self.api, plan, journal, on_failure="stop", clock=time.monotonic)
        assert not done.failed, [o for o in done.outcomes if o.status == "failed"][:3]
        self.lap("write")
        return done


async def _main(kubeconfig: str, store: Path, verb: str, argument: str) -> dict[str, object]:
    began, cpu = time.monotonic(), time.process_time()
    with counted_requests() as requests:
        async with ApiClient(parse_kubeconfig(kubeconfig)) as api:
            once = Once(api, store)
            await (once.apply(argument) if verb == "apply" else once.undo(argument))
    return {
        "run": once.run_id,
        "seconds": time.monotonic() - began,
        "parts": {part: round(seconds, 3) for part, seconds in once.seconds.items()},
        "cpu_seconds": time.process_time() - cpu,
        "requests": dict(requests),
        "peak_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


if __name__ == "__main__":
    keep_imports()
    _, file, folder, action, what = sys.argv
    text = Path(what).read_text() if action == "apply" else what
    print(json.dumps(asyncio.run(_main(Path(file).read_text(), Path(folder), action, text))))
