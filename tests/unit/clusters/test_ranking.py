"""Only the worst are kept, in whatever order they come."""

from hypothesis import given
from hypothesis import strategies as st

from kube.clusters.ranking import Worst, by_frequency


def never() -> str:
    raise AssertionError("built although it is not kept")


@given(st.lists(st.integers(), unique=True), st.integers(1, 5))
def test_the_lowest_ranks_are_kept_in_order(ranks: list[int], limit: int) -> None:
    worst: Worst[int] = Worst(limit)
    for rank in ranks:
        worst.offer((rank,), lambda rank=rank: rank)  # type: ignore[misc]
    assert worst.values() == tuple(sorted(ranks)[:limit])


def test_what_is_not_kept_is_not_built() -> None:
    worst: Worst[str] = Worst(1)
    worst.offer((1,), lambda: "bad")
    worst.offer((2,), never)
    assert worst.values() == ("bad",)


def test_counts_come_by_frequency_and_then_by_name() -> None:
    ordered = by_frequency({"b": 1, "c": 2, "a": 1})
    assert list(ordered.items()) == [("c", 2), ("a", 1), ("b", 1)]
