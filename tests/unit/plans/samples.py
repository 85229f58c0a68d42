"""Objects for the tests of plans: of a real API server, and drawn at random."""

from __future__ import annotations

import copy
from typing import Any

import jsonpatch
from hypothesis import strategies as st

from kube.objects.ref import ObjectRef
from kube.objects.resource import ResourceType
from kube.plans.change import Action, Change, Method
from tests.fixtures.load import load

Object = dict[str, Any]
APPLIED = {entry["desired"]["kind"]: entry for entry in load("applied.yaml")}
DEPLOYMENTS = ResourceType("apps", "v1", "Deployment", "deployments", namespaced=True)

_WORDS = st.sampled_from(("a", "b", "c", "d/e", "f~g"))
_TEXTS = st.sampled_from(("", "one", "two", "a < b"))
_MAPS = st.dictionaries(_WORDS, _TEXTS, max_size=4)


def applied(kind: str) -> tuple[Object, Object]:
    """Return a desired object and what the server made of it."""
    entry = copy.deepcopy(APPLIED[kind])
    return entry["desired"], entry["live"]


def patched(obj: Object, operations: list[Any]) -> Object:
    """Return an object after a JSON Patch, as an independent implementation applies it."""
    result: Object = jsonpatch.apply_patch(copy.deepcopy(obj), operations)
    return result


def deployment(**spec: Any) -> Object:
    """Return a live Deployment with this spec."""
    metadata = {"name": "web", "namespace": "shop", "uid": "u-1", "resourceVersion": "7"}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}


def pods(*containers: Object, **spec: Any) -> Object:
    """Return a pod template with these containers."""
    return {"spec": {"containers": list(containers), **spec}}


def secret(name: str = "app", **fields: Any) -> Object:
    """Return a live Secret."""
    metadata = {"name": name, "namespace": "shop", "uid": "u-2", "resourceVersion": "7"}
    metadata |= fields.pop("metadata", {})
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, **fields}


def change(action: Action, before: Object | None, after: Object | None, **more: Any) -> Change:
    """Return the change of an object as it was planned."""
    obj = before or after or {}
    ref = ObjectRef(
        api_version=obj["apiVersion"], kind=obj["kind"], name="web", namespace="shop", uid="u-1"
    )
    method: Method = "delete" if action == "delete" else "apply"
    given = {"before": before, "after": after, "step": 3, **more}
    return Change(ref=ref, resource=DEPLOYMENTS, action=action, method=method, **given)


def _named(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Object]]:
    """Draw a list of objects whose names differ, in any order."""
    element = st.fixed_dictionaries({"name": _WORDS}, optional=fields)
    return st.lists(element, max_size=4, unique_by=lambda one: str(one["name"]))


_CONTAINERS = _named(
    image=_TEXTS,
    args=st.lists(_TEXTS, max_size=3),
    env=_named(value=_TEXTS),
    resources=st.fixed_dictionaries({}, optional={"limits": _MAPS}),
)
_SPECS = st.fixed_dictionaries(
    {
        "template": st.fixed_dictionaries(
            {"spec": st.fixed_dictionaries({"containers": _CONTAINERS})}
        )
    },
    optional={
        "replicas": st.integers(0, 3),
        "paused": st.booleans(),
        "strategy": st.fixed_dictionaries({}, optional={"type": _TEXTS, "rollingUpdate": _MAPS}),
    },
)
_METADATA = st.fixed_dictionaries(
    {},
    optional={
        "labels": _MAPS,
        "annotations": _MAPS,
        "finalizers": st.lists(_WORDS, max_size=3, unique=True),
    },
)


@st.composite
def deployments(draw: st.DrawFn) -> Object:
    """Draw a Deployment; all are versions of one."""
    drawn = deployment(**draw(_SPECS))
    drawn["metadata"] |= draw(_METADATA)
    return drawn
