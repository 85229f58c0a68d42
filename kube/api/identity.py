from __future__ import annotations

from kube.api.client import ApiClient

KUBE_SYSTEM = "/api/v1/namespaces/kube-system"


async def cluster_uid(api: ApiClient) -> str:
    """Return the identity of a cluster: the UID of its namespace kube-system.

    Raises:
        KubeError: See `kube.api.errors`.
    """
    return str((await api.get(KUBE_SYSTEM))["metadata"]["uid"])
