from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from kube.manifests.problems import InvalidVariables
from kube.manifests.variables import Variable, complete_values

CANARY = "canary-5f1d"


def told(variable: Variable, value: object) -> str:
    """All that an error says of a secret value; nothing where the value is good."""
    try:
        complete_values([variable], {}, {variable.name: value})
    except InvalidVariables as error:
        return f"{error} {error!r} {error.__cause__!r} {error.__context__!r}"
    return ""


GOOD: list[tuple[dict[str, Any], object]] = [
    ({"type": "string"}, ""),
    ({"type": "string", "pattern": "[a-z]+"}, "abc"),
    ({"type": "string", "pattern": "a|bc"}, "bc"),
    ({"type": "string", "enum": ("a", "b")}, "b"),
    ({"type": "integer"}, 0),
    ({"type": "integer", "minimum": 1, "maximum": 3}, 3),
    ({"type": "integer", "enum": (1, 2)}, 1),
    ({"type": "number"}, 1),
    ({"type": "number", "minimum": 0.5}, 0.5),
    ({"type": "boolean"}, False),
    ({"type": "list"}, [1, "a", None, {"b": []}]),
    ({"type": "map"}, {"a": {"b": [1]}}),
    ({"type": "quantity"}, "500m"),
    ({"type": "quantity"}, "1.5Gi"),
    ({"type": "quantity"}, "1e3"),
    ({"type": "quantity"}, 2),
]
BAD: list[tuple[dict[str, Any], object]] = [
    ({"type": "string"}, 5),
    ({"type": "string"}, b"a"),
    ({"type": "string"}, "\ud800"),
    ({"type": "string", "pattern": "[a-z]+"}, "abc1"),
    ({"type": "string", "pattern": "[a-z]+"}, "abc\n"),
    ({"type": "string", "pattern": "a|bc"}, "ac"),
    ({"type": "string", "enum": ("a", "b")}, "c"),
    ({"type": "integer"}, "5"),
    ({"type": "integer"}, True),
    ({"type": "integer"}, 1.0),
    ({"type": "integer"}, 2**63),
    ({"type": "integer", "minimum": 1}, 0),
    ({"type": "integer", "maximum": 3}, 4),
    ({"type": "integer", "enum": (1, 2)}, True),
    ({"type": "number"}, float("nan")),
    ({"type": "number"}, float("inf")),
    ({"type": "number"}, "1.5"),
    ({"type": "boolean"}, "true"),
    ({"type": "boolean"}, 1),
    ({"type": "list"}, ("a",)),
    ({"type": "list"}, "a"),
    ({"type": "list"}, [object()]),
    ({"type": "map"}, [("a", 1)]),
    ({"type": "map"}, {1: "a"}),
    ({"type": "quantity"}, "5 Gi"),
    ({"type": "quantity"}, "1.5GiB"),
    ({"type": "quantity"}, ""),
    ({"type": "quantity"}, True),
]


@pytest.mark.parametrize(("declared", "value"), GOOD)
def test_a_value_that_fits_is_taken_as_it_is(declared: dict[str, Any], value: object) -> None:
    assert complete_values([Variable(name="v", **declared)], {"v": value}, {}) == {"v": value}


@pytest.mark.parametrize("secret", [False, True])
@pytest.mark.parametrize(("declared", "value"), BAD)
def test_a_value_that_does_not_fit_is_refused_by_name(
    declared: dict[str, Any], value: object, secret: bool
) -> None:
    given = ({}, {"v": value}) if secret else ({"v": value}, {})
    with pytest.raises(InvalidVariables, match=r"^The \w+ v is wrong: .*\.$") as caught:
        complete_values([Variable(name="v", secret=secret, **declared)], *given)
    assert caught.value.problems[0].reason == "variable"


@pytest.mark.parametrize(
    "declared",
    [
        {"pattern": "[0-9]+"},
        {"enum": ("a", "b")},
        {"type": "integer"},
        {"type": "list"},
        {"type": "map"},
        {"type": "quantity"},
    ],
)
@pytest.mark.parametrize("value", [CANARY, [CANARY], {CANARY: CANARY}, {"a": {CANARY: object()}}])
def test_a_secret_value_is_never_told(declared: dict[str, Any], value: object) -> None:
    assert CANARY not in told(Variable(name="v", secret=True, **declared), value)


def test_defaults_fill_what_is_missing_and_optional_ones_stay_undefined() -> None:
    variables = [
        Variable(name="a", default="x"),
        Variable(name="b", required=False),
        Variable(name="c", required=False, default=0, type="integer"),
        Variable(name="d", default="x"),
    ]
    assert complete_values(variables, {"d": "y", "a": None}, {}) == {"a": "x", "c": 0, "d": "y"}


def test_every_problem_with_the_values_is_told() -> None:
    variables = [Variable(name="a"), Variable(name="b", secret=True), Variable(name="c")]
    with pytest.raises(InvalidVariables) as caught:
        complete_values(variables, {"b": CANARY, "c": "x", "z": CANARY}, {"c": CANARY})
    assert [problem.message for problem in caught.value.problems] == [
        "The variable z is not declared. Declare it, or leave its value out.",
        "The variable c is given twice, once as a secret. Give it once.",
        "The variable b is secret. Give it as a secret, not in the clear.",
        "The variable a has no value. Give it one.",
    ]


@pytest.mark.parametrize(
    "declared",
    [
        {"name": "1a"},
        {"name": "a-b"},
        {"name": "_a"},
        {"name": "for"},
        {"name": "loop"},
        {"name": "True"},
        {"name": "a", "type": "text"},
        {"name": "a", "secret": True, "default": CANARY},
        {"name": "a", "pattern": "("},
        {"name": "a", "pattern": "a", "type": "integer"},
        {"name": "a", "minimum": 1},
        {"name": "a", "type": "integer", "default": CANARY},
        {"name": "a", "type": "integer", "minimum": 5, "default": 4},
        {"name": "a", "enum": ("x",), "default": CANARY},
        {"name": "a", "type": "integer", "enum": (CANARY,)},
        {"name": "a", "colour": "red"},
    ],
)
def test_an_unsound_declaration_is_refused_and_no_value_told(declared: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        Variable(**declared)
    assert CANARY not in str(caught.value)


def test_a_slow_pattern_does_not_exist() -> None:
    variable = Variable(name="v", pattern="(a+)+")
    assert variable.complaint("a" * 5_000 + "b") is not None
