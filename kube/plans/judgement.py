"""What became of the fields that a change touched: whether they can go back."""

from __future__ import annotations

from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict

from kube.plans.change import Object
from kube.plans.field_path import path_text
from kube.plans.masking import Masker
from kube.plans.touched import Verdict, reversal
from kube.plans.values import ABSENT

MAX_VALUE_CHARACTERS = 80


class FieldJudgement(BaseModel):
    """What may become of one touched field: it goes back, is already back, or is in conflict.

    `before`, `after` and `live` are None where there is no such field; secrets are masked.
    """

    model_config = ConfigDict(frozen=True)

    path: str
    verdict: Verdict
    before: Any = None
    after: Any = None
    live: Any = None

    def __str__(self) -> str:
        """Return `spec.replicas: was 3, became 5, is now 7`."""
        values = (_short(value) for value in (self.before, self.after, self.live))
        return "{}: was {}, became {}, is now {}".format(self.path, *values)


class Judgement(BaseModel):
    """Every field that a change touched, in the order of the object."""

    model_config = ConfigDict(frozen=True)

    fields: tuple[FieldJudgement, ...] = ()

    @property
    def conflicts(self) -> tuple[FieldJudgement, ...]:
        """Return the fields that somebody else changed since."""
        return tuple(field for field in self.fields if field.verdict == "conflict")

    @property
    def goes_back(self) -> bool:
        """Tell whether there is anything to put back."""
        return any(field.verdict == "goes back" for field in self.fields)


def judge(
    live: Object, before: Object, after: Object, *, masker: Masker | None = None
) -> Judgement:
    """Judge each field in which the recorded images differ by what is live now.

    A field that still is as `after` goes back, one that already is as `before` needs nothing, any
    other is a conflict. List elements are compared by merge keys, and whole where they came or
    went; what the server keeps does not count, see `kube.plans.normal`.

    Args:
        live: The object as read now, with its managedFields.
        before: The recorded image from before the change.
        after: What the change made of it: what the write answered, else its dry run.
        masker: Shared by all that is shown together; None counts for this object alone.
    """
    masker = masker or Masker()
    masker.learn(before, after, live)
    fields = []
    for field in reversal(live, before, after).fields:
        values = (
            masker.masked_at(field.path, value, of=live)
            for value in (field.before, field.after, field.live)
        )
        was, became, now = (None if value is ABSENT else value for value in values)
        fields.append(
            FieldJudgement(
                path=path_text(field.path),
                verdict=field.verdict,
                before=was,
                after=became,
                live=now,
            )
        )
    return Judgement(fields=tuple(fields))


def _short(value: Any) -> str:
    if value is None:
        return "absent"
    text = orjson.dumps(value).decode()
    return text if len(text) <= MAX_VALUE_CHARACTERS else text[: MAX_VALUE_CHARACTERS - 1] + "…"
