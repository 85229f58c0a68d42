from __future__ import annotations

import gc
from functools import cache


@cache
def keep_imports() -> None:
    """Take what is in memory now out of the garbage collector's sight, once a process.

    What Prefect's import leaves, some hundred thousand objects, lives as long as the process. Each
    full collection would look at all of it again: that is half the time of a plan of 1,000
    unchanged objects.
    """
    gc.freeze()
