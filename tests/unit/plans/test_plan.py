"""A plan's digest is the same wherever and whenever it is computed."""

import json

from kube.objects.ref import ObjectRef
from kube.objects.resource import ResourceType
from kube.plans.change import Change
from kube.plans.plan import Plan


def _plan() -> Plan:
    resource = ResourceType("apps", "v1", "Deployment", "deployments", True, ("get", "patch"))
    ref = ObjectRef(api_version="apps/v1", kind="Deployment", namespace="shop", name="web")
    change = Change(ref=ref, resource=resource, action="create", method="apply", step=3, body={})
    return Plan(operation="apply-yaml", planner="apply", cluster_uid="u", changes=(change,))


def test_a_plan_that_was_stored_has_the_digest_it_had() -> None:
    plan = _plan()
    assert Plan.model_validate_json(plan.model_dump_json()).digest == plan.digest


def test_a_plan_holds_no_set_whose_order_another_process_would_change() -> None:
    # JSON Schema says of a set that its items are unique.
    assert "uniqueItems" not in json.dumps(Plan.model_json_schema())
