"""Write one change of a sealed plan, exactly once and never over somebody else's change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kube.api.client import JSON_PATCH, MERGE_PATCH, ApiClient
from kube.api.errors import Conflict, InvalidRequest, KubeError, NotFound
from kube.api.live import read_one
from kube.api.trial import apply
from kube.plans.change import Change
from kube.plans.normal import comparison_form
from kube.plans.ownership import is_unchanged
from kube.records.record import Outcome

MAX_ATTEMPTS = 5
STRICT = {"fieldValidation": "Strict"}
Clock = Callable[[], float]


@dataclass(frozen=True)
class Written:
    """What became of a change, and the live object afterwards where there is one."""

    outcome: Outcome
    live: dict[str, Any] | None = None


async def write_change(api: ApiClient, change: Change, clock: Clock) -> Written:
    """Carry out one change.

    The object must be what the plan saw. Where only a controller touched it since (its status, its
    annotations of revision), the write is sent again against the newer version; where anything
    else changed, it is a conflict and is left alone. An object that is already as planned, because
    an answer was lost on the way, counts as changed.

    Returns:
        One outcome; a failure of the server is an outcome too, and no exception.
    """
    began, attempts = clock(), 0
    version = change.preconditions.resource_version
    while True:
        attempts += 1
        try:
            live = await _send(api, change, version)
        except (Conflict, InvalidRequest, NotFound) as error:
            verdict = await _judge(api, change, error)
            if verdict.retry_with is not None and attempts < MAX_ATTEMPTS:
                version = verdict.retry_with
                continue
            return _written(change, verdict.status, verdict.reason, attempts, clock() - began)
        except KubeError as error:
            return _written(change, "failed", str(error), attempts, clock() - began)
        return _written(change, "changed", change.action, attempts, clock() - began, live)


@dataclass(frozen=True)
class _Verdict:
    status: Any
    reason: str
    retry_with: str | None = None


async def _judge(api: ApiClient, change: Change, error: KubeError) -> _Verdict:
    """Read the object again and tell whether the write may be sent once more."""
    try:
        live = await read_one(api, change.resource, change.ref)
    except KubeError:
        return _Verdict("failed", str(error))
    if live is None:
        return _without_object(change, error)
    if change.method == "apply" and is_unchanged(change.body, live, api.settings.field_manager):
        return _Verdict("changed", f"{change.action}, found done")
    if change.preconditions.absent:
        return _Verdict(
            "failed", f"conflict: it was created by somebody else since the plan ({error})"
        )
    if live["metadata"].get("uid") != change.preconditions.uid:
        return _Verdict("failed", "conflict: it was deleted and made anew since the plan")
    form = comparison_form(live)
    if change.after is not None and form == comparison_form(change.after):
        return _Verdict("changed", f"{change.action}, found done")
    if change.before is not None and form != comparison_form(change.before):
        return _Verdict("failed", "conflict: somebody else changed it since the plan; plan again")
    version = str(live["metadata"]["resourceVersion"])
    if version == change.preconditions.resource_version and not isinstance(error, InvalidRequest):
        return _Verdict("failed", str(error))
    return _Verdict("failed", str(error), retry_with=version)


def _without_object(change: Change, error: KubeError) -> _Verdict:
    if change.action == "delete":
        return _Verdict("changed", "delete, found gone")
    if change.action == "create":
        return _Verdict("failed", str(error))
    return _Verdict("failed", "conflict: it was deleted since the plan")


async def _send(api: ApiClient, change: Change, version: str | None) -> dict[str, Any] | None:
    path = change.resource.path(change.ref.namespace, change.ref.name)
    match change.method:
        case "apply":
            body = _with_version(change, version)
            return await apply(api, change.resource, change.ref, body, STRICT, force=change.force)
        case "create":
            created: dict[str, Any] = await api.write(
                "POST", change.resource.path(change.ref.namespace), change.body, query=STRICT
            )
            return created
        case "delete":
            preconditions = {"uid": change.preconditions.uid}
            if version is not None:
                preconditions["resourceVersion"] = version
            options = {
                "apiVersion": "v1",
                "kind": "DeleteOptions",
                "propagationPolicy": change.propagation or "Background",
                "preconditions": preconditions,
            }
            await api.write("DELETE", path, options)
            return None
        case "json-patch":
            test = {"op": "test", "path": "/metadata/resourceVersion", "value": version}
            patched: dict[str, Any] = await api.write(
                "PATCH", path, [test, *change.body], content_type=JSON_PATCH, repeatable=True
            )
            return patched
        case _:
            merged: dict[str, Any] = await api.write(
                "PATCH",
                path,
                _with_version(change, version),
                content_type=MERGE_PATCH,
                repeatable=True,
            )
            return merged


def _with_version(change: Change, version: str | None) -> dict[str, Any]:
    """Return the body with the version it must meet, which the server checks and forgets."""
    body: dict[str, Any] = change.body
    if version is None:
        return body
    return {**body, "metadata": {**body.get("metadata", {}), "resourceVersion": version}}


def _written(
    change: Change,
    status: Any,
    reason: str,
    attempts: int,
    seconds: float,
    live: dict[str, Any] | None = None,
) -> Written:
    ref = change.ref
    if live is not None:
        ref = ref.model_copy(update={"uid": live["metadata"].get("uid")})
    outcome = Outcome(
        ref=ref, status=status, reason=reason, attempts=attempts, seconds=round(seconds, 3)
    )
    return Written(outcome, live)
