from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt

from kube.api.errors import ServerError, TooManyRequests, TransientError

Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True)
class RetryPolicy:
    """How often and how patiently a request is sent again.

    `attempts` counts the first one too. Without a `Retry-After` the pause doubles from
    `first_seconds` to at most `longest_seconds`, less up to a half by chance, so that many clients
    do not return together.
    """

    attempts: int = 6
    first_seconds: float = 0.2
    longest_seconds: float = 5.0
    sleep: Sleep = asyncio.sleep

    def pause_seconds(self, failures: int, error: BaseException | None) -> float:
        """Return how long to wait after the `failures`-th failure in a row (1 is the first)."""
        if isinstance(error, TooManyRequests | ServerError) and error.retry_after_seconds:
            return error.retry_after_seconds
        longest = min(self.first_seconds * 2.0 ** (failures - 1), self.longest_seconds)
        return longest * random.uniform(0.5, 1.0)


def retrying(policy: RetryPolicy, *, repeatable: bool) -> AsyncRetrying:
    """Return the retry loop of one request.

    Args:
        policy: Attempts and pauses.
        repeatable: Sending the request twice does no harm: a read, an apply, a delete with
            preconditions. Where False, only a 429 is retried: the server did nothing then.
    """

    def may_retry(error: BaseException) -> bool:
        if isinstance(error, TooManyRequests):
            return True
        return repeatable and isinstance(error, TransientError)

    def pause(state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        return policy.pause_seconds(state.attempt_number, error)

    return AsyncRetrying(
        stop=stop_after_attempt(policy.attempts),
        wait=pause,
        retry=retry_if_exception(may_retry),
        sleep=policy.sleep,
        reraise=True,
    )
