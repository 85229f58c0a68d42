from __future__ import annotations

from collections.abc import Mapping, Sequence

from kube.objects.ref import ObjectRef

MAX_NAMED = 5


def named(refs: Sequence[ObjectRef]) -> str:
    """Name objects, the first five of them, and count the rest."""
    more = len(refs) - MAX_NAMED
    names = ", ".join(str(ref) for ref in refs[:MAX_NAMED])
    return f"{names} and {more} more" if more > 0 else names


def counted(kinds: Mapping[str, int]) -> str:
    """Count objects by kind, the most frequent first: "3 Deployment, 1 Secret"."""
    ordered = sorted(kinds.items(), key=lambda entry: (-entry[1], entry[0]))
    more = sum(number for _, number in ordered[MAX_NAMED:])
    told = ", ".join(f"{number} {kind}" for kind, number in ordered[:MAX_NAMED])
    return f"{told} and {more} others" if more else told
