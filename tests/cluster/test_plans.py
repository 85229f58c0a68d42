"""Plans against a real API server, on objects of more than forty kinds.

- what is called unchanged without a request, the server's dry run finds unchanged too;
- what a change touched goes back exactly, whoever changed it, and what others changed stays;
- the merge keys that are known by heart are those of the server's OpenAPI.
"""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from random import Random
from typing import Any, Literal

import pytest

from kube.api.client import JSON_PATCH, MERGE_PATCH, ApiClient, ClientSettings
from kube.api.errors import InvalidRequest, NotFound, StatusError
from kube.api.retry import RetryPolicy
from kube.plans.change import Action, Change, Method
from kube.plans.inverse import undo_change, undo_patch
from kube.plans.judgement import judge
from kube.plans.merge_keys import BUILT_IN, METADATA, Shape
from kube.plans.normal import comparison_form
from kube.plans.ownership import is_unchanged
from kube.plans.plan import Blocker
from kube.plans.recreation import recreation
from tests.cluster.many_kinds import (
    Object,
    Placed,
    apply,
    apply_all,
    merge_patch,
    mutated,
    remove_all,
)
from tests.cluster.openapi import lists_in, lists_of_kinds

pytestmark = pytest.mark.cluster

SEED = 20260801
MUTATIONS = 20
ROUND_TRIPS = 4
ATTEMPTS = 10
STRICT = {"fieldValidation": "Strict"}


@pytest.fixture(scope="module")
async def capstan(api: ApiClient) -> AsyncIterator[ApiClient]:
    """A client with sixteen requests in flight that asks nothing twice."""
    settings = ClientSettings(in_flight=16, retry=RetryPolicy(attempts=1))
    async with ApiClient(api.connection, settings) as client:
        yield client


@pytest.fixture(scope="module")
async def somebody(api: ApiClient) -> AsyncIterator[ApiClient]:
    """Somebody else who changes the same objects."""
    settings = ClientSettings(in_flight=16, field_manager="somebody", retry=RetryPolicy(attempts=1))
    async with ApiClient(api.connection, settings) as client:
        yield client


@pytest.fixture(scope="module")
async def bundle(capstan: ApiClient) -> AsyncIterator[list[Placed]]:
    """Every object of the fixture, in a namespace of its own."""
    namespace = f"test-{uuid.uuid4().hex[:10]}"
    await capstan.write("POST", "/api/v1/namespaces", {"metadata": {"name": namespace}})
    placed = await apply_all(capstan, namespace)
    yield placed
    await remove_all(capstan, placed)
    await capstan.write("DELETE", f"/api/v1/namespaces/{namespace}")


@pytest.fixture
async def placed(capstan: ApiClient, bundle: list[Placed]) -> list[Placed]:
    """The same, owned by capstan again whatever an earlier test did."""
    await asyncio.gather(*(apply(capstan, one) for one in bundle))
    return bundle


def stored(obj: Object) -> Any:
    """Return what an apply by capstan can change of an object: its fields and their ownership."""
    entries = obj["metadata"].get("managedFields", ())
    ours = [
        each for each in entries if (each["manager"], each["operation"]) == ("capstan", "Apply")
    ]
    return comparison_form(obj), [entry["fieldsV1"] for entry in ours]


async def server_agrees(api: ApiClient, one: Placed, body: Object) -> bool | None:
    """Ask the server whether an apply of `body` changes nothing; None if it is not called so."""
    while True:
        live = await api.get(one.path)
        if not is_unchanged(body, live):
            return None
        tried = await apply(api, one, body, dryRun="All")
        # A controller may have written in between: the two answers must be of one version.
        if tried["metadata"]["resourceVersion"] == live["metadata"]["resourceVersion"]:
            return bool(stored(tried) == stored(live))


async def test_what_is_unchanged_is_decided_without_a_request(
    capstan: ApiClient, placed: list[Placed]
) -> None:
    agreed = await asyncio.gather(*(server_agrees(capstan, one, one.body) for one in placed))
    kinds = {(one.body["apiVersion"], one.body["kind"]) for one in placed}
    assert len(placed) >= 60
    assert len(kinds) >= 25
    assert False not in agreed
    assert agreed.count(True) / len(placed) >= 0.85


async def test_no_mutation_is_called_unchanged_that_the_server_would_change(
    capstan: ApiClient, placed: list[Placed]
) -> None:
    random = Random(SEED)
    lives = await asyncio.gather(*(capstan.get(one.path) for one in placed))
    mutants = [
        (one, live, mutated(one.body, random))
        for one, live in zip(placed, lives, strict=True)
        for _ in range(MUTATIONS)
    ]
    suspects = [(one, body) for one, live, body in mutants if is_unchanged(body, live)]
    agreed = await asyncio.gather(*(server_agrees(capstan, one, body) for one, body in suspects))
    wrong = [body for (_, body), verdict in zip(suspects, agreed, strict=True) if verdict is False]
    assert not wrong
    assert len(suspects) / len(mutants) < 0.1


async def test_what_somebody_else_changed_is_not_called_unchanged(
    capstan: ApiClient, somebody: ApiClient, placed: list[Placed]
) -> None:
    async def check(one: Placed, random: Random) -> bool | None:
        changed = await change(somebody, one, random)
        agreed = await server_agrees(capstan, one, one.body)
        if changed is not None:
            await undo(somebody, one, *changed)
        return agreed if changed is not None else None

    agreed = await asyncio.gather(*(check(one, Random(SEED + n)) for n, one in enumerate(placed)))
    wrong = [one for one, verdict in zip(placed, agreed, strict=True) if verdict is False]
    assert not wrong


