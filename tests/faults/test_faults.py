"""A plan of forty writes is disturbed at each of them, then recovered: nothing is lost.

- killed with -9 before and after every write, finished and undone;
- every fault of the way to the API server, likewise;
- the end state is that of a run that nobody disturbed, or what was there before.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from kube.api.client import ApiClient
from tests.faults.lane import Lane, State, lane
from tests.faults.proxy import Fault, Upstream

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(600)]

LANES = 5
WRITES = 40
EVERY = range(1, WRITES + 1)
SOME = range(1, WRITES + 1, 6)
MATRIX: tuple[tuple[Fault, range], ...] = (
    ("kill before", EVERY),
    ("kill after", EVERY),
    ("cut before", SOME),
    ("cut after", SOME),
    ("429", SOME),
    ("409", SOME),
    ("500", SOME),
    ("503", SOME),
    ("delay", SOME),
)


@pytest.fixture(scope="module")
async def lanes(
    api: ApiClient, upstream: Upstream, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[list[Lane]]:
    """Namespaces with what is there before, used one plan after another."""
    folder = tmp_path_factory.mktemp("faults")
    made = await asyncio.gather(*(lane(api, upstream, folder) for _ in range(LANES)))
    yield list(made)
    await asyncio.gather(*(each.clear() for each in made))


@pytest.fixture(scope="module")
async def undisturbed(lanes: list[Lane]) -> State:
    """The end state of a run that nobody disturbed; its undo gives back what was before."""
    one = lanes[0]
    plan = await one.plan()
    await one.recover(plan, "none", "finish")
    end = one.normal(await one.state())
    assert len(end) == 32
    await one.recover(plan, "none", "undo")
    assert await one.state() == one.before
    return end


@pytest.mark.parametrize(("fault", "points"), MATRIX, ids=[fault for fault, _ in MATRIX])
async def test_nothing_is_lost(
    lanes: list[Lane], undisturbed: State, fault: Fault, points: range
) -> None:
    rest: Iterator[int] = iter(points)

    async def drive(one: Lane) -> None:
        for at in rest:
            plan = await one.plan()
            journal = await one.disturbed(plan, fault, at)
            await one.recover(plan, journal, "undo")
            assert await one.state() == one.before, f"{fault} {at}, undone"
            plan = await one.plan()
            journal = await one.disturbed(plan, fault, at)
            await one.recover(plan, journal, "finish")
            assert one.normal(await one.state()) == undisturbed, f"{fault} {at}, finished"
            await one.recover(plan, journal, "undo")
            assert await one.state() == one.before, f"{fault} {at}, finished and undone"

    await asyncio.gather(*(drive(one) for one in lanes))
