"""Which of the kept records a person means, and one line of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from kube.objects.ref import ObjectRef
from kube.records.record import OutcomeStatus, Record, Trigger

MAX_READ = 2_000
"""Records that one search reads at most; whoever wants older ones narrows the time."""

_NAMED_OBJECTS = 3
_MAX_MESSAGE = 200


def _in_utc(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=UTC)


Moment = Annotated[datetime, AfterValidator(_in_utc)]


class RecordFilter(BaseModel):
    """What records must satisfy, every condition of it; an empty one takes all."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    operation: str = Field(default="", description="Name of a flow, such as apply-yaml.")
    cluster: str = Field(default="", description="Name of a cluster, forgotten ones too.")
    namespace: str = Field(default="", description="Namespace of an object of the run.")
    kind: str = Field(default="", description="Kind of an object of the run, such as Deployment.")
    name: str = Field(default="", description="Name of an object of the run.")
    outcome: OutcomeStatus | None = Field(
        default=None, description="What became of such an object, such as changed."
    )
    verdict: str = Field(
        default="", description="How the run ended: Completed, Unchanged, Failed, Refused and more."
    )
    requester: str = Field(default="", description="Part of the name of who asked, as typed.")
    since: Moment | None = Field(
        default=None, description="Only runs that started then or later; UTC without a zone."
    )
    until: Moment | None = Field(default=None, description="Only runs that started before.")
    limit: Annotated[int, Field(ge=1, le=500)] = Field(
        default=50, description="How many at most, the newest first."
    )

    def matches(self, record: Record) -> bool:
        """Tell whether a record satisfies every condition but time and limit."""
        verdict, requester = self.verdict.casefold(), self.requester.casefold()
        return (
            self.operation in ("", record.operation)
            and self.cluster in ("", record.cluster)
            and verdict in ("", record.verdict.name.casefold())
            and requester in record.requester.name.casefold()
            and self._matches_an_object(record)
        )

    def _matches_an_object(self, record: Record) -> bool:
        if self.outcome is not None:
            return any(
                outcome.status == self.outcome and self._is_meant(outcome.ref)
                for outcome in record.outcomes
            )
        if not (self.namespace or self.kind or self.name):
            return True
        return any(self._is_meant(ref) for ref in objects_of(record))

    def _is_meant(self, ref: ObjectRef) -> bool:
        return (
            self.namespace in ("", _namespace_of(ref))
            and self.kind.casefold() in ("", ref.kind.casefold())
            and self.name in ("", ref.name)
        )


class RunLine(BaseModel):
    """What is told of a run wherever it stands in a line."""

    model_config = ConfigDict(frozen=True)

    run_id: str
    operation: str
    cluster: str | None = None
    started_at: datetime
    seconds: float
    requester: str = ""
    verdict: str
    message: str = ""


class RecordRow(RunLine):
    """One record in a line; `objects` names the first three, `counts` tells of all of them."""

    trigger: Trigger
    good: bool
    objects: tuple[str, ...] = ()
    object_count: int = 0
    counts: dict[str, int] = Field(default_factory=dict)


class RecordList(BaseModel):
    """The shape of `result` in a record of `list-records`, newest first.

    `read` is how many records were looked at, `cut_at` how far back where not all of them were.
    """

    model_config = ConfigDict(frozen=True)

    rows: tuple[RecordRow, ...] = ()
    read: int = 0
    cut_at: datetime | None = None


async def select(records: AsyncIterator[Record], wanted: RecordFilter) -> RecordList:
    """Return the newest records that satisfy a filter, as many as it asks for.

    Args:
        records: Records in the time of the filter, newest first; at most 2,000 of them are read.
        wanted: The filter.

    Raises:
        StorageError: The records cannot be read.
    """
    rows: list[RecordRow] = []
    read = 0
    async for record in records:
        read += 1
        if wanted.matches(record):
            rows.append(row_of(record))
        if len(rows) == wanted.limit or read == MAX_READ:
            return RecordList(rows=tuple(rows), read=read, cut_at=record.started_at)
    return RecordList(rows=tuple(rows), read=read)


def merged(lists: list[RecordList], limit: int) -> RecordList:
    """Join what several stores hold, newest first, to one list of at most `limit`."""
    rows = sorted((row for one in lists for row in one.rows), key=_start, reverse=True)
    # What is older than where one of them was cut may lack something.
    cuts = [one.cut_at for one in lists if one.cut_at is not None]
    cuts += [rows[limit - 1].started_at] if len(rows) > limit else []
    return RecordList(
        rows=tuple(rows[:limit]),
        read=sum(one.read for one in lists),
        cut_at=max(cuts, default=None),
    )


def _start(row: RecordRow) -> datetime:
    return row.started_at


def line_of(record: Record) -> dict[str, Any]:
    """Return the fields of a `RunLine`."""
    return {
        "run_id": record.id,
        "operation": record.operation,
        "cluster": record.cluster,
        "started_at": record.started_at,
        "seconds": record.seconds,
        "requester": record.requester.name,
        "verdict": record.verdict.name,
        "message": record.verdict.message,
    }


def row_of(record: Record) -> RecordRow:
    """Return one line of a record."""
    objects = [str(ref) for ref in objects_of(record)]
    line = line_of(record)
    return RecordRow(
        **{**line, "message": line["message"][:_MAX_MESSAGE]},
        trigger=record.requester.trigger,
        good=record.verdict.good,
        objects=tuple(objects[:_NAMED_OBJECTS]),
        object_count=len(objects),
        counts=dict(Counter(str(outcome.status) for outcome in record.outcomes)),
    )


def objects_of(record: Record) -> tuple[ObjectRef, ...]:
    """Return the objects that a record tells of: what became of them, or what was planned."""
    found = {ref.identity: ref for ref in _planned_objects(record)}
    found |= {outcome.ref.identity: outcome.ref for outcome in record.outcomes}
    return tuple(found.values())


def namespaces_of(record: Record) -> tuple[str, ...]:
    """Return the namespaces of a record's objects, those that it makes or deletes too, sorted."""
    return tuple(sorted({_namespace_of(ref) for ref in objects_of(record)} - {""}))


def changes_in(record: Record) -> list[dict[str, object]]:
    """Return the changes that the result of a writing operation tells of, as JSON."""
    changes = record.result.get("changes")
    return [one for one in changes if isinstance(one, dict)] if isinstance(changes, list) else []


def _planned_objects(record: Record) -> Iterator[ObjectRef]:
    for change in changes_in(record):
        with suppress(ValidationError):
            yield ObjectRef.model_validate(change.get("ref"))


def _namespace_of(ref: ObjectRef) -> str:
    return ref.name if ref.kind == "Namespace" else ref.namespace or ""
