from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class ObjectRef(BaseModel):
    """Names one object of a cluster, as Kubernetes' own ObjectReference does.

    `namespace` is None for cluster-scoped objects; `uid` is None where the object was named by a
    person and not read.
    """

    model_config = ConfigDict(frozen=True)

    api_version: str
    kind: str
    name: str
    namespace: str | None = None
    uid: str | None = None

    def __str__(self) -> str:
        """Return `Kind namespace/name`, the way a sentence names it."""
        place = f"{self.namespace}/" if self.namespace else ""
        return f"{self.kind} {place}{self.name}"
