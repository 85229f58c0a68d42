"""Wait for a condition while every process stays alive."""

import ssl
import time
import urllib.request
from collections.abc import Callable

from sandbox.api import Api, opener
from sandbox.errors import ApiRefused, KubectlFailed, NotReady
from sandbox.processes.group import Group

POLL_SECONDS = 0.03
REQUEST_SECONDS = 2.0


def wait_until(
    what: str, group: Group, condition: Callable[[], bool], *, timeout_seconds: float
) -> None:
    """Poll until a condition holds.

    Args:
        what: What is waited for, for the error.
        group: The processes that must stay alive meanwhile.
        condition: Asked every 30 ms; a refused request or a missing connection counts as false.
        timeout_seconds: The time limit.

    Raises:
        ComponentExited: A process ended.
        NotReady: The time is up; carries the last refusal.
    """
    deadline = time.monotonic() + timeout_seconds
    last = "no answer yet"
    while True:
        group.check()
        try:
            if condition():
                return
            last = "it does not hold"
        except (ApiRefused, KubectlFailed, OSError) as error:
            last = str(error)
        if time.monotonic() > deadline:
            raise NotReady(f"{what} not ready after {timeout_seconds:.0f} s: {last}")
        time.sleep(POLL_SECONDS)


def answers(url: str) -> bool:
    """Tell whether a health URL answers 200; certificates are not checked.

    Args:
        url: On this machine.

    Raises:
        OSError: No connection, or another status.
    """
    # The controller manager and the scheduler sign their own health endpoints.
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    request = urllib.request.Request(url)
    with opener(context).open(request, timeout=REQUEST_SECONDS) as answer:
        return bool(answer.status == 200)


def exists(api: Api, path: str) -> bool:
    """Tell whether an object exists.

    Raises:
        ApiRefused: The server answered with an error status other than 404.
    """
    try:
        api.request("GET", path)
    except ApiRefused as refused:
        if refused.status == 404:
            return False
        raise
    return True
