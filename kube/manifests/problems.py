"""Everything that can be wrong with what a person wrote.

```
ValueError
└── Invalid                every problem that was found, in the order of the text
    ├── InvalidManifest    YAML, or the objects in it
    ├── InvalidTemplate    the template's own syntax, or what it tries to do
    ├── InvalidVariables   the declarations of variables, or the values given for them
    └── InvalidSource      where the text was said to be: nowhere, out of bounds, or not allowed
```

No message holds a value of the text: it may be a Secret's. Names, kinds and keys are shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Reason = Literal[
    "syntax",
    "size",
    "depth",
    "alias",
    "tag",
    "key",
    "duplicate-key",
    "number",
    "shape",
    "identity",
    "name",
    "labels",
    "duplicate-object",
    "kind",
    "namespace",
    "undefined",
    "unsafe",
    "expression",
    "variable",
    "secret",
    "source",
]


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, where it is, and what to do about it.

    `document` counts the documents of the text from 1, empty ones included; `line` and `column`
    count from 1 too. A template's problems carry the line of the template, and no column. `file`
    is where there are several.
    """

    reason: Reason
    message: str
    document: int | None = None
    line: int | None = None
    column: int | None = None
    file: str = ""

    def __str__(self) -> str:
        """Return the sentence with its place before it, as far as that is known."""
        places = (("document", self.document), ("line", self.line), ("column", self.column))
        numbers = [f"{name} {number}" for name, number in places if number is not None]
        place = ", ".join(filter(None, (self.file, *numbers)))
        return f"{place}: {self.message}" if place else self.message


class Invalid(ValueError):
    """What a person wrote cannot be used; `problems` says why, and holds at least one."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(self.problems)

    @property
    def document(self) -> int | None:
        """Return the document of the first problem."""
        return self.problems[0].document

    @property
    def line(self) -> int | None:
        """Return the line of the first problem."""
        return self.problems[0].line

    @property
    def column(self) -> int | None:
        """Return the column of the first problem."""
        return self.problems[0].column

    def __str__(self) -> str:
        """Return the problem, or one line for each of several."""
        if len(self.problems) == 1:
            return str(self.problems[0])
        lines = "".join(f"\n- {problem}" for problem in self.problems)
        return f"{len(self.problems)} problems:{lines}"


class InvalidManifest(Invalid):
    """The YAML, or an object in it, cannot be sent to a cluster."""


class InvalidTemplate(Invalid):
    """The template cannot be rendered, or does what a template may not do."""


class InvalidVariables(Invalid):
    """The values do not fit the declared variables."""


class InvalidSource(Invalid):
    """The text that was asked for is not there, is too large, or may not be read."""

    @classmethod
    def because(cls, message: str) -> InvalidSource:
        """Make one of a sentence."""
        return cls([Problem("source", message)])
