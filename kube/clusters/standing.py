"""The health a cluster is known by: slow to worsen, quick to recover."""

from __future__ import annotations

from datetime import datetime

from kube.clusters.snapshot import Health, HealthStatus, Standing

FAILURES_TO_WORSEN = 2

_BADNESS: dict[HealthStatus, int] = {
    "healthy": 0,
    "degraded": 1,
    "unauthorized": 2,
    "unreachable": 3,
}


def settle(previous: Standing | None, health: Health, at: datetime) -> Standing:
    """Return the standing after one more refresh.

    Args:
        previous: The standing so far; None settles on `health` at once, which is no change.
        health: What this refresh found.
        at: When it found it.

    Returns:
        The status moves to a worse one after two worse verdicts in a row (to the latest of them),
        to a better one after a single verdict.
    """
    healthy = health.status == "healthy"
    last_ok_at = at if healthy else previous.last_ok_at if previous is not None else None
    if previous is None:
        return Standing(status=health.status, since=at, last_ok_at=last_ok_at)
    step = _BADNESS[health.status] - _BADNESS[previous.status]
    failures = previous.failures + 1 if step > 0 else 0
    if step < 0 or failures >= FAILURES_TO_WORSEN:
        return Standing(
            status=health.status,
            since=at,
            last_ok_at=last_ok_at,
            changed=True,
            previous=previous.status,
        )
    return previous.model_copy(
        update={"last_ok_at": last_ok_at, "failures": failures, "changed": False}
    )
