from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

MAX_MESSAGE = 256

Progress = Literal["done", "progressing", "failed"]


@dataclass(frozen=True, slots=True)
class Condition:
    """What is to be said of one object: where it stands, and the one line why.

    Attributes:
        status: `done` needs nothing more, `progressing` may still get there by itself, `failed`
            will not without somebody's help.
        reason: One word in CamelCase, as Kubernetes writes reasons.
        message: One line for people, at most `MAX_MESSAGE` characters.
        since: When it began, None where the object does not tell.
    """

    status: Progress
    reason: str
    message: str = ""
    since: datetime | None = None


def one_line(text: str) -> str:
    """Return a server's text on one line, cut at `MAX_MESSAGE` characters."""
    line = " ".join(text.split())
    return line if len(line) <= MAX_MESSAGE else f"{line[: MAX_MESSAGE - 1]}…"
