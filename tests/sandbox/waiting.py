"""Wait in a test for what another process does."""

import threading
import time
from collections.abc import Callable


def eventually(condition: Callable[[], bool], *, timeout_seconds: float = 10.0) -> None:
    """Poll until a condition holds; fail when the time is up."""
    deadline = time.monotonic() + timeout_seconds
    ticker = threading.Event()
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        ticker.wait(0.02)
