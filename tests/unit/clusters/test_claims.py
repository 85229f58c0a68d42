"""Claims are counted by phase, and those that wait are named."""

from typing import Any

from hypothesis import given

from kube.clusters.claims import ClaimTally
from kube.clusters.ranking import MAX_KEPT
from kube.clusters.snapshot import ClaimsFact
from tests.unit.clusters.pages import shuffled_pages


def claim(name: str, phase: str | None) -> dict[str, Any]:
    status = {} if phase is None else {"phase": phase}
    return {"metadata": {"name": name, "namespace": "shop"}, "status": status}


CLAIMS = [claim("b", "Pending"), claim("a", None), claim("c", "Bound"), claim("d", "Lost")]


@given(shuffled_pages(CLAIMS))
def test_pages_and_their_order_do_not_matter(pages: list[list[dict[str, Any]]]) -> None:
    tally = ClaimTally()
    for page in pages:
        tally.add(page)
    assert tally.fact() == ClaimsFact(
        total=4, by_phase={"Pending": 2, "Bound": 1, "Lost": 1}, pending=("shop/a", "shop/b")
    )


def test_names_are_bounded_and_counts_are_not() -> None:
    tally = ClaimTally()
    tally.add([claim(f"c{i:03}", "Pending") for i in range(80)])
    fact = tally.fact()
    assert (fact.by_phase, len(fact.pending)) == ({"Pending": 80}, MAX_KEPT)