async def test_what_a_change_touched_goes_back_and_what_others_changed_stays(
    capstan: ApiClient, somebody: ApiClient, placed: list[Placed]
) -> None:
    trips: Counter[str] = Counter()

    async def travel(one: Placed, random: Random) -> None:
        for number in range(ROUND_TRIPS):
            changed = await change(somebody if number % 2 else capstan, one, random)
            if changed is None:
                continue
            before, after = changed
            if comparison_form(before) != comparison_form(after):
                expected = await change_something_else(somebody, one, before)
                trips[await undo(capstan, one, before, after, expected)] += 1

    definitions = [one for one in placed if one.body["kind"] == "CustomResourceDefinition"]
    others = [one for one in placed if one not in definitions]
    await asyncio.gather(*(travel(one, Random(SEED + n)) for n, one in enumerate(others)))
    await asyncio.gather(*(travel(one, Random(SEED + n)) for n, one in enumerate(definitions)))
    assert trips.total() >= 80
    assert trips == {"back": trips.total()}


async def test_what_was_deleted_is_made_again_and_what_was_created_is_deleted(
    capstan: ApiClient, placed: list[Placed]
) -> None:
    async def travel(one: Placed) -> None:
        before = await capstan.get(one.path)
        created = recorded("create", one, after=before)
        deletion = undo_change(created, before)
        assert isinstance(deletion, Change)
        await capstan.write("DELETE", one.path, options(deletion))
        await gone(capstan, one)
        again = undo_change(recorded("delete", one, before=before), None)
        assert isinstance(again, Change)
        collection = one.resource.path(one.namespace)
        live = await capstan.write("POST", collection, again.body, query=STRICT)
        assert recreation(live) == again.body, one
        # Another object of the name is never deleted for the one that was created.
        assert isinstance(undo_change(created, live, uid=before["metadata"]["uid"]), Blocker)

    kept = ("Namespace", "CustomResourceDefinition")
    mortal = [one for one in placed if one.body["kind"] not in kept]
    await asyncio.gather(
        *(travel(one) for one in mortal if not one.body["metadata"].get("finalizers"))
    )


async def test_the_merge_keys_known_by_heart_are_those_of_the_server(capstan: ApiClient) -> None:
    served = await lists_of_kinds(capstan)
    known = {kind: lists_in(shape) for kind, shape in BUILT_IN.items()}
    for kind, lists in served.items():
        if not kind[0].endswith(".invalid"):
            assert lists == known.pop(kind, {}) | lists_in(Shape(fields={"metadata": METADATA}))
    assert not known


def recorded(action: Action, one: Placed, **images: Object) -> Change:
    """Return a change as it would have been recorded."""
    method: Method = "delete" if action == "delete" else "apply"
    return Change(
        ref=one.ref, resource=one.resource, action=action, method=method, step=0, **images
    )


def options(deletion: Change) -> Object:
    """Return the options of a delete that is sent only to the object that was read."""
    preconditions = {"uid": deletion.preconditions.uid}
    return {"propagationPolicy": deletion.propagation, "preconditions": preconditions}


async def gone(api: ApiClient, one: Placed) -> None:
    """Wait until an object is gone."""
    async with asyncio.timeout(20):
        while True:
            try:
                await api.get(one.path)
            except NotFound:
                return


async def change(api: ApiClient, one: Placed, random: Random) -> tuple[Object, Object] | None:
    """Change an object at random; return it before and after, or None where that was refused."""
    try:
        before: Object = await api.get(one.path)
        if random.random() < 0.3:
            after = await apply(api, one, mutated(one.body, random))
        else:
            form = comparison_form(before)
            patch = merge_patch(form, mutated(form, random))
            after = await api.write("PATCH", one.path, patch, content_type=MERGE_PATCH)
    except StatusError:
        return None
    return before, after


async def change_something_else(api: ApiClient, one: Placed, before: Object) -> Object:
    """Annotate an object anew; return `before` in comparison form with the same annotation."""
    later = {"metadata": {"annotations": {f"capstan.invalid/{uuid.uuid4().hex}": "later"}}}
    await api.write("PATCH", one.path, later, content_type=MERGE_PATCH)
    form = comparison_form(before)
    annotations = form["metadata"].get("annotations", {}) | later["metadata"]["annotations"]
    return {**form, "metadata": {**form["metadata"], "annotations": annotations}}


async def undo(
    api: ApiClient, one: Placed, before: Object, after: Object, expected: Object | None = None
) -> Literal["back", "conflict", "different", "refused"]:
    """Undo a change; a test that fails is answered with 422, and means to read and judge again."""
    for _ in range(ATTEMPTS):
        live: Object = await api.get(one.path)
        if judge(live, before, after).conflicts:
            return "conflict"
        patch = undo_patch(live, before, after)
        if not patch:
            return "back"
        try:
            restored = await api.write("PATCH", one.path, patch, content_type=JSON_PATCH)
        except InvalidRequest as error:
            if "rejected our request due to an error in our request" not in str(error):
                return "refused"
        else:
            wanted = expected or comparison_form(before)
            return "back" if comparison_form(restored) == wanted else "different"
    return "conflict"
