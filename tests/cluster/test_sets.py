"""A plan that applies and prunes a set, cut off after each of its writes.

- finished or undone from there, the end is that of a run that nobody cut off;
- a member that cannot be deleted stays in the inventory.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from kube.api.client import ApiClient
from kube.execution.carry_out import CarriedOut, OnFailure, carry_out
from kube.execution.journal import Journal
from kube.manifests.documents import load
from kube.operations.apply import plan_of_apply
from kube.operations.recovery import Way, plan_of_recovery
from kube.planners.apply import ApplyOptions
from kube.planners.apply_set import GROUP_KINDS
from kube.plans.normal import comparison_form
from kube.plans.plan import Plan
from kube.records.folder import FolderStorage

pytestmark = pytest.mark.cluster

BEFORE = """
{apiVersion: v1, kind: ConfigMap, metadata: {name: settings}, data: {theme: spring}}
---
{apiVersion: v1, kind: Secret, metadata: {name: key}, data: {password: c3ByaW5n}}
---
{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {clusterIP: None, ports: [{port: 1}]}}
"""
AFTER = """
{apiVersion: v1, kind: ConfigMap, metadata: {name: settings}, data: {theme: autumn}}
---
{apiVersion: v1, kind: ServiceAccount, metadata: {name: shop}}
"""
PLACES = ("configmaps", "secrets", "services", "serviceaccounts")
WRITES = 6


class Bench:
    """One namespace with a set, and plans that are carried out in it."""

    def __init__(self, api: ApiClient, folder: Path, namespace: str) -> None:
        self._api, self._folder, self.namespace = api, folder, namespace
        self._runs = 0

    async def plan(self, text: str) -> Plan:
        options = ApplyOptions(namespace=self.namespace, apply_set="configmaps/set")
        return await plan_of_apply(self._api, load(text), options)

    async def write(self, plan: Plan, on_failure: OnFailure = "stop") -> CarriedOut:
        assert not plan.blockers, plan.blockers
        self._runs += 1
        journal = Journal(FolderStorage(self._folder), str(self._runs))
        return await carry_out(
            self._api, plan, journal, on_failure=on_failure, clock=time.monotonic
        )

    async def cut_off(self, plan: Plan, after: int, way: Way) -> None:
        """Carry out the first writes of a plan, then recover it."""
        done = await self.write(plan.model_copy(update={"changes": plan.writes[:after]}))
        assert not done.failed, done.outcomes
        rest = await plan_of_recovery(self._api, plan, done.outcomes, way)
        recovered = await self.write(rest)
        assert not recovered.failed, recovered.outcomes

    async def state(self) -> dict[str, Any]:
        found = {}
        for place in PLACES:
            listed = await self._api.get(f"/api/v1/namespaces/{self.namespace}/{place}")
            for item in listed["items"]:
                found[f"{place}/{item['metadata']['name']}"] = comparison_form(item)
        return found


@pytest.fixture
def bench(api: ApiClient, tmp_path: Path, namespace: str) -> Bench:
    """A namespace to apply a set in."""
    return Bench(api, tmp_path, namespace)


async def test_a_set_is_finished_or_undone_from_wherever_it_was_cut_off(bench: Bench) -> None:
    await bench.write(await bench.plan(BEFORE))
    before = await bench.state()
    plan = await bench.plan(AFTER)
    assert len(plan.writes) == WRITES
    await bench.cut_off(plan, WRITES, "finish")
    after = await bench.state()
    assert after["configmaps/set"]["metadata"]["annotations"][GROUP_KINDS] == (
        "ConfigMap,ServiceAccount"
    )
    await bench.cut_off(plan, 0, "undo")
    assert await bench.state() == before
    for cut in range(WRITES + 1):
        await bench.cut_off(await bench.plan(AFTER), cut, "undo")
        assert await bench.state() == before, f"undone after {cut}"
        plan = await bench.plan(AFTER)
        await bench.cut_off(plan, cut, "finish")
        assert await bench.state() == after, f"finished after {cut}"
        await bench.cut_off(plan, 0, "undo")
        assert await bench.state() == before, f"finished after {cut} and undone"


async def test_a_member_that_could_not_be_deleted_stays_in_the_inventory(
    api: ApiClient, bench: Bench
) -> None:
    await bench.write(await bench.plan(BEFORE))
    plan = await bench.plan(AFTER)
    path = f"/api/v1/namespaces/{bench.namespace}/secrets"
    key = await api.get(f"{path}/key")
    await api.write("DELETE", f"{path}/key")
    metadata = {"name": "key", "labels": key["metadata"]["labels"]}
    await api.write("POST", path, {"metadata": metadata})  # another one by this name
    done = await bench.write(plan, "continue")
    assert [outcome.status for outcome in done.outcomes].count("failed") == 1
    assert done.outcomes[-1].status == "skipped"
    parent = (await bench.state())["configmaps/set"]
    assert "Secret" in parent["metadata"]["annotations"][GROUP_KINDS]
    again = await bench.plan(AFTER)
    await bench.write(again)
    assert "secrets/key" not in await bench.state()
    assert (await bench.plan(AFTER)).writes == ()
