from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from prefect import Task
from prefect.cache_policies import NO_CACHE

P = ParamSpec("P")
R = TypeVar("R")


def step(function: Callable[P, R]) -> Task[P, R]:
    """Make a Prefect task of one step of an operation.

    Never cached: a second eviction or restart must not be answered from memory. Never persisted:
    Prefect writes results to disk in clear, and a step may return a block with its credentials.
    """
    return Task(fn=function, cache_policy=NO_CACHE, persist_result=False)
