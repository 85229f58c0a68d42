from __future__ import annotations

import re

_VERSION = re.compile(r"v?(\d+)\.(\d+)")


def minor_of(version: str | None) -> tuple[int, int] | None:
    """Return major and minor of "v1.36.4", "v1.33.1-gke.5", "v1.31+"; None where unreadable."""
    found = _VERSION.match(version or "")
    return (int(found[1]), int(found[2])) if found else None


def is_skewed(kubelet: str | None, server: str | None) -> bool:
    """Return whether Kubernetes does not support this kubelet with this API server.

    A kubelet must not be newer, and may be three minors older (two, if older than 1.25); patch
    versions do not matter. A version that cannot be read is not called skewed.

    Source: https://kubernetes.io/releases/version-skew-policy/#kubelet
    """
    ours, theirs = minor_of(server), minor_of(kubelet)
    if ours is None or theirs is None:
        return False
    if ours[0] != theirs[0]:
        return True
    older = ours[1] - theirs[1]
    return not 0 <= older <= (3 if theirs >= (1, 25) else 2)
