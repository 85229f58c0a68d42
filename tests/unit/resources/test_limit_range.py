"""The defaults of LimitRanges, and a limit that is a request too."""

from __future__ import annotations

from typing import Any

from kube.resources.limit_range import with_defaults

RANGE = {
    "spec": {
        "limits": [
            {"type": "Container", "default": {"cpu": "1"}, "defaultRequest": {"cpu": "500m"}},
            {"type": "Pod", "max": {"cpu": "4"}},
        ]
    }
}


def defaulted(**resources: Any) -> Any:
    pod = {"spec": {"containers": [{"name": "c", "resources": resources}]}}
    return with_defaults(pod, [RANGE])["spec"]["containers"][0]["resources"]


def test_what_a_container_does_not_say_comes_from_the_limit_range() -> None:
    assert defaulted() == {"limits": {"cpu": "1"}, "requests": {"cpu": "500m"}}


def test_what_it_says_stays_and_a_limit_of_its_own_is_its_request_too() -> None:
    assert defaulted(limits={"cpu": "2"}) == {"limits": {"cpu": "2"}, "requests": {"cpu": "2"}}
    assert defaulted(requests={"cpu": "1m"}) == {"limits": {"cpu": "1"}, "requests": {"cpu": "1m"}}
