from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from kube.api.client import APPLY, ApiClient
from kube.api.errors import Conflict, StatusError, TransientError
from kube.objects.ref import ObjectRef
from kube.objects.resource import ResourceType

Object = dict[str, Any]


@dataclass(frozen=True)
class Trial:
    """What the server's dry run made of an object: the object as it would be, or why not.

    `denied` tells that the user may not do it, so that nothing is known of the object itself.
    `forced`: it took force, since we own a field ourselves by another operation than apply.
    """

    ref: ObjectRef
    after: Object | None = None
    error: StatusError | None = None
    denied: bool = False
    forced: bool = False


@dataclass(frozen=True)
class Attempt:
    """One object to try: `apply` for an object as desired, `create` for a pod of a template."""

    resource: ResourceType
    ref: ObjectRef
    body: Object
    create: bool = False
    force: bool = False


async def try_all(api: ApiClient, attempts: Iterable[Attempt]) -> tuple[Trial, ...]:
    """Let the server check writes without storing them, as many at a time as the client allows.

    Field validation is strict: an unknown or duplicate field is refused.

    Raises:
        KubeError: The server did not answer; a refusal is a Trial with its error, and no exception.
    """
    return tuple(await asyncio.gather(*(_try(api, attempt) for attempt in attempts)))


async def _try(api: ApiClient, attempt: Attempt) -> Trial:
    try:
        return Trial(attempt.ref, after=await _tried(api, attempt, force=attempt.force))
    except Conflict as error:
        # What undo puts back is ours by its patch, and so in the way of our own next apply.
        if attempt.force or error.managers != {api.settings.field_manager}:
            return Trial(attempt.ref, error=error)
    except StatusError as error:
        return _refused(attempt, error)
    try:
        after = await _tried(api, attempt, force=True)
    except StatusError as error:
        return _refused(attempt, error)
    return Trial(attempt.ref, after=after, forced=True)


async def _tried(api: ApiClient, attempt: Attempt, *, force: bool) -> Object:
    query = {"dryRun": "All", "fieldValidation": "Strict"}
    if not attempt.create:
        return await apply(api, attempt.resource, attempt.ref, attempt.body, query, force=force)
    path = attempt.resource.path(attempt.ref.namespace)
    made: Object = await api.write("POST", path, attempt.body, query=query, repeatable=True)
    return made


def _refused(attempt: Attempt, error: StatusError) -> Trial:
    if isinstance(error, TransientError):
        raise error  # the server was busy or down: that says nothing about the object
    return Trial(attempt.ref, error=error)


async def apply(
    api: ApiClient,
    resource: ResourceType,
    ref: ObjectRef,
    body: Object,
    query: dict[str, str],
    *,
    force: bool = False,
) -> Object:
    """Send one server-side apply under our field manager and return the object it made.

    Raises:
        Conflict: Another manager owns a field (and `force` is False), or a precondition of the
            body's metadata does not hold.
        KubeError: See `kube.api.errors`.
    """
    applied: Object = await api.write(
        "PATCH",
        resource.path(ref.namespace, ref.name),
        body,
        query={**query, "force": "true"} if force else query,
        content_type=APPLY,
    )
    return applied
