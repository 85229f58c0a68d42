"""Lists cut into pages in every way, for the claim that pages and their order do not matter."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from hypothesis import strategies as st


@st.composite
def shuffled_pages(draw: st.DrawFn, items: list[Any]) -> list[list[Any]]:
    """Return the items in any order, cut into pages at any places; some pages are empty."""
    rest = draw(st.permutations(items))
    cuts = sorted(draw(st.lists(st.integers(0, len(rest)), max_size=4)))
    edges = [0, *cuts, len(rest)]
    return [list(rest[a:b]) for a, b in pairwise(edges)]
