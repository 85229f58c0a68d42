"""Apply, change, undo: what is live is what it was before, on objects of more than forty kinds.

- custom resources are applied in one plan with their definition;
- what another manager owns stays his;
- an undo can be undone;
- an edit by others of another field survives, of the same field is a conflict with three ways
  out, and an object that was deleted and made anew is never touched.
"""

from __future__ import annotations

import copy
import json
import time
import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from kube.api.client import MERGE_PATCH, ApiClient, ClientSettings
from kube.api.live import read_live
from kube.execution.carry_out import carry_out
from kube.execution.journal import Journal
from kube.manifests.documents import Document, load
from kube.objects.workload import pod_template
from kube.operations.apply import plan_of_apply
from kube.operations.recovery import plan_of_recovery
from kube.planners.apply import ApplyOptions
from kube.plans.change import Object
from kube.plans.inverse import Conflicts
from kube.plans.normal import comparison_form
from kube.plans.plan import Plan
from kube.records.folder import FolderStorage
from tests.cluster.many_kinds import Placed, remove_all
from tests.fixtures.load import FOLDER

pytestmark = pytest.mark.cluster

ROLLED = ("Deployment", "StatefulSet", "DaemonSet", "Pod")
NOTE = {"metadata": {"annotations": {"somebody.invalid/note": "mine"}}}
THREE = "".join(
    f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{a: '1'}}\n---\n"
    for name in ("elsewhere", "same", "anew")
)


class Way:
    """Takes plans the way of the kernel, in one namespace."""

    def __init__(self, api: ApiClient, namespace: str, folder: Path) -> None:
        self.api, self.namespace = api, namespace
        self._storage = FolderStorage(folder)

    async def apply(self, documents: tuple[Document, ...]) -> Plan:
        options = ApplyOptions(namespace=self.namespace, allow_mixed_namespaces=True)
        plan = await plan_of_apply(self.api, documents, options)
        await self.carry_out(plan)
        return plan

    async def carry_out(self, plan: Plan) -> None:
        assert not plan.blockers, plan.blockers
        journal = Journal(self._storage, plan.digest)
        done = await carry_out(self.api, plan, journal, on_failure="stop", clock=time.monotonic)
        assert not done.failed, [one for one in done.outcomes if one.status == "failed"]

    async def inverse(self, plan: Plan, conflicts: Conflicts = "stop") -> Plan:
        written = await Journal(self._storage, plan.digest).read()
        return await plan_of_recovery(self.api, plan, written, "undo", conflicts)

    async def undo(self, plan: Plan, conflicts: Conflicts = "stop") -> Plan:
        inverse = await self.inverse(plan, conflicts)
        await self.carry_out(inverse)
        return inverse

    async def live(self, plan: Plan) -> dict[str, Object]:
        found = await read_live(self.api, ((c.resource, c.ref) for c in plan.changes))
        return {str(ref): each for ref, each in found.items()}

    async def forms(self, plan: Plan) -> dict[str, Object]:
        return {name: comparison_form(each) for name, each in (await self.live(plan)).items()}

    async def others(self, plan: Plan) -> dict[str, set[str]]:
        """Return the managers beside us that own fields of each object."""
        entries = {k: v["metadata"]["managedFields"] for k, v in (await self.live(plan)).items()
                   if "managedFields" in v["metadata"]}  # fmt: skip
        return {
            name: {one["manager"] for one in found if one["manager"] in ("somebody", "kubectl")}
            for name, found in entries.items()
            if any(one["manager"] == "somebody" for one in found)
        }


@pytest.fixture
async def way(api: ApiClient, namespace: str, tmp_path: Path) -> Way:
    return Way(api, namespace, tmp_path)


@pytest.fixture
async def somebody(api: ApiClient) -> AsyncIterator[ApiClient]:
    async with ApiClient(api.connection, ClientSettings(field_manager="somebody")) as client:
        yield client


