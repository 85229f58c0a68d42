"""Wait for what other processes do."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
POLL_SECONDS = 0.25


def until(what: str, ask: Callable[[], T | None], *, seconds: float) -> T:
    """Ask until there is an answer; fail when the time is up.

    Args:
        what: What is waited for, for the failure.
        ask: Returns the answer, or something false as long as there is none.
        seconds: The time limit; generous, for it costs nothing where all is well.
    """
    deadline, ticker = time.monotonic() + seconds, threading.Event()
    while not (answer := ask()):
        assert time.monotonic() < deadline, f"no {what} within {seconds:.0f} s"
        ticker.wait(POLL_SECONDS)
    return answer
