"""One namespace in which plans are carried out, disturbed and recovered, one after another."""

from __future__ import annotations

import asyncio
import json
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from kube.api.client import ApiClient
from kube.api.discovery import Discovery
from kube.execution.journal import Journal
from kube.manifests.documents import load
from kube.objects.resource import ResourceType
from kube.operations.apply import plan_of_apply
from kube.operations.recovery import plan_of_recovery
from kube.planners.apply import ApplyOptions
from kube.plans.change import Change, Object, Preconditions
from kube.plans.normal import comparison_form, without_managed_fields
from kube.plans.plan import Plan
from kube.records.folder import FolderStorage
from tests.faults import forty
from tests.faults.proxy import Fault, Upstream, proxy
from tests.faults.runner import write, write_in_child

Way = Literal["finish", "undo"]
State = dict[str, Any]
LAST_STEP = 50


@dataclass
class Lane:
    """A namespace of its own; `before` is its state to begin with."""

    api: ApiClient
    upstream: Upstream
    folder: Path
    namespace: str
    types: list[ResourceType]
    before: State = field(default_factory=dict)

    async def plan(self) -> Plan:
        """Plan the forty writes."""
        plan = await self._plan_of(forty.wanted(self.namespace))
        found = await asyncio.gather(*(self._list(kind) for kind in self.types))
        deletions = [
            _deletion(kind, each)
            for kind, listed in zip(self.types, found, strict=True)
            for each in listed
            if each["metadata"]["name"] == "deleted"
        ]
        plan = plan.model_copy(update={"changes": (*plan.changes, *deletions)})
        assert not plan.blockers, plan.blockers
        assert len(plan.writes) == 40
        return plan

    async def prepare(self) -> None:
        """Make what is there before the plan."""
        await self._carry_out(await self._plan_of(forty.before(self.namespace)))
        self.before = await self.state()

    async def disturbed(self, plan: Plan, fault: Fault, at: int) -> str:
        """Carry a plan out while a fault happens; return the name of its journal."""
        name = uuid.uuid4().hex
        async with proxy(self.upstream, fault, at) as between:
            if fault.startswith("kill"):
                sealed = self.folder / name
                sealed.write_text(plan.model_dump_json())

                def kill(it: Any) -> None:
                    between.kill = it

                assert await write_in_child(between.url, sealed, self.folder, name, kill) == -9
            else:
                await write(between.url, plan, self._journal(name))
            await between.quiet()
        return name

    async def recover(self, plan: Plan, journal: str, way: Way) -> None:
        """Finish or undo what became of a plan, as `recover` does."""
        written = await self._journal(journal).read()
        rest = await plan_of_recovery(self.api, plan, written, way)
        await self._carry_out(rest)

    async def state(self) -> State:
        """Return every object of the kinds of the plan, without what the server keeps."""
        found = await asyncio.gather(*(self._list(kind) for kind in self.types))
        objects = [each for listed in found for each in listed]
        return {f"{each['kind']} {each['metadata']['name']}": _form(each) for each in objects}

    async def _list(self, kind: ResourceType) -> list[Object]:
        """Return the objects of a kind that the test made, by their label."""
        query = {"labelSelector": "of=faults"}
        items = (await self.api.get(kind.path(self.namespace), query))["items"]
        mine = items if kind.namespaced else [i for i in items if self._is_mine(i)]
        return [{"apiVersion": kind.api_version, "kind": kind.kind, **each} for each in mine]

    def _is_mine(self, found: Object) -> bool:
        return str(found["metadata"]["name"]).startswith(self.namespace)

    def normal(self, state: State) -> State:
        """Return a state as it would be in a namespace of another name."""
        text = json.dumps(state, sort_keys=True).replace(self.namespace, "NAMESPACE")
        normal: State = json.loads(text)
        return normal

    async def _plan_of(self, text: str) -> Plan:
        options = ApplyOptions(namespace=self.namespace)
        return await plan_of_apply(self.api, load(text), options)

    async def _carry_out(self, plan: Plan) -> None:
        assert not plan.blockers, plan.blockers
        async with proxy(self.upstream) as between:
            done = await write(between.url, plan, self._journal(uuid.uuid4().hex))
        assert not done.failed, [one for one in done.outcomes if one.status == "failed"]

    def _journal(self, name: str) -> Journal:
        return Journal(FolderStorage(self.folder), name)

    async def clear(self) -> None:
        """Delete the namespace and what is outside of it."""
        for kind in self.types:
            if not kind.namespaced:
                for each in await self._list(kind):
                    await self.api.write("DELETE", kind.path(None, each["metadata"]["name"]))
        await self.api.write("DELETE", f"/api/v1/namespaces/{self.namespace}")


async def lane(api: ApiClient, upstream: Upstream, folder: Path) -> Lane:
    """Make a namespace and prepare it."""
    namespace = f"test-{uuid.uuid4().hex[:10]}"
    await api.write("POST", "/api/v1/namespaces", {"metadata": {"name": namespace}})
    lookup = await Discovery(api).lookup()
    kinds = {(document.ref.api_version, document.ref.kind) for document in load(forty.wanted("a"))}
    types = [found for kind in sorted(kinds) if (found := lookup(*kind)) is not None]
    made = Lane(api, upstream, folder, namespace, types)
    await made.prepare()
    return made


def _deletion(kind: ResourceType, live: Object) -> Change:
    metadata = live["metadata"]
    ref = next(d.ref for d in load(json.dumps(live)))
    return Change(
        ref=ref.model_copy(update={"uid": metadata["uid"]}),
        resource=kind,
        action="delete",
        method="delete",
        step=LAST_STEP,
        before=without_managed_fields(live),
        propagation="Background",
        preconditions=Preconditions(uid=metadata["uid"]),
        reversible="recreate",
    )


def _form(found: Object) -> Object:
    """Return what must be the same in two runs; a Job names its own uid in its labels."""
    text = json.dumps(comparison_form(found)).replace(found["metadata"]["uid"], "UID")
    form: Object = json.loads(text)
    return form
