"""ApplySets: which objects belong together, told by a parent object and a label on each.

Any tool that follows the specification understands them, and leaves those of another tool alone.

Source: KEP-3659, "ApplySet Specification"; kubectl pkg/cmd/apply/applyset.go.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from kube.api.errors import Refused
from kube.manifests.names import is_subdomain
from kube.objects.ref import ObjectRef
from kube.objects.resource import ResourceType

ID = "applyset.kubernetes.io/id"
PART_OF = "applyset.kubernetes.io/part-of"
TOOLING = "applyset.kubernetes.io/tooling"
GROUP_KINDS = "applyset.kubernetes.io/contains-group-kinds"
NAMESPACES = "applyset.kubernetes.io/additional-namespaces"
TOOL = "capstan"
TOOL_VERSION = "v1"

_PARENTS = {
    "secrets": ResourceType("", "v1", "Secret", "secrets", namespaced=True),
    "configmaps": ResourceType("", "v1", "ConfigMap", "configmaps", namespaced=True),
}
GroupKind = tuple[str, str]
"""API group and kind; the group is "" for the core."""


@dataclass(frozen=True)
class ApplySet:
    """A set by its parent object, which is in a namespace."""

    resource: ResourceType
    name: str
    namespace: str

    @classmethod
    def named(cls, text: str, namespace: str) -> ApplySet:
        """Return the set of a name as kubectl takes it: a Secret unless it says configmaps/.

        Raises:
            Refused: The name cannot be one, or its kind is no parent.
        """
        kind, slash, name = text.rpartition("/")
        resource = _PARENTS.get(kind if slash else "secrets")
        if resource is None or not is_subdomain(name):
            raise Refused(
                f"{text!r} names no ApplySet. Write NAME (its parent is a Secret), secrets/NAME or "
                "configmaps/NAME."
            )
        return cls(resource, name, namespace)

    @property
    def ref(self) -> ObjectRef:
        """Return the name of the parent object."""
        return ObjectRef(
            api_version=self.resource.api_version,
            kind=self.resource.kind,
            name=self.name,
            namespace=self.namespace,
        )

    @property
    def id(self) -> str:
        """Return the label's value: it follows from the parent's name, so no one can take it."""
        text = f"{self.name}.{self.namespace}.{self.resource.kind}.{self.resource.group}"
        hashed = urlsafe_b64encode(sha256(text.encode()).digest()).decode().rstrip("=")
        return f"applyset-{hashed}-v1"

    def __str__(self) -> str:
        """Return the set as a sentence names it."""
        return f"ApplySet {self.resource.plural}/{self.name} in {self.namespace}"


@dataclass(frozen=True)
class Inventory:
    """Where the members of a set are: in every kind of these, in every namespace of these.

    It may name more than there is, and never less.
    """

    kinds: frozenset[GroupKind] = frozenset()
    namespaces: frozenset[str] = frozenset()

    def __or__(self, other: Inventory) -> Inventory:
        """Return the inventory that covers both."""
        return Inventory(self.kinds | other.kinds, self.namespaces | other.namespaces)


@dataclass(frozen=True)
class FoundSet:
    """A set as it was read: its parent, None where there is none yet, and its live members."""

    apply_set: ApplySet
    parent: dict[str, Any] | None = field(default=None, repr=False)
    inventory: Inventory = Inventory()
    members: tuple[tuple[ResourceType, dict[str, Any]], ...] = field(default=(), repr=False)
    warnings: tuple[str, ...] = ()


def inventory_of(apply_set: ApplySet, parent: dict[str, Any] | None) -> Inventory:
    """Read the inventory off a parent object; an empty one where there is no parent yet.

    Raises:
        Refused: The object is no parent of this set, or the set is another tool's.
    """
    if parent is None:
        return Inventory()
    metadata = parent["metadata"]
    annotations, labels = metadata.get("annotations") or {}, metadata.get("labels") or {}
    tooling = annotations.get(TOOLING)
    if tooling is None:
        raise Refused(
            f"{apply_set.ref} exists and is no parent of an ApplySet: it has no annotation "
            f"{TOOLING}. Choose another name for the set."
        )
    if (tooling.rpartition("/")[0] or tooling) != TOOL:
        raise Refused(
            f"{apply_set} is managed by {tooling}, and a set has one tool. Choose another name, or "
            f"change the set with that tool."
        )
    if labels.get(ID) != apply_set.id:
        raise Refused(
            f"{apply_set.ref} has a label {ID} that is not its own ({apply_set.id}): it was copied "
            "or changed by hand. Put it right, or choose another name for the set."
        )
    if GROUP_KINDS not in annotations:
        raise Refused(
            f"{apply_set.ref} has lost its annotation {GROUP_KINDS}, so nobody knows the kinds of "
            "its members. Put it back: a list such as ConfigMap,Deployment.apps."
        )
    return Inventory(
        frozenset(_group_kind(text) for text in annotations[GROUP_KINDS].split(",") if text),
        frozenset({apply_set.namespace, *filter(None, annotations.get(NAMESPACES, "").split(","))}),
    )


def parent_body(apply_set: ApplySet, inventory: Inventory) -> dict[str, Any]:
    """Return the parent object to apply for an inventory."""
    kinds = sorted(f"{kind}.{group}" if group else kind for group, kind in inventory.kinds)
    return {
        "apiVersion": apply_set.resource.api_version,
        "kind": apply_set.resource.kind,
        "metadata": {
            "name": apply_set.name,
            "namespace": apply_set.namespace,
            "labels": {ID: apply_set.id},
            "annotations": {
                TOOLING: f"{TOOL}/{TOOL_VERSION}",
                GROUP_KINDS: ",".join(kinds),
                NAMESPACES: ",".join(sorted(inventory.namespaces - {apply_set.namespace})),
            },
        },
    }


def as_member(body: dict[str, Any], apply_set: ApplySet) -> dict[str, Any]:
    """Return an object with the label that makes it a member of a set.

    Raises:
        Refused: It says itself that it is a member of another set.
    """
    metadata = body["metadata"]
    labels = metadata.get("labels") or {}
    if labels.get(PART_OF, apply_set.id) != apply_set.id:
        raise Refused(
            f"{body['kind']} {metadata['name']} has the label {PART_OF} of another set in its "
            "manifest. Leave it out: the set's name puts it there."
        )
    return {**body, "metadata": {**metadata, "labels": {**labels, PART_OF: apply_set.id}}}


def part_of(live: dict[str, Any] | None) -> str | None:
    """Return the id of the set that a live object is a member of, None for none."""
    labels = live["metadata"].get("labels") if live is not None else None
    found: str | None = (labels or {}).get(PART_OF)
    return found


def _group_kind(text: str) -> GroupKind:
    kind, _, group = text.strip().partition(".")
    return group, kind
