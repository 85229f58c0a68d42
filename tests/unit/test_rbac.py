"""deployments/rbac against what each capability level asks for.

- each level's rules grant exactly its permissions, and beside them the two paths of a refresh;
- the roles are split so that the namespaced half can be bound in some namespaces only;
- every role is bound to the level's own service account, and a level contains the one below.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from kube.api.access import Permission
from kube.clusters.capability import CapabilityLevel, needed_permissions

RBAC = Path(__file__).resolve().parents[2] / "deployments" / "rbac"
LEVELS: tuple[CapabilityLevel, ...] = get_args(CapabilityLevel)
PATHS = {("get", "/readyz"), ("get", "/version")}


@cache
def objects(level: CapabilityLevel, kind: str) -> dict[str, dict[str, Any]]:
    """Return a level's objects of one kind, by name."""
    documents = yaml.load_all((RBAC / f"{level}.yaml").read_text(), yaml.CSafeLoader)
    return {str(d["metadata"]["name"]): d for d in documents if d["kind"] == kind}


def rules(level: CapabilityLevel) -> list[dict[str, Any]]:
    return [rule for role in objects(level, "ClusterRole").values() for rule in role["rules"]]


def granted(rules: Iterable[dict[str, Any]], namespace: str = "") -> list[Permission]:
    """Expand rules on resources to single permissions, doubled ones included."""
    return [
        Permission(verb, resource.partition("/")[0], group, namespace, resource.partition("/")[2])
        for rule in rules
        for group in rule.get("apiGroups", ())
        for resource in rule.get("resources", ())
        for verb in rule["verbs"]
    ]


@pytest.mark.parametrize("level", LEVELS)
def test_a_level_grants_exactly_what_it_needs_and_nothing_twice(level: CapabilityLevel) -> None:
    found = granted(rules(level))
    assert set(found) == needed_permissions(level)
    assert len(found) == len(set(found))


@pytest.mark.parametrize("level", LEVELS)
def test_the_only_paths_granted_are_those_of_a_refresh(level: CapabilityLevel) -> None:
    urls = [rule for rule in rules(level) if "nonResourceURLs" in rule]
    assert {(v, p) for rule in urls for v in rule["verbs"] for p in rule["nonResourceURLs"]} == (
        PATHS
    )


@pytest.mark.parametrize("level", ["read", "operate"])
def test_the_namespaced_half_can_be_bound_alone(level: CapabilityLevel) -> None:
    roles = objects(level, "ClusterRole")
    assert set(roles) == {f"capstan-{level}", f"capstan-{level}-cluster"}
    whole = granted(roles[f"capstan-{level}-cluster"]["rules"])
    inner = granted(roles[f"capstan-{level}"]["rules"], namespace="shop")
    assert {*whole, *inner} == needed_permissions(level, ["shop"])


@pytest.mark.parametrize("level", LEVELS)
def test_every_role_is_bound_to_the_account_of_the_level(level: CapabilityLevel) -> None:
    (account,) = objects(level, "ServiceAccount").values()
    subject = {"kind": "ServiceAccount", **account["metadata"]}
    assert subject["name"] == f"capstan-{level}"
    assert list(objects(level, "Namespace")) == [subject["namespace"]]
    bindings = objects(level, "ClusterRoleBinding").values()
    assert {b["roleRef"]["name"] for b in bindings} == set(objects(level, "ClusterRole"))
    assert all(b["subjects"] == [subject] for b in bindings)


def test_an_operator_may_do_all_that_a_reader_may() -> None:
    assert set(granted(rules("read"))) < set(granted(rules("operate")))


def test_the_roles_of_levels_do_not_overwrite_each_other() -> None:
    names = [name for level in LEVELS for name in objects(level, "ClusterRole")]
    assert len(names) == len(set(names))
    assert {path.stem for path in RBAC.glob("*.yaml")} == set(LEVELS)
