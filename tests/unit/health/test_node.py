"""A node says what is wrong with it."""

from typing import Any

import pytest

from kube.health.node import is_ready, is_schedulable, message, pressures, reasons


def node(*, cordoned: bool = False, **conditions: str) -> dict[str, Any]:
    entries = [
        {"type": kind, "status": value, "message": f"{kind} is {value}"}
        for kind, value in conditions.items()
    ]
    return {
        "metadata": {"name": "worker-1"},
        "spec": {"unschedulable": True} if cordoned else {},
        "status": {"conditions": entries},
    }


@pytest.mark.parametrize(
    ("given", "ready", "schedulable", "words"),
    [
        (node(Ready="True", MemoryPressure="False"), True, True, ()),
        (node(Ready="False"), False, False, ("NotReady",)),
        (node(Ready="Unknown"), False, False, ("NotReady",)),
        (node(), False, False, ("Unknown",)),
        ({}, False, False, ("Unknown",)),
        (node(Ready="True", cordoned=True), True, False, ("SchedulingDisabled",)),
        (node(Ready="True", DiskPressure="True"), True, True, ("DiskPressure",)),
        (
            node(Ready="False", PIDPressure="True", NetworkUnavailable="True", cordoned=True),
            False,
            False,
            ("NotReady", "PIDPressure", "NetworkUnavailable", "SchedulingDisabled"),
        ),
        (node(Ready="True", MemoryPressure="Unknown"), True, True, ()),
    ],
)
def test_a_node_is_ready_schedulable_and_named_by_its_troubles(
    given: dict[str, Any], ready: bool, schedulable: bool, words: tuple[str, ...]
) -> None:
    assert (is_ready(given), is_schedulable(given), reasons(given)) == (ready, schedulable, words)


def test_pressures_come_in_a_fixed_order() -> None:
    given = node(PIDPressure="True", MemoryPressure="True")
    assert pressures(given) == ("MemoryPressure", "PIDPressure")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (node(Ready="Unknown", DiskPressure="True"), "Ready is Unknown"),
        (node(Ready="True", DiskPressure="True"), "DiskPressure is True"),
        (node(Ready="True"), ""),
        ({}, ""),
    ],
)
def test_the_message_is_of_the_worst_trouble(given: dict[str, Any], words: str) -> None:
    assert message(given) == words
