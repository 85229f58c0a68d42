from __future__ import annotations

from pydantic import BaseModel, ConfigDict

Name = tuple[str, str | None, str]


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

    @property
    def identity(self) -> Name:
        """Return kind, namespace and name: what names an object whatever version it is served in.

        Two objects that had the name one after the other have it in common.
        """
        return (self.kind, self.namespace, self.name)

    @property
    def as_named(self) -> ObjectRef:
        """Return it as a person would name it: without the uid."""
        return self.model_copy(update={"uid": None})

    def __str__(self) -> str:
        """Return `Kind namespace/name`, the way a sentence names it."""
        place = f"{self.namespace}/" if self.namespace else ""
        return f"{self.kind} {place}{self.name}"
