from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from kube.objects.ref import ObjectRef
from kube.objects.resource import ResourceType

Action = Literal["create", "update", "delete", "unchanged"]
Method = Literal["apply", "create", "json-patch", "merge-patch", "delete"]
Reversible = Literal["yes", "recreate", "no"]
Risk = Literal["low", "medium", "high"]
Object = dict[str, Any]


class Preconditions(BaseModel):
    """What must still hold when a change is carried out, else it is a conflict.

    `uid`: the object is the one that was read, and not another of the same name.
    `resource_version`: nothing at all of it has changed. `absent`: there is no such object.
    """

    model_config = ConfigDict(frozen=True)

    uid: str | None = None
    resource_version: str | None = None
    absent: bool = False


class Change(BaseModel):
    """One object's part of a plan: what it is, what it becomes, and how it gets there.

    `before` is the live object as it was read, `after` what the server's dry run made of it; both
    without managedFields. `body` is what is sent: the desired object of an apply or create, the
    patch of a patch. `checked` is False where the server could not try it yet, because the plan
    itself makes the object's Namespace or CustomResourceDefinition: it is tried when its turn
    comes. `force` takes fields over from other managers. `only_after_success` skips it after any
    failure, also where the run goes on after one. `origin` says where it was written down.
    """

    model_config = ConfigDict(frozen=True)

    ref: ObjectRef
    resource: ResourceType
    action: Action
    method: Method
    step: int = Field(ge=0)
    # Left out of the repr, which an error of Prefect's may show: they may be Secrets.
    before: Object | None = Field(default=None, repr=False)
    after: Object | None = Field(default=None, repr=False)
    body: Any = Field(default=None, repr=False)
    force: bool = False
    propagation: Literal["Foreground", "Background", "Orphan"] | None = None
    preconditions: Preconditions = Preconditions()
    risk: Risk = "low"
    reason: str = ""
    reversible: Reversible = "yes"
    checked: bool = True
    only_after_success: bool = False
    origin: str = ""

    @property
    def writes(self) -> bool:
        """Tell whether carrying it out sends a write."""
        return self.action != "unchanged"
