"""A pod requests and may use what Kubernetes' own helpers say."""

from typing import Any

import pytest

from kube.quantity import InvalidQuantity, nanos
from kube.resources.pod_resources import pod_limits, pod_requests
from tests.fixtures.load import load

CASES = load("pod_resources.yaml")


def in_nanos(amounts: dict[str, str]) -> dict[str, int]:
    return {name: nanos(text) for name, text in amounts.items()}


@pytest.mark.parametrize("case", CASES, ids=[case["claim"] for case in CASES])
def test_a_pod_requests_and_is_limited_by_the_kubernetes_rule(case: dict[str, Any]) -> None:
    pod = {"spec": case["spec"]}
    assert pod_requests(pod) == in_nanos(case["requests"])
    assert pod_limits(pod) == in_nanos(case["limits"])


def test_a_wrong_quantity_is_named() -> None:
    pod = {"spec": {"containers": [{"resources": {"requests": {"cpu": "lots"}}}]}}
    with pytest.raises(InvalidQuantity, match="'lots'"):
        pod_requests(pod)
