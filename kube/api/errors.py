"""Every error that talking to a cluster can raise, by what the caller can do about it.

```
KubeError
├── TransientError           the same call may work later
│   ├── Unreachable          no answer: reason is dns, refused, timeout or connection
│   ├── TooManyRequests      429, with the seconds the server asks to wait
│   └── ServerError          5xx
└── PermanentError           the same call fails again
    ├── InvalidKubeconfig    the credentials cannot be read
    ├── TlsFailure           the certificates do not fit
    ├── Unauthorized         401
    ├── Forbidden            403
    ├── NotFound             404
    ├── Conflict             409
    ├── Gone                 410: a list or watch must start again
    ├── InvalidRequest       every other 4xx
    ├── UnknownKind          the cluster does not serve that kind
    └── Refused              our own safety rule; nothing changed
        └── RefusedKubeconfig   credentials that would read a file or run a command of the worker
```
"""

from __future__ import annotations

from typing import Any, Literal

MAX_SERVER_TEXT = 256

UnreachableReason = Literal["dns", "refused", "timeout", "connection"]


class KubeError(Exception):
    """Anything that went wrong between us and a cluster."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Let it travel between processes whole, whatever its class takes to be made."""
        return _restored, (type(self), self.args, self.__dict__)


class TransientError(KubeError):
    """The same call may work later."""


class Unreachable(TransientError):
    """The API server gave no answer."""

    def __init__(self, message: str, reason: UnreachableReason) -> None:
        super().__init__(message)
        self.reason = reason


class PermanentError(KubeError):
    """The same call fails again until something else changes."""


class InvalidKubeconfig(PermanentError):
    """The credentials cannot be read, or hold what is not allowed here."""


class TlsFailure(PermanentError):
    """The server's or the client's certificate was not accepted."""


class UnknownKind(PermanentError):
    """The cluster serves no such kind, also after discovery was read anew."""


class Refused(PermanentError):
    """One of our own safety rules said no; nothing was changed."""


class RefusedKubeconfig(InvalidKubeconfig, Refused):
    """The credentials can be read, and ask for a file or a command of the worker."""


class StatusError(KubeError):
    """An HTTP answer that is not a success."""

    def __init__(self, message: str, *, status: int, reason: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason


class TooManyRequests(StatusError, TransientError):
    """429: the server asks to wait `retry_after_seconds`."""

    retry_after_seconds: float | None = None


class ServerError(StatusError, TransientError):
    """5xx; `retry_after_seconds` where the server names it."""

    retry_after_seconds: float | None = None


class Unauthorized(StatusError, PermanentError):
    """401: the credentials are not, or no longer, valid."""


class Forbidden(StatusError, PermanentError):
    """403: the credentials are valid and do not allow this."""


class NotFound(StatusError, PermanentError):
    """404."""


class Conflict(StatusError, PermanentError):
    """409: the object exists, has changed, or another field manager owns a field.

    `managers` names those field managers, as a server-side apply was told; empty for the others.
    """

    managers: frozenset[str] = frozenset()


class Gone(StatusError, PermanentError):
    """410: the resource version is too old; list or watch again from the start."""


class InvalidRequest(StatusError, PermanentError):
    """Any other 4xx: the server will not take this request as it is."""


_BY_STATUS: dict[int, type[StatusError]] = {
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    410: Gone,
    429: TooManyRequests,
}


def error_class(status: int) -> type[StatusError]:
    """Return the error class of an HTTP status (400 to 599)."""
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    return ServerError if status >= 500 else InvalidRequest


def cut(text: str) -> str:
    """Return server text short enough for a log line: one line, at most 256 characters."""
    line = " ".join(text.split())
    return line if len(line) <= MAX_SERVER_TEXT else line[: MAX_SERVER_TEXT - 1] + "…"


def _restored(kind: type[KubeError], args: tuple[Any, ...], state: dict[str, Any]) -> KubeError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error
