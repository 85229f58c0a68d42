from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from kube.api.connection import Identity
from kube.clusters.registration import ClusterSettings


class ClusterFacts(BaseModel):
    """All that may be shown of a registered cluster: who we are there, and its settings."""

    model_config = ConfigDict(frozen=True)

    server: str
    context: str
    user: str
    ca_fingerprint: str | None
    settings: ClusterSettings

    @classmethod
    def of(cls, identity: Identity, settings: ClusterSettings) -> ClusterFacts:
        """Join the identity of a connection and the settings of a cluster."""
        return cls(
            server=identity.server,
            context=identity.context,
            user=identity.user,
            ca_fingerprint=identity.ca_fingerprint,
            settings=settings,
        )
