from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Mapping
from operator import itemgetter
from typing import Any, Generic, TypeVar

T = TypeVar("T")

MAX_KEPT = 50
"""How many problems of a kind one refresh keeps; the counts beside them are of all."""

Rank = tuple[Any, ...]


class Worst(Generic[T]):
    """The first few of any number of values by rank; memory does not grow with what is offered.

    Ranks that tell every two values apart make the result independent of the order of offers.
    """

    def __init__(self, limit: int = MAX_KEPT) -> None:
        """Keep at most `limit` values (at least 1)."""
        self._limit = limit
        self._kept: list[tuple[Rank, T]] = []

    def offer(self, rank: Rank, build: Callable[[], T]) -> None:
        """Keep what `build` returns if its rank is among the lowest; do not build it otherwise."""
        full = len(self._kept) >= self._limit
        if full and rank >= self._kept[-1][0]:
            return
        insort(self._kept, (rank, build()), key=itemgetter(0))
        if full:
            self._kept.pop()

    def values(self) -> tuple[T, ...]:
        """Return what was kept, the lowest rank first."""
        return tuple(value for _, value in self._kept)


def by_frequency(counts: Mapping[str, int]) -> dict[str, int]:
    """Return the counts with the highest first, equal ones by name."""
    return dict(sorted(counts.items(), key=lambda entry: (-entry[1], entry[0])))
