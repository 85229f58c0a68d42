"""The one place that names versions; resolver, downloads, builds and tests read it.

They were tried together. Kubernetes, etcd and the Go modules under ``modules/`` move as one:
after a change here run ``go mod edit`` and ``go mod tidy`` in each of the two folders.
"""

KUBERNETES = "1.36.4"
ETCD = "3.6.14"
KWOK = "0.8.0"
HELM = "4.2.4"
METRICS_SERVER = "0.9.0"

GO_MINIMUM = (1, 26)
"""The oldest Go that compiles every module above."""


def pins() -> str:
    """Name this set of versions as a folder name, so that two sets never share one cache."""
    return (
        f"kubernetes-{KUBERNETES}_etcd-{ETCD}_kwok-{KWOK}_helm-{HELM}"
        f"_metrics-server-{METRICS_SERVER}"
    )
