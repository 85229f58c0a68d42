from __future__ import annotations

import re
from contextlib import suppress

from kube.api.client import ApiClient
from kube.api.errors import (
    Forbidden,
    KubeError,
    NotFound,
    TlsFailure,
    Unauthorized,
    Unreachable,
)
from kube.clusters.snapshot import Reach, ReachStatus

_FAILING_CHECK = re.compile(r"^\[-\](\S+)", re.MULTILINE)


async def probe(api: ApiClient) -> Reach:
    """Ask the API server for its version and, where allowed, for its readiness checks.

    It never raises a KubeError: a cluster that does not answer is a finding. `seconds` is left 0
    for the caller, who owns the clock.
    """
    try:
        version = await _version(api)
        await _prove_credentials(api)
    except KubeError as error:
        return Reach(status=reach_status(error), message=str(error))
    return Reach(status="ok", version=version, failing_checks=await _failing_checks(api))


def reach_status(error: KubeError) -> ReachStatus:
    """Classify why a cluster was not reached."""
    match error:
        case Unreachable():
            return error.reason
        case TlsFailure():
            return "tls"
        case Unauthorized():
            return "unauthorized"
        case Forbidden():
            return "forbidden"
        case _:
            return "server"


async def _version(api: ApiClient) -> str | None:
    """Return the server's version, or None where only that is forbidden."""
    try:
        return str((await api.get("/version"))["gitVersion"])
    except Forbidden:
        return None


async def _prove_credentials(api: ApiClient) -> None:
    """Ask who we are: `/version` is open to everybody on most clusters and proves nothing.

    A cluster before Kubernetes 1.28 does not serve the question; the first list answers it there.
    """
    with suppress(Forbidden, NotFound):
        await api.ask(
            "/apis/authentication.k8s.io/v1/selfsubjectreviews",
            {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"},
        )


async def _failing_checks(api: ApiClient) -> tuple[str, ...]:
    """Return the names of the failing readyz checks; empty also where we may not ask.

    With a failing check the server answers 500 and the list, which is no failed request.
    """
    try:
        text = await api.read(
            "/readyz", {"verbose": ""}, accept="*/*", also_accept=frozenset({500, 503})
        )
    except KubeError:
        return ()
    return tuple(_FAILING_CHECK.findall(text.decode(errors="replace")))
