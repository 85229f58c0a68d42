"""Values to try a template with, where nobody gave any."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pydantic import JsonValue

from kube.manifests.problems import InvalidVariables, Problem
from kube.manifests.variables import Variable, VariableType

_SAMPLES: Mapping[VariableType, JsonValue] = {
    "string": "sample",
    "integer": 1,
    "number": 1,
    "boolean": True,
    "list": ["sample"],
    "map": {"sample": "sample"},
    "quantity": "1",
}


def sample_values(
    variables: Iterable[Variable], given: Mapping[str, JsonValue]
) -> tuple[dict[str, JsonValue], dict[str, JsonValue]]:
    """Return values for all variables: those given, else the default, else one of the type.

    Returns:
        The values of plain variables, and those of secret ones, which are made up.

    Raises:
        InvalidVariables: A variable needs a value that cannot be made up.
    """
    plain, problems = dict(given), []
    secret: dict[str, JsonValue] = {}
    for variable in variables:
        if variable.name in given or variable.default is not None:
            continue
        value = _sample(variable)
        if value is not None:
            (secret if variable.secret else plain)[variable.name] = value
        elif variable.required:
            message = f"No value can be made up for {variable.name}. Give one in the sample."
            problems.append(Problem("variable", message))
    if problems:
        raise InvalidVariables(problems)
    return plain, secret


def _sample(variable: Variable) -> JsonValue:
    """Return the first of these that is good; None where none is."""
    tries = (*variable.enum, variable.minimum, variable.maximum, _SAMPLES[variable.type])
    good = (one for one in tries if one is not None and variable.complaint(one) is None)
    return next(good, None)
