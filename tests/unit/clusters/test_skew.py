"""A kubelet may be older than its API server, but not by much, and never newer."""

import pytest

from kube.clusters.skew import is_skewed, minor_of


@pytest.mark.parametrize(
    ("kubelet", "server", "skewed"),
    [
        ("v1.36.4", "v1.36.0", False),
        ("v1.36.4", "v1.36.4", False),
        ("v1.33.9", "v1.36.4", False),
        ("v1.32.9", "v1.36.4", True),
        ("v1.37.0", "v1.36.4", True),
        ("v1.33.1-gke.100", "v1.36.4+k3s1", False),
        ("v1.24.0", "v1.26.0", False),
        ("v1.24.0", "v1.27.0", True),
        ("v1.25.0", "v1.28.0", False),
        ("v2.0.0", "v1.36.4", True),
        ("v1.9.0", "v1.10.0", False),
        ("", "v1.36.4", False),
        (None, "v1.36.4", False),
        ("v1.36.4", None, False),
        ("dev", "v1.36.4", False),
    ],
)
def test_a_kubelet_is_skewed_by_the_version_skew_policy(
    kubelet: str | None, server: str | None, skewed: bool
) -> None:
    assert is_skewed(kubelet, server) == skewed


@pytest.mark.parametrize(
    ("version", "minor"),
    [("v1.36.4", (1, 36)), ("1.31+", (1, 31)), ("v1.31.0-alpha.1", (1, 31)), ("x1.2", None)],
)
def test_a_version_is_read_up_to_its_minor(version: str, minor: tuple[int, int] | None) -> None:
    assert minor_of(version) == minor
