"""JSON values as Kubernetes compares them, and the places in them."""

from __future__ import annotations

from enum import Enum
from typing import Any, Final


class Absence(Enum):
    """The one value that says: there is no such field. None would be JSON's null."""

    ABSENT = "absent"


ABSENT: Final = Absence.ABSENT


def equal(one: Any, other: Any) -> bool:
    """Tell whether two JSON values are the same, types too: 1, 1.0 and true all differ."""
    if one is other:
        return True
    # Python's own comparison is fast, and wrong only about numbers and booleans.
    if type(one) is not type(other) or one != other:
        return False
    if type(one) is dict:
        return all(equal(value, other[name]) for name, value in one.items())
    return type(one) is not list or all(map(equal, one, other))
