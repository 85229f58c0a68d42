"""What a plan takes of the quotas: in the end it must fit; a peak that does not, asks."""

from __future__ import annotations

from typing import Any

import pytest

from kube.guards.quota import quota_fit
from kube.guards.ruling import Ruling
from kube.objects.workload import pod_of_template
from kube.plans.change import Change
from tests.unit.guards.plans import Object, change, facts, obj, plan


def quota(hard: dict[str, str], used: dict[str, str] | None = None, **spec: Any) -> Object:
    return obj("ResourceQuota", "box", spec={"hard": hard, **spec}, status={"used": used or {}})


def web(replicas: int, cpu: str = "500m", name: str = "web", **spec: Any) -> Object:
    container = {"name": "c", "resources": {"requests": {"cpu": cpu}, "limits": {"cpu": "1"}}}
    template = {"spec": {"containers": [container]}}
    return obj("Deployment", name, spec={"replicas": replicas, "template": template, **spec})


def rolled(surge: int | str) -> Object:
    return {"strategy": {"rollingUpdate": {"maxSurge": surge}}}


def said(found: Object, *changes: Change) -> list[Ruling]:
    pods: dict[str, Any] = {"pods_before": {}, "pods_after": {}}
    for one in changes:
        for field, image in (("pods_before", one.before), ("pods_after", one.after)):
            pod = pod_of_template(image) if image is not None else None
            if pod is not None:
                pods[field][one.ref] = pod
    return list(quota_fit(plan(*changes), facts(quotas=(found,), **pods)))


def test_a_new_workload_fits_exactly_and_one_milli_more_is_refused_with_what_is_missing() -> None:
    new = change(None, web(4))
    assert said(quota({"requests.cpu": "3"}, {"requests.cpu": "1"}), new) == []
    (ruling,) = said(quota({"requests.cpu": "2.999"}, {"requests.cpu": "1"}), new)
    assert ruling.verdict == "refused"
    assert ruling.reason == (
        "ResourceQuota shop/box: the plan takes 2 cores more of requests.cpu (Deployment shop/web "
        "2 cores), and 2 cores of it is left: 1m is missing."
    )


def test_workloads_that_fit_one_by_one_are_summed() -> None:
    two = [change(None, web(2, name=name)) for name in ("one", "two")]
    assert said(quota({"pods": "3"}), two[0]) == []
    (ruling,) = said(quota({"pods": "3"}), *two)
    assert "takes 4 more of pods (Deployment shop/one 2, Deployment shop/two 2)" in ruling.reason


@pytest.mark.parametrize(
    ("surge", "asks"),
    [("25%", True), (1, True), (0, False)],
)
def test_a_rollout_that_fits_in_the_end_but_not_at_its_surge_needs_approval(
    surge: int | str, asks: bool
) -> None:
    full = quota({"pods": "4"}, {"pods": "4"})
    update = change(web(4, "1"), web(4, "2", **rolled(surge)))
    rulings = said(full, update)
    assert [ruling.verdict for ruling in rulings] == (["needs approval"] if asks else [])
    if asks:
        assert "takes 1 more of pods" in rulings[0].reason
        assert "may stall" in rulings[0].reason


def test_a_recreate_and_a_change_without_new_pods_have_no_surge() -> None:
    full = quota({"pods": "4", "requests.cpu": "2"}, {"pods": "4", "requests.cpu": "2"})
    recreate = change(web(4), web(4, "400m", strategy={"type": "Recreate"}))
    assert said(full, recreate) == []
    assert said(full, change(web(4), web(4, minReadySeconds=5))) == []
    assert said(full, change(web(4), web(3))) == []


def test_the_peak_counts_big_old_pods_beside_new_ones() -> None:
    update = change(web(2, "1"), web(2, "1m", **rolled(1)))
    assert said(quota({"requests.cpu": "2001m"}, {"requests.cpu": "2"}), update) == []
    (ruling,) = said(quota({"requests.cpu": "2"}, {"requests.cpu": "2"}), update)
    assert "takes 1m more of requests.cpu" in ruling.reason


def test_what_is_deleted_makes_room_in_the_end_only() -> None:
    full = quota({"pods": "2"}, {"pods": "2"})
    swap = (change(web(2, name="old"), None), change(None, web(2, name="new")))
    (ruling,) = said(full, *swap)
    assert ruling.verdict == "needs approval"


def test_a_quota_that_is_exceeded_already_stops_nothing_that_takes_less() -> None:
    over = quota({"pods": "1"}, {"pods": "4"})
    assert said(over, change(web(4), web(3))) == []
    (ruling,) = said(over, change(web(4), web(5)))
    assert "takes 1 more of pods" in ruling.reason


@pytest.mark.parametrize(
    ("scopes", "counts"),
    [
        (["NotTerminating"], True),
        (["Terminating"], False),
        (["NotBestEffort"], True),
        (["BestEffort"], False),
        (["NotTerminating", "BestEffort"], False),
        (["PriorityClass"], False),
    ],
)
def test_a_quota_with_scopes_counts_the_pods_that_match_all_of_them(
    scopes: list[str], counts: bool
) -> None:
    asked = said(quota({"pods": "1"}, scopes=scopes), change(None, web(2)))
    assert bool(asked) == counts


def test_a_priority_class_is_matched_by_the_selector_of_scopes() -> None:
    selector = {
        "matchExpressions": [
            {"scopeName": "PriorityClass", "operator": "In", "values": ["high"]},
        ]
    }
    box = quota({"pods": "0"}, scopeSelector=selector)
    high = web(1)
    high["spec"]["template"]["spec"]["priorityClassName"] = "high"
    assert said(box, change(None, web(1))) == []
    assert len(said(box, change(None, high))) == 1


@pytest.mark.parametrize(
    ("found", "hard"),
    [
        (obj("ConfigMap"), {"configmaps": "0"}),
        (obj("Secret"), {"count/secrets": "0"}),
        (web(0), {"count/deployments.apps": "0"}),
        (web(0), {"count/replicasets.apps": "0"}),
        (obj("Service", spec={"type": "NodePort", "ports": [{}, {}]}), {"services.nodeports": "1"}),
        (obj("Service", spec={"type": "LoadBalancer"}), {"services.loadbalancers": "0"}),
    ],
)
def test_objects_are_counted_by_their_names_in_quotas(found: Object, hard: dict[str, str]) -> None:
    (name,) = hard
    (ruling,) = said(quota(hard), change(None, found))
    assert f"more of {name} " in ruling.reason
    assert said(quota(hard, scopes=["NotTerminating"]), change(None, found)) == []
    assert said(quota(hard), change(found, None)) == []


def test_storage_is_counted_for_claims_and_for_those_of_a_stateful_set() -> None:
    spec = {"storageClassName": "fast", "resources": {"requests": {"storage": "10Gi"}}}
    claim = obj("PersistentVolumeClaim", spec=spec)
    hard = {"fast.storageclass.storage.k8s.io/requests.storage": "25Gi"}
    assert said(quota(hard), change(None, claim)) == []
    database = obj("StatefulSet", spec={"replicas": 3, "volumeClaimTemplates": [{"spec": spec}]})
    (ruling,) = said(quota(hard), change(None, database | {"spec": {**database["spec"]}}))
    assert "storage" in ruling.reason
    assert said(quota(hard), change(database, database)) == []


def test_a_quota_that_the_plan_writes_itself_counts_as_it_will_be() -> None:
    lowered = quota({"pods": "1"})
    roomy = quota({"pods": "9"})
    (ruling,) = said(roomy, change(roomy, lowered), change(None, web(2)))
    assert "1 of it is left" in ruling.reason
