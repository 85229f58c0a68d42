from __future__ import annotations

from kube.records.record import Record


class OperationError(Exception):
    """An operation cannot be done as asked; the message says why and what to do next."""


class OperationFailed(OperationError):
    """An operation ended badly; `record` tells what became of each object."""

    def __init__(self, message: str, record: Record | None = None) -> None:
        super().__init__(message)
        self.record = record


class AlreadyRunning(OperationError):
    """The same operation is under way on the same cluster; this run has nothing left to do."""
