"""How many requests were sent, over all the clients that a piece of work opens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_COUNTERS: ContextVar[tuple[Counter[str], ...]] = ContextVar("request counters", default=())


@contextmanager
def counted_requests() -> Iterator[Counter[str]]:
    """Count the requests sent inside, by HTTP method and retries included.

    Tasks started inside count too, since they share the counter with the context they copy.
    """
    counter: Counter[str] = Counter()
    token = _COUNTERS.set((*_COUNTERS.get(), counter))
    try:
        yield counter
    finally:
        _COUNTERS.reset(token)


def count_request(method: str) -> None:
    """Count one request for everybody who asked."""
    for counter in _COUNTERS.get():
        counter[method] += 1
