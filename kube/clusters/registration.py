"""What a person says of a cluster when it is registered or changed."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from kube.clusters.freeze import FreezeWindow

Environment = Literal["dev", "staging", "production"]
Positive = Annotated[int, Field(ge=1)]
Percent = Annotated[int, Field(ge=1, le=100)]
_NAME = re.compile(r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?")
Clearable = Literal[
    "labels",
    "protected_namespaces",
    "allowed_namespaces",
    "freeze_windows",
    "work_pool",
    "context",
]


class ClusterSettings(BaseModel):
    """What a cluster is and what may be done to it; the fields of its block beside credentials."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    labels: dict[str, str] = Field(
        default_factory=dict, description="Labels to select clusters by, such as team and region."
    )
    environment: Environment = Field(
        default="dev", description="What the cluster is for; production asks for approval."
    )
    protected_namespaces: list[str] = Field(
        default=["kube-system", "kube-public", "kube-node-lease"],
        description="Namespaces in which nothing is changed.",
    )
    allowed_namespaces: list[str] = Field(
        default_factory=list, description="The only namespaces to work in; empty allows all."
    )
    max_objects_per_plan: Positive = Field(
        default=1000, description="Plans that change more objects than this are refused."
    )
    max_deletions: Positive = Field(
        default=10, description="Plans that delete more objects than this need approval."
    )
    max_deleted_percent: Percent = Field(
        default=50,
        description="Plans that delete more of what they select from, in percent, need approval.",
    )
    freeze_windows: list[FreezeWindow] = Field(
        default_factory=list, description="Times in which nothing is changed."
    )
    requester_may_approve: bool = Field(
        default=False, description="Let the person who asked for a change approve it as well."
    )
    max_requests_in_flight: Annotated[int, Field(ge=1, le=256)] = Field(
        default=32, description="Requests that wait for the API server at a time."
    )
    connect_timeout_seconds: Annotated[float, Field(gt=0)] = Field(
        default=3.0, description="How long to wait for a connection."
    )
    read_timeout_seconds: Annotated[float, Field(gt=0)] = Field(
        default=10.0, description="How long to wait for the next bytes of an answer."
    )
    work_pool: str | None = Field(
        default=None, description="Work pool whose workers can reach the cluster."
    )
    record_store: str = Field(
        default="default", description="Record store block that keeps the cluster's records."
    )


class ClusterChanges(BaseModel):
    """Settings to change; what is not named stays, and what is in `clear` becomes empty."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    labels: dict[str, str] | None = Field(
        default=None, description="Labels to add or change; others stay."
    )
    environment: Environment | None = Field(default=None, description="What the cluster is for.")
    protected_namespaces: list[str] | None = Field(
        default=None, description="Namespaces in which nothing is changed."
    )
    allowed_namespaces: list[str] | None = Field(
        default=None, description="The only namespaces to work in."
    )
    max_objects_per_plan: Positive | None = Field(
        default=None, description="Plans that change more objects than this are refused."
    )
    max_deletions: Positive | None = Field(
        default=None, description="Plans that delete more objects than this need approval."
    )
    max_deleted_percent: Percent | None = Field(
        default=None,
        description="Plans that delete more of what they select from, in percent, need approval.",
    )
    freeze_windows: list[FreezeWindow] | None = Field(
        default=None, description="Times in which nothing is changed; they replace the present."
    )
    requester_may_approve: bool | None = Field(
        default=None, description="Let the person who asked for a change approve it as well."
    )
    max_requests_in_flight: Annotated[int, Field(ge=1, le=256)] | None = Field(
        default=None, description="Requests that wait for the API server at a time."
    )
    connect_timeout_seconds: Annotated[float, Field(gt=0)] | None = Field(
        default=None, description="How long to wait for a connection."
    )
    read_timeout_seconds: Annotated[float, Field(gt=0)] | None = Field(
        default=None, description="How long to wait for the next bytes of an answer."
    )
    work_pool: str | None = Field(
        default=None, description="Work pool whose workers can reach the cluster."
    )
    record_store: str | None = Field(
        default=None, description="Record store block that keeps the cluster's records."
    )
    clear: list[Clearable] = Field(
        default_factory=list, description="Settings to make empty; a label stays unless cleared."
    )


def is_cluster_name(name: str) -> bool:
    """Return whether a cluster may be called so: a label's value, and the name of a block."""
    return _NAME.fullmatch(name) is not None


def changed_settings(current: ClusterSettings, changes: ClusterChanges) -> ClusterSettings:
    """Return the settings after the changes.

    A label is changed by key, everything else as a whole; `clear` acts first, so labels can be
    replaced by clearing and setting them in one call.
    """
    values = current.model_dump()
    defaults = ClusterSettings(labels={}, protected_namespaces=[], allowed_namespaces=[])
    for name in changes.clear:
        if name in values:
            values[name] = getattr(defaults, name)
    named = changes.model_dump(exclude={"clear", "labels"}, exclude_none=True)
    return ClusterSettings(
        **{**values, **named, "labels": {**values["labels"], **(changes.labels or {})}}
    )
