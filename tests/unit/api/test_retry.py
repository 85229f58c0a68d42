"""How often and how patiently a request is sent again; no test here waits."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kube.api.errors import (
    Conflict,
    Forbidden,
    KubeError,
    ServerError,
    TlsFailure,
    TooManyRequests,
    Unreachable,
)
from kube.api.retry import RetryPolicy, retrying
from tests.unit.api.conftest import Pauses

BUSY = TooManyRequests("busy", status=429)
BROKEN = ServerError("broken", status=503)
SILENT = Unreachable("silent", "timeout")


def failing(*errors: KubeError) -> Callable[[], str]:
    """Return a call that raises these errors, one a time, and then succeeds."""
    left = list(errors)

    def call() -> str:
        if left:
            raise left.pop(0)
        return "done"

    return call


async def run(policy: RetryPolicy, call: Callable[[], str], *, repeatable: bool = True) -> str:
    async for attempt in retrying(policy, repeatable=repeatable):
        with attempt:
            return call()
    raise AssertionError("the loop returns or raises")


@pytest.mark.parametrize("error", [BUSY, BROKEN, SILENT], ids=lambda error: type(error).__name__)
async def test_a_transient_failure_is_tried_again(error: KubeError, pauses: Pauses) -> None:
    assert await run(RetryPolicy(sleep=pauses.sleep), failing(error, error)) == "done"
    assert len(pauses) == 2


@pytest.mark.parametrize(
    "error", [Forbidden("no", status=403), Conflict("no", status=409), TlsFailure("no")]
)
async def test_a_permanent_failure_is_raised_at_once(error: KubeError, pauses: Pauses) -> None:
    with pytest.raises(type(error)) as caught:
        await run(RetryPolicy(sleep=pauses.sleep), failing(error))
    assert caught.value is error
    assert pauses == []


async def test_the_last_error_comes_through_as_it_is(pauses: Pauses) -> None:
    with pytest.raises(ServerError) as caught:
        await run(RetryPolicy(attempts=4, sleep=pauses.sleep), failing(*[BROKEN] * 9))
    assert caught.value is BROKEN
    assert len(pauses) == 3


async def test_one_attempt_means_no_retry(pauses: Pauses) -> None:
    with pytest.raises(ServerError):
        await run(RetryPolicy(attempts=1, sleep=pauses.sleep), failing(BROKEN))
    assert pauses == []


@pytest.mark.parametrize("error", [BROKEN, SILENT], ids=lambda error: type(error).__name__)
async def test_what_must_not_be_sent_twice_is_not(error: KubeError, pauses: Pauses) -> None:
    with pytest.raises(type(error)):
        await run(RetryPolicy(sleep=pauses.sleep), failing(error), repeatable=False)
    assert pauses == []


async def test_after_a_429_anything_may_be_sent_again(pauses: Pauses) -> None:
    policy = RetryPolicy(sleep=pauses.sleep)
    assert await run(policy, failing(BUSY), repeatable=False) == "done"


async def test_a_foreign_error_is_not_swallowed(pauses: Pauses) -> None:
    def call() -> str:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await run(RetryPolicy(sleep=pauses.sleep), call)


async def test_retry_after_is_obeyed(pauses: Pauses) -> None:
    busy = TooManyRequests("busy", status=429)
    busy.retry_after_seconds = 7.0
    broken = ServerError("broken", status=503)
    broken.retry_after_seconds = 2.5
    assert await run(RetryPolicy(sleep=pauses.sleep), failing(busy, broken)) == "done"
    assert pauses == [7.0, 2.5]


def test_pauses_double_up_to_the_longest_less_up_to_a_half() -> None:
    policy = RetryPolicy(first_seconds=1.0, longest_seconds=8.0)
    for failures, longest in ((1, 1.0), (2, 2.0), (3, 4.0), (4, 8.0), (5, 8.0), (50, 8.0)):
        drawn = [policy.pause_seconds(failures, BROKEN) for _ in range(100)]
        assert longest / 2 <= min(drawn)
        assert max(drawn) <= longest
        assert len(set(drawn)) > 1, "clients that failed together must not return together"


def test_a_retry_after_of_zero_still_pauses() -> None:
    busy = TooManyRequests("busy", status=429)
    busy.retry_after_seconds = 0.0
    assert RetryPolicy(first_seconds=1.0).pause_seconds(1, busy) >= 0.5
