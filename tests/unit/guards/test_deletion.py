"""Deletions that are many, or that take more with them than they name, need approval."""

from __future__ import annotations

from typing import Any

import pytest

from kube.clusters.registration import ClusterSettings
from kube.guards.deletion import last_backends, mass_delete
from kube.guards.facts import Backend, Backends
from kube.plans.plan import Plan
from tests.unit.guards.plans import Object, change, facts, obj, plan, ref_of

FEW = ClusterSettings(max_deletions=2, max_deleted_percent=50)


def deletes(*objects: Object, **more: Any) -> Plan:
    return plan(*(change(each, None) for each in objects), **more)


def workload(name: str = "web", replicas: int = 2, kind: str = "Deployment") -> Object:
    labels = {"app": name}
    spec = {
        "replicas": replicas,
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": {}},
    }
    return obj(kind, name, spec=spec)


def behind(service: str, *apps: str, selector: dict[str, str]) -> Backends:
    ready = tuple(Backend(f"{app}-1", {"app": app, "tier": "front"}) for app in apps)
    return Backends(ref_of(obj("Service", service)), selector, ready)


def told(asked: Plan, **given: Any) -> list[str]:
    found = facts(FEW, **given)
    rulings = [*mass_delete(asked, found), *last_backends(asked, found)]
    assert {ruling.verdict for ruling in rulings} <= {"needs approval"}
    return [ruling.reason for ruling in rulings]


def test_deletions_up_to_the_setting_pass_and_one_more_needs_approval() -> None:
    three = [obj("ConfigMap", str(number)) for number in range(3)]
    assert told(deletes(*three[:2])) == []
    assert told(deletes(*three)) == ["The plan deletes 3 objects, more than 2."]


def test_more_than_the_percentage_of_the_selection_needs_approval() -> None:
    two = [obj("ConfigMap", "a"), obj("ConfigMap", "b")]
    assert told(deletes(*two, selected_from=4)) == []
    (reason,) = told(deletes(*two, selected_from=3))
    assert "deletes 2 of the 3 objects that it selects from, more than 50 %" in reason
    assert told(deletes(*two)) == []


@pytest.mark.parametrize("kind", ["Namespace", "CustomResourceDefinition"])
def test_what_holds_other_objects_needs_approval_and_what_is_empty_does_not(kind: str) -> None:
    heavy = obj(kind, "shop")
    ref = ref_of(heavy)
    assert told(deletes(heavy), contents={ref: {}}) == []
    (reason,) = told(deletes(heavy), contents={ref: {"Secret": 1, "Deployment": 3}})
    assert reason == f"The plan deletes {kind} shop: 3 Deployment, 1 Secret would go with it."
    (reason,) = told(deletes(heavy), contents={ref: None})
    assert "could not be read" in reason


def test_a_bound_claim_needs_approval_and_one_that_waits_does_not() -> None:
    claim = obj("PersistentVolumeClaim", "data", spec={"volumeName": "pv-7"})
    assert told(deletes({**claim, "status": {"phase": "Pending"}})) == []
    (reason,) = told(deletes({**claim, "status": {"phase": "Bound"}}))
    assert "PersistentVolumeClaim shop/data: it is bound to volume pv-7" in reason


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet"])
def test_deleting_the_last_ready_backends_of_a_service_needs_approval(kind: str) -> None:
    service = behind("front", "web", selector={"tier": "front"})
    (reason,) = told(deletes(workload(kind=kind)), backends=(service,))
    assert reason.startswith("Service shop/front loses all of its ready pods (1)")
    assert f"{kind} shop/web" in reason


def test_scaling_to_zero_takes_the_last_backends_too_and_scaling_to_one_does_not() -> None:
    service = behind("front", "web", selector={"app": "web"})
    to_zero = plan(change(workload(), workload(replicas=0)))
    to_one = plan(change(workload(), workload(replicas=1)))
    assert len(told(to_zero, backends=(service,))) == 1
    assert told(to_one, backends=(service,)) == []


def test_deleting_the_only_ready_pod_needs_approval() -> None:
    service = behind("front", "web", selector={"app": "web"})
    assert len(told(deletes(obj("Pod", "web-1")), backends=(service,))) == 1
    assert told(deletes(obj("Pod", "web-2")), backends=(service,)) == []


def test_a_service_that_keeps_a_backend_or_goes_too_or_had_none_is_no_loss() -> None:
    both = behind("front", "web", "api", selector={"tier": "front"})
    assert told(deletes(workload()), backends=(both,)) == []
    one = behind("front", "web", selector={"app": "web"})
    assert told(deletes(workload(), obj("Service", "front")), backends=(one,)) == []
    none = behind("front", selector={"app": "web"})
    assert told(deletes(workload()), backends=(none,)) == []


def test_a_plan_that_makes_the_successor_of_the_backends_loses_none() -> None:
    service = behind("front", "web", selector={"app": "web"})
    green = workload()
    green["metadata"] = {"name": "green", "namespace": "shop"}
    swap = plan(change(workload(), None), change(None, green))
    assert told(swap, backends=(service,)) == []