def changed(document: Document) -> Document:
    """Return a document with another label, and with other content where that may change."""
    body = copy.deepcopy(document.object)
    body["metadata"].setdefault("labels", {})["trip"] = "second"
    if body["kind"] in ROLLED:
        spec = body["spec"] if body["kind"] == "Pod" else body["spec"]["template"]["spec"]
        spec["containers"][0]["image"] = "registry.invalid/other:2"
    if body["kind"] in ("ConfigMap", "Secret") and not body.get("immutable"):
        body.setdefault("data", {})["trip"] = "c2Vjb25k"
    return replace(document, object=body)


async def test_objects_of_more_than_forty_kinds_go_there_and_back(
    way: Way, somebody: ApiClient
) -> None:
    text = (FOLDER / "many_kinds.yaml").read_text(encoding="utf-8")
    name = f"t{uuid.uuid4().hex[:6]}"
    documents = load(text.replace("plans-", f"{name}-").replace("plans.capstan", f"{name}.capstan"))
    # Admission refuses a pod whose account or class is not there yet, in a dry run too.
    await way.apply(tuple(one for one in documents if pod_template(one.object) is None
                          and one.ref.kind != "Pod"))  # fmt: skip
    first = await way.apply(documents)
    placed = [
        Placed(c.resource, c.ref.namespace, {"kind": c.ref.kind, "metadata": {"name": c.ref.name}})
        for c in first.changes
    ]
    try:
        assert len({change.ref.kind for change in first.changes}) >= 40
        for one in placed:
            await somebody.write("PATCH", one.path, NOTE, content_type=MERGE_PATCH)
        before, others = await way.forms(first), await way.others(first)
        assert len(others) > len(before) - 3
        second = await way.apply(tuple(changed(document) for document in documents))
        after = await way.forms(first)
        assert sum(after[name] != before[name] for name in before) == len(before)
        inverse = await way.undo(second)
        assert await way.forms(first) == before
        assert await way.others(first) == others
        await way.undo(inverse)
        assert await way.forms(first) == after
    finally:
        await remove_all(way.api, placed)


async def test_what_others_did_since_survives_or_is_a_conflict_with_three_ways_out(
    way: Way, somebody: ApiClient
) -> None:
    await way.apply(load(THREE))
    plan = await way.apply(load(THREE.replace("'1'", "'2'")))
    base = f"/api/v1/namespaces/{way.namespace}/configmaps"

    async def edit(name: str, data: dict[str, str]) -> None:
        await somebody.write("PATCH", f"{base}/{name}", {"data": data}, content_type=MERGE_PATCH)

    async def data(name: str) -> dict[str, str]:
        found: dict[str, str] = (await way.api.get(f"{base}/{name}"))["data"]
        return found

    await edit("elsewhere", {"b": "theirs"})
    await edit("same", {"a": "theirs"})
    old = await way.api.get(f"{base}/anew")
    await somebody.write("DELETE", f"{base}/anew")
    fresh = {"metadata": {"name": "anew"}, "data": old["data"]}
    await somebody.write("POST", base, fresh)

    blockers = {blocker.ref and blocker.ref.name: str(blocker) for blocker in
                (await way.inverse(plan)).blockers}  # fmt: skip
    assert set(blockers) == {"same", "anew"}
    assert 'data.a: was "1", became "2", is now "theirs"' in blockers["same"]
    assert all(told in blockers["same"] for told in ("keep", "force", "plan again"))
    assert "made anew" in blockers["anew"]

    await somebody.write("DELETE", f"{base}/anew")
    rest = plan.model_copy(
        update={"changes": tuple(c for c in plan.changes if c.ref.name != "anew")}
    )
    forced = await way.inverse(rest, "force")
    assert {change.ref.name for change in forced.writes} == {"elsewhere", "same"}
    await way.carry_out(await way.inverse(rest, "keep"))
    assert await data("elsewhere") == {"a": "1", "b": "theirs"}
    assert await data("same") == {"a": "theirs"}
    await way.carry_out(await way.inverse(rest, "force"))
    assert json.dumps(await data("same")) == '{"a": "1"}'
