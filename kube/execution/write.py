"""Write one change of a sealed plan, exactly once and never over somebody else's change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from kube.api.client import JSON_PATCH, MERGE_PATCH, ApiClient
from kube.api.errors import (
    Conflict,
    InvalidRequest,
    KubeError,
    NotFound,
    StatusError,
    TransientError,
)
from kube.api.live import read_one
from kube.api.trial import apply
from kube.execution.hand_over import hand_over
from kube.plans.change import Change
from kube.plans.normal import comparison_form
from kube.plans.ownership import is_unchanged
from kube.records.record import Outcome

MAX_ATTEMPTS = 5
STRICT = {"fieldValidation": "Strict"}
DRY_RUN = {"dryRun": "All"}
NO_QUERY: Mapping[str, str] = MappingProxyType({})
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
            if _comes_soon(change, error) and attempts < MAX_ATTEMPTS:
                await api.settings.retry.sleep(api.settings.retry.pause_seconds(attempts, None))
                continue
            verdict = await _judge(api, change, error)
            if verdict.retry_with is not None and attempts < MAX_ATTEMPTS:
                version = verdict.retry_with
                continue
            return _written(change, verdict.status, verdict.reason, attempts, clock() - began)
        except KubeError as error:
            return _written(change, "failed", str(error), attempts, clock() - began)
        return _written(change, "changed", change.action, attempts, clock() - began, live)


def _comes_soon(change: Change, error: KubeError) -> bool:
    """Tell whether the kind may be served in a moment: the same plan has made it just before.

    A CustomResourceDefinition is stored before it is established, and established before each
    path of it answers.
    """
    return isinstance(error, NotFound) and change.action == "create" and not change.checked


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
    form = comparison_form(live)
    is_there = change.after is not None and form == comparison_form(change.after)
    if change.preconditions.absent:
        if is_there:  # an answer was lost on the way, and sending it again found it there
            return _Verdict("changed", f"{change.action}, found done")
        return _Verdict(
            "failed", f"conflict: it was created by somebody else since the plan ({error})"
        )
    if live["metadata"].get("uid") != change.preconditions.uid:
        return _Verdict("failed", "conflict: it was deleted and made anew since the plan")
    if is_there:
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


async def try_change(api: ApiClient, change: Change) -> StatusError | None:
    """Let the server check a change without storing it; return why it refuses, None if it does not.

    The version that it must meet is left out: only a write finds out whether it still holds.

    Raises:
        KubeError: The server did not answer.
    """
    try:
        await _send(api, change, None, DRY_RUN)
    except NotFound as error:
        return None if change.action == "delete" else error
    except StatusError as error:
        if isinstance(error, TransientError):
            raise
        return error
    return None


async def _send(
    api: ApiClient, change: Change, version: str | None, query: Mapping[str, str] = NO_QUERY
) -> dict[str, Any] | None:
    path = change.resource.path(change.ref.namespace, change.ref.name)
    strict = {**STRICT, **query}
    match change.method:
        case "apply":
            body = _with_version(change, version)
            return await apply(api, change.resource, change.ref, body, strict, force=change.force)
        case "create":
            # Its name is given, so a second one is refused, and found to be ours by `_judge`.
            created: dict[str, Any] = await api.write(
                "POST",
                change.resource.path(change.ref.namespace),
                change.body,
                query=strict,
                repeatable=True,
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
            if query:  # with a body, the server does not look at the query of a delete
                options["dryRun"] = ["All"]
            await api.write("DELETE", path, options, query=query)
            return None
        case "json-patch":
            test = {"op": "test", "path": "/metadata/resourceVersion", "value": version}
            patched: dict[str, Any] = await api.write(
                "PATCH",
                path,
                [*([] if version is None else [test]), *change.body],
                query=query,
                content_type=JSON_PATCH,
                repeatable=True,
            )
            if not query:
                await hand_over(api, path, patched)
            return patched
        case _:
            merged: dict[str, Any] = await api.write(
                "PATCH",
                path,
                _with_version(change, version),
                query=query,
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
