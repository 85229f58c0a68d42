from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    model_validator,
)
from pydantic_core import SchemaError

from kube.manifests.problems import InvalidVariables, Problem
from kube.quantity import InvalidQuantity, parse_nanos

VariableType = Literal["string", "integer", "number", "boolean", "list", "map", "quantity"]

_WORDS = (
    "and block call caller context cycler dict do elif else endfor endif endwith extends false "
    "filter for from if ignore import in include is joiner kwargs loop macro missing "
    "none not or range raw recursive scoped self set super trans true varargs with without"
)
RESERVED = frozenset(_WORDS.split())
_INT64 = (-(2**63), 2**63 - 1)


class Variable(BaseModel):
    """What a template asks for: a name, a type, and which values are good.

    A secret variable is masked wherever a rendering is shown, has no default (which would be
    stored in clear), and its value stands in no message. `pattern` must match the whole text; it
    is a regular expression of Rust, which no text can make slow. `minimum` and `maximum` are
    inclusive. A variable that is not required and has neither value nor default is undefined: the
    template must ask `is defined` before it uses it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$", max_length=63)
    type: VariableType = "string"
    required: bool = True
    default: JsonValue = None
    pattern: str | None = None
    enum: tuple[JsonValue, ...] = ()
    minimum: int | float | None = None
    maximum: int | float | None = None
    secret: bool = False
    description: str = ""

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        if self.name.lower() in RESERVED:
            raise ValueError(f"{self.name!r} is a word of the template language")
        if self.secret and self.default is not None:
            raise ValueError("a secret variable has no default: it would be stored in clear")
        if self.pattern is not None and self.type != "string":
            raise ValueError("pattern is for strings")
        bounded = self.minimum is not None or self.maximum is not None
        if bounded and self.type not in ("integer", "number"):
            raise ValueError("minimum and maximum are for integers and numbers")
        for value in (*self.enum, self.default):
            complaint = None if value is None else self.complaint(value)
            if complaint is not None:
                raise ValueError(f"the default or the enum does not fit: {complaint}")
        self._adapter()
        return self

    def complaint(self, value: object) -> str | None:
        """Return what is wrong with a value, without showing it; None where it is good."""
        try:
            self._adapter().validate_python(value, strict=True)
        except ValidationError as error:
            return error.errors(include_input=False, include_context=False)[0]["msg"]
        if self.type == "quantity" and not _is_quantity(value):
            return "Input should be a quantity, such as 500m or 1.5Gi"
        if self.enum and (type(value), value) not in [(type(each), each) for each in self.enum]:
            return f"Input should be one of {', '.join(repr(each) for each in self.enum)}"
        return None

    def _adapter(self) -> TypeAdapter[Any]:
        return _adapter(self.type, self.pattern, self.minimum, self.maximum)


def complete_values(
    variables: Iterable[Variable], values: Mapping[str, object], secrets: Mapping[str, object]
) -> dict[str, object]:
    """Check values against their declarations and add the defaults.

    Args:
        variables: What is declared.
        values: Values that may be shown and recorded.
        secrets: Values that may not; a variable is given in one of both.

    Returns:
        A value for each variable that is not undefined.

    Raises:
        InvalidVariables: With every variable that is missing, unknown or does not fit.
    """
    declared = {variable.name: variable for variable in variables}
    problems = list(_misplaced(declared, values, secrets))
    complete: dict[str, object] = {}
    for name, variable in declared.items():
        value = secrets.get(name, values.get(name))
        if value is None:
            value = variable.default
        if value is not None:
            complete[name] = value
            complaint = variable.complaint(value)
            if complaint is not None:
                problems.append(_problem(f"The {variable.type} {name} is wrong: {complaint}."))
        elif variable.required:
            problems.append(_problem(f"The variable {name} has no value. Give it one."))
    if problems:
        raise InvalidVariables(problems)
    return complete


def _misplaced(
    declared: Mapping[str, Variable], values: Mapping[str, object], secrets: Mapping[str, object]
) -> Iterator[Problem]:
    for name in sorted({*values, *secrets} - declared.keys()):
        yield _problem(f"The variable {name} is not declared. Declare it, or leave its value out.")
    for name in sorted(values.keys() & secrets.keys()):
        yield _problem(f"The variable {name} is given twice, once as a secret. Give it once.")
    for name in sorted(values.keys() & {each.name for each in declared.values() if each.secret}):
        yield _problem(f"The variable {name} is secret. Give it as a secret, not in the clear.")


def _problem(message: str) -> Problem:
    return Problem("variable", message)


def _is_quantity(value: object) -> bool:
    try:
        parse_nanos(str(value))
    except InvalidQuantity:
        return False
    return True


def _whole(pattern: str) -> str:
    return rf"\A(?:{pattern})\z"


@lru_cache(maxsize=256, typed=True)
def _adapter(
    kind: VariableType, pattern: str | None, minimum: float | None, maximum: float | None
) -> TypeAdapter[Any]:
    """Return what checks a value; making one costs a millisecond, and tasks declare alike."""
    lowest = _INT64[0] if minimum is None else minimum
    highest = _INT64[1] if maximum is None else maximum
    # Any pattern makes pydantic check that the text is valid Unicode.
    text = StringConstraints(pattern=_whole("(?s:.*)" if pattern is None else pattern))
    types: dict[VariableType, Any] = {
        "string": Annotated[str, text],
        "integer": Annotated[int, Field(ge=lowest, le=highest)],
        "number": Annotated[float, Field(allow_inf_nan=False, ge=minimum, le=maximum)],
        "boolean": bool,
        "list": list[JsonValue],
        "map": dict[str, JsonValue],
        "quantity": str | int | float,
    }
    try:
        return TypeAdapter(types[kind])
    except SchemaError:
        pass
    raise ValueError("pattern is no valid regular expression")
