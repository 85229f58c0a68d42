"""From an HTTP answer to a typed error, without carrying a secret along."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson

from kube.api.errors import (
    Conflict,
    InvalidRequest,
    ServerError,
    StatusError,
    TooManyRequests,
    Unreachable,
    cut,
    error_class,
)

MAX_RETRY_AFTER_SECONDS = 60.0
_MANAGER = re.compile(r'conflict with "([^"]*)"')
_OF_THE_OBJECT = ("failed to create typed patch object", "failed to convert new object")


def error_of(
    method: str, path: str, status: int, headers: Mapping[str, str], body: bytes
) -> StatusError:
    """Build the error for an answer with `status` >= 400.

    Only a Kubernetes `Status` body is quoted, and cut: an error page of a proxy may hold anything.
    For Secrets not even its message is quoted, since a validation message repeats the value.
    """
    answer = _status_body(body)
    reason = cut(str(answer.get("reason", "")))
    text = _quotable_text(path, answer) or "no further detail from the server"
    kind = InvalidRequest if _is_refused_apply(status, answer) else error_class(status)
    error = kind(
        f"{method} {path.partition('?')[0]} answered {status}"
        f"{f' {reason}' if reason else ''}: {text}",
        status=status,
        reason=reason,
    )
    if isinstance(error, TooManyRequests | ServerError):
        error.retry_after_seconds = _retry_after(headers)
    if isinstance(error, Conflict):
        error.managers = frozenset(
            _MANAGER.findall(" ".join(str(cause.get("message")) for cause in _causes(answer)))
        )
    return error


def _is_refused_apply(status: int, answer: dict[str, Any]) -> bool:
    """Tell a server-side apply of a malformed object from a server in trouble.

    An unknown field, a wrong type or quantity, or a duplicate key comes back as 500, which would be
    retried.
    Source: k8s.io/apimachinery pkg/util/managedfields/internal/structuredmerge.go.
    """
    message = str(answer.get("message", ""))
    return status == 500 and message.startswith(_OF_THE_OBJECT)


def json_of(what: str, body: bytes) -> Any:
    """Return the JSON value of a successful answer; `what` is the request, for the message.

    Raises:
        Unreachable: It is not JSON, so it came from something else than an API server.
    """
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        pass  # the error carries the whole body along: it ends here
    raise Unreachable(
        f"{what.partition('?')[0]} was not answered in JSON; is the address a Kubernetes API "
        "server, and not a login page or a proxy?",
        "connection",
    )


def _status_body(body: bytes) -> dict[str, Any]:
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return answer if isinstance(answer, dict) and answer.get("kind") == "Status" else {}


def _quotable_text(path: str, answer: dict[str, Any]) -> str:
    if "/secrets" not in path.partition("?")[0]:
        return cut(str(answer.get("message", "")))
    fields = sorted({str(cause.get("field", "")) for cause in _causes(answer)} - {""})
    return cut(f"the server's text is withheld for Secrets; fields: {', '.join(fields) or 'none'}")


def _causes(answer: dict[str, Any]) -> list[dict[str, Any]]:
    details = answer.get("details")
    causes = details.get("causes") if isinstance(details, dict) else None
    return [cause for cause in causes or () if isinstance(cause, dict)]


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds of `Retry-After`; Kubernetes never sends its HTTP-date form."""
    try:
        seconds = float(headers.get("Retry-After", ""))
    except ValueError:
        return None
    return min(seconds, MAX_RETRY_AFTER_SECONDS) if seconds >= 0 else None  # nan is not
