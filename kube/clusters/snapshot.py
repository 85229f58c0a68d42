"""What one refresh measured of a cluster, as data that is stored, compared and rendered."""

from __future__ import annotations

from datetime import datetime
from typing import Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

FactStatus = Literal["ok", "denied", "absent", "error"]
ReachStatus = Literal[
    "ok", "dns", "refused", "tls", "timeout", "connection", "unauthorized", "forbidden", "server"
]
HealthStatus = Literal["healthy", "degraded", "unauthorized", "unreachable"]

T = TypeVar("T")


class Frozen(BaseModel):
    """A value that is never changed after it was measured."""

    model_config = ConfigDict(frozen=True)


class Fact(Frozen, Generic[T]):
    """One measured thing, or why it could not be measured.

    `denied` is a 403, `absent` an API that the cluster does not serve, `error` everything else.
    `value` is None unless `status` is `ok`: a fact is never invented.
    """

    status: FactStatus
    value: T | None = None
    reason: str = ""


class Reach(Frozen):
    """Whether the API server answered, and if not, how it failed."""

    status: ReachStatus
    message: str = ""
    version: str | None = None
    seconds: float = 0.0
    failing_checks: tuple[str, ...] = ()


class NodeProblem(Frozen):
    """A node that is not as it should be, with its reasons ("NotReady", "MemoryPressure").

    `message` is the kubelet's or the node controller's own sentence, where there is one.
    """

    name: str
    reasons: tuple[str, ...]
    message: str = ""


class NodesFact(Frozen):
    """The nodes, counted.

    A node counts as a problem if it is not ready, cordoned, under pressure, or its kubelet's
    version is not supported with the API server's (`skewed`). `problems` holds the worst ones only.
    """

    total: int
    ready: int
    unschedulable: int
    pressure: dict[str, int] = Field(default_factory=dict)
    kubelet_versions: dict[str, int] = Field(default_factory=dict)
    skewed: int = 0
    problems: tuple[NodeProblem, ...] = ()


class PodProblem(Frozen):
    """A pod that needs a look: its reason is what kubectl shows in the STATUS column.

    Two reasons say more than kubectl: "NotReady" for a pod that runs but is not ready, and the
    waiting reason of a container that STATUS hides. `system` marks pods of system namespaces.
    """

    namespace: str
    name: str
    reason: str
    message: str = ""
    node: str | None = None
    restarts: int = 0
    since: datetime | None = None
    system: bool = False


class PodsFact(Frozen):
    """The pods, counted; `problems` holds the worst ones only, `by_problem` counts all."""

    total: int
    by_phase: dict[str, int] = Field(default_factory=dict)
    by_problem: dict[str, int] = Field(default_factory=dict)
    problems: tuple[PodProblem, ...] = ()
    system_crash_loops: int = 0


class WorkloadProblem(Frozen):
    """A workload with fewer ready replicas than it wants, or whose rollout failed."""

    kind: str
    namespace: str
    name: str
    desired: int
    ready: int
    message: str = ""


class WorkloadCount(Frozen):
    """Workloads of one kind: how many, how many of them ready, and their replicas.

    `total - ready` of them are problems.
    """

    total: int
    ready: int
    desired_replicas: int
    ready_replicas: int


class WorkloadsFact(Frozen):
    """Deployments, StatefulSets and DaemonSets; `problems` holds the worst ones only."""

    by_kind: dict[str, WorkloadCount] = Field(default_factory=dict)
    problems: tuple[WorkloadProblem, ...] = ()


class ClaimsFact(Frozen):
    """PersistentVolumeClaims by phase, and the first of those that wait (namespace/name)."""

    total: int
    by_phase: dict[str, int] = Field(default_factory=dict)
    pending: tuple[str, ...] = ()


class EventsFact(Frozen):
    """Warning events last seen in the last `window_minutes`, by reason, the most frequent first.

    `total` and `by_reason` count event objects. `occurrences` is how often they came since each
    began, which may have been before the window.
    """

    window_minutes: int
    total: int
    by_reason: dict[str, int] = Field(default_factory=dict)
    occurrences: int = 0


class Amount(Frozen):
    """One resource over the whole cluster, in base units.

    CPU in millicores, memory and ephemeral-storage in bytes, pods and extended resources in units.
    `schedulable` is the allocatable of ready, schedulable nodes: the divisor of the ratios.
    `requested` and `limits` are of the pods that are on a node and not finished, as
    `kubectl describe nodes` counts them. `usage` is None where no metrics API answers.
    """

    capacity: int
    allocatable: int
    schedulable: int
    requested: int
    limits: int
    usage: int | None = None

    @property
    def requested_ratio(self) -> float | None:
        """Return requested / schedulable, or None where nothing is schedulable."""
        return self.requested / self.schedulable if self.schedulable else None

    @property
    def usage_ratio(self) -> float | None:
        """Return usage / schedulable, or None where either is unknown."""
        if self.usage is None or not self.schedulable:
            return None
        return self.usage / self.schedulable


class Health(Frozen):
    """The health that one refresh found, before hysteresis, with its reasons in words."""

    status: HealthStatus
    reasons: tuple[str, ...] = ()


class Standing(Frozen):
    """The health a cluster is known by, over several refreshes.

    `since` is when it came to be known so. `failures` counts consecutive verdicts worse than
    `status`; `changed` says that this refresh moved it, `previous` from what it was moved last.
    `last_ok_at` is when a refresh last found it healthy.
    """

    status: HealthStatus
    since: datetime
    last_ok_at: datetime | None = None
    failures: int = 0
    changed: bool = False
    previous: HealthStatus | None = None


class ClusterSnapshot(Frozen):
    """Everything that one refresh measured.

    `usage` says whether metrics.k8s.io answered, and for how many nodes; the figures themselves
    are in `resources`, keyed by resource name ("cpu", "memory", "pods", "nvidia.com/gpu").
    """

    taken_at: datetime
    server: str
    reach: Reach
    cluster_uid: str | None = None
    nodes: Fact[NodesFact]
    namespaces: Fact[int]
    pods: Fact[PodsFact]
    workloads: Fact[WorkloadsFact]
    claims: Fact[ClaimsFact]
    events: Fact[EventsFact]
    usage: Fact[int]
    resources: Fact[dict[str, Amount]]
    health: Health
    standing: Standing
