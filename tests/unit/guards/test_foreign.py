"""Objects that Helm, Argo CD or Flux keep are told, and stop nothing."""

from __future__ import annotations

from typing import Any

import pytest

from kube.guards.foreign import foreign_manager, keeper
from kube.guards.run import judge_plan
from tests.unit.guards.plans import change, facts, obj, plan, ref_of

HELM: dict[str, Any] = {
    "labels": {"app.kubernetes.io/managed-by": "Helm"},
    "annotations": {"meta.helm.sh/release-name": "shop", "meta.helm.sh/release-namespace": "prod"},
}
FLUX = {
    "labels": {
        "helm.toolkit.fluxcd.io/name": "shop",
        "helm.toolkit.fluxcd.io/namespace": "flux-system",
        "app.kubernetes.io/managed-by": "Helm",
    },
    "annotations": HELM["annotations"],
}
KUSTOMIZE = {
    "labels": {
        "kustomize.toolkit.fluxcd.io/name": "apps",
        "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
    }
}
TRACKED = {"annotations": {"argocd.argoproj.io/tracking-id": "shop:apps/Deployment:prod/web"}}


@pytest.mark.parametrize(
    ("marks", "told"),
    [
        (HELM, "Helm (release prod/shop)"),
        (FLUX, "Flux (HelmRelease flux-system/shop)"),
        (KUSTOMIZE, "Flux (Kustomization flux-system/apps)"),
        (TRACKED, "Argo CD (application shop)"),
        ({"labels": {"argocd.argoproj.io/instance": "shop"}}, "Argo CD (application shop)"),
        ({"labels": {"app.kubernetes.io/managed-by": "Helm"}}, None),
        ({"labels": {"app.kubernetes.io/instance": "shop"}}, None),
        ({}, None),
    ],
)
def test_the_marks_of_an_object_tell_who_keeps_it(marks: dict[str, Any], told: str | None) -> None:
    assert keeper(obj("Deployment", **marks)) == told


def test_the_instance_label_is_argo_cds_only_where_it_manages_fields() -> None:
    found = obj("Deployment", labels={"app.kubernetes.io/instance": "shop"})
    assert keeper(found, frozenset({"helm"})) is None
    assert keeper(found, frozenset({"argocd-controller"})) == "Argo CD (application shop)"


def test_changes_of_what_others_keep_are_one_warning_each_manager_and_refuse_nothing() -> None:
    web, api = obj("Deployment", "web", **HELM), obj("Deployment", "api", **HELM)
    new = obj("Deployment", "new", **HELM)
    asked = plan(change(web, {**web, "spec": {}}), change(api, None), change(None, new))
    (ruling,) = foreign_manager(asked, facts())
    assert ruling.verdict == "warning"
    assert "keeps Deployment shop/web, Deployment shop/api and" in ruling.reason
    assert {one.verdict for one in judge_plan(asked, facts())} == {"warning"}


def test_managers_that_were_read_decide_where_labels_do_not() -> None:
    web = obj("Deployment", labels={"app.kubernetes.io/instance": "shop"})
    asked = plan(change(web, {**web, "spec": {}}))
    managers = {ref_of(web): frozenset({"argocd-controller"})}
    assert not list(foreign_manager(asked, facts()))
    (ruling,) = foreign_manager(asked, facts(managers=managers))
    assert "Argo CD (application shop)" in ruling.reason
