"""Jinja2, held to what a template may do: no code, no I/O, no growth beyond the limits."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from types import TracebackType
from typing import Any, TypeVar

from jinja2 import (
    StrictUndefined,
    Template,
    TemplateSyntaxError,
    UndefinedError,
    nodes,
    pass_context,
)
from jinja2 import meta as jinja_meta
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Cycler, Joiner, Namespace

from kube.manifests.data import Fault, IndentedText, JsonText, Meter, refuse_undefined
from kube.manifests.filters import filters, join
from kube.manifests.grammar import CONCAT, MEASURE, SLOT, TURNS, name_lines, prepare, refusals
from kube.manifests.limits import Limits
from kube.manifests.problems import InvalidTemplate, Problem
from kube.manifests.slots import Slots

_TEXT_METHODS = (
    "lower upper capitalize title strip lstrip rstrip split rsplit splitlines startswith endswith "
    "removeprefix removesuffix count find isdigit isalpha isalnum"
)
_METHODS: dict[type, frozenset[str]] = {
    str: frozenset(_TEXT_METHODS.split()),
    dict: frozenset(("get", "items", "keys", "values")),
    list: frozenset(("index", "count")),
    tuple: frozenset(("index", "count")),
}
_HELPERS = (LoopContext, Cycler, Joiner, Namespace)
_SUBSCRIPTED = (str, list, tuple, dict, range)
T = TypeVar("T")

_FILE = "<template>"
_MOST_EXPONENT = 64


class Engine(ImmutableSandboxedEnvironment):
    """The template language for one template and one rendering of it."""

    intercepted_binops = frozenset(("+", "-", "*", "/", "//", "%", "**"))

    def __init__(self, source: str, limits: Limits) -> None:
        super().__init__(
            undefined=StrictUndefined, keep_trailing_newline=True, optimized=False, cache_size=0
        )
        self.source = source
        self.slots = Slots(source)
        self._limits = limits
        self._meter = Meter(limits)
        self.globals: dict[str, Any] = {
            "range": self._range,
            "dict": lambda **values: self._measured(values),
            "namespace": Namespace,
            "cycler": Cycler,
            "joiner": Joiner,
        }
        self.filters: dict[str, Callable[..., Any]] = {
            **filters(self._meter),
            SLOT: self._slot,
            TURNS: self._meter.listed,
            CONCAT: lambda values: join(self._meter, values),
            MEASURE: self._measured,
        }

    def tree(self) -> nodes.Template:
        """Parse the source, and refuse what a template may not say.

        Raises:
            InvalidTemplate: With every problem found.
        """
        if len(self.source) > self._limits.template_bytes:
            message = f"The template exceeds {self._limits.template_bytes:,} bytes. Split it."
            raise InvalidTemplate([Problem("size", message)])
        tree = self._guarded(lambda: self.parse(self.source))
        problems = self._guarded(lambda: list(refusals(tree, self)))
        if problems:
            raise InvalidTemplate(problems)
        return tree

    def undeclared(self) -> dict[str, int | None]:
        """Return the names that the template uses and does not set, with their first lines.

        Raises:
            InvalidTemplate: See `tree`.
        """
        tree = self.tree()
        names = self._guarded(lambda: jinja_meta.find_undeclared_variables(tree))
        names |= _asked_for(tree, "namespace")
        places = self._guarded(lambda: name_lines(tree))
        return {name: places.get(name) for name in sorted(names)}

    def text(self, values: Mapping[str, object], secrets: Collection[str]) -> str:
        """Return the rendered text: tokens in place of values, marks at the template's lines.

        Raises:
            InvalidTemplate: The template asks for what is undefined, does what it may not, or
                does too much.
        """
        tree = self.tree()
        template = self._guarded(lambda: self._compiled(tree, secrets))
        context = template.new_context(dict(values))
        return self._guarded(lambda: self._run(template, context), template)

    def _compiled(self, tree: nodes.Template, secrets: Collection[str]) -> Template:
        prepared = prepare(tree, self.source, self.slots, secrets)
        prepared.set_environment(self)
        return Template.from_code(self, self.compile(prepared, filename=_FILE), self.globals)

    def _run(self, template: Template, context: Context) -> str:
        pieces = []
        for piece in template.root_render_func(context):
            self._meter.grow(len(piece))
            pieces.append(piece)
        return "".join(pieces)

    def _guarded(self, work: Callable[[], T], template: Template | None = None) -> T:
        """Do work that may fail in any way, and keep nothing of an error but what is safe."""
        try:
            return work()
        except Exception as error:  # noqa: BLE001 (an expression may raise anything)
            problem = _problem(error, template)
        raise InvalidTemplate([problem])

    @pass_context
    def _slot(self, context: Context, value: Any, is_secret: bool) -> str:
        del context  # asked for so that Jinja does not call this while compiling
        if isinstance(value, JsonText | IndentedText):
            return self.slots.hold(value, is_secret, len(value))
        before = self._meter.made_bytes
        data = self._meter.data(value)
        return self.slots.hold(data, is_secret, self._meter.made_bytes - before)

    def _measured(self, value: Any) -> Any:
        self._meter.data(value)
        return value

    def _range(self, *args: int) -> range:
        numbers = range(*args)
        self._meter.step(len(numbers))
        return numbers

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Return whether a template may reach for an attribute: a few methods of data may be."""
        if isinstance(obj, _HELPERS):
            return not attr.startswith("_")
        return any(isinstance(obj, kind) and attr in names for kind, names in _METHODS.items())

    def wrap_str_format(self, value: Any) -> None:
        """Offer no `str.format`: it makes texts of any length."""

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Return an element, and never an attribute; a computed key is not named when missing."""
        refuse_undefined(obj)
        if isinstance(obj, _SUBSCRIPTED):
            try:
                return obj[argument]
            except (LookupError, TypeError):
                pass
        if isinstance(argument, str) and argument in self.source:
            return self.undefined(obj=obj, name=argument)
        return self.undefined("The list or map has no such element")

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Calculate with numbers; add texts, and lists, within bounds.

        Raises:
            Fault: Other operands, or a result beyond 64 bits.
        """
        for operand in (left, right):
            refuse_undefined(operand)
        if operator == "+" and isinstance(left, str) and isinstance(right, str):
            return join(self._meter, (left, right))
        if operator == "+" and isinstance(left, list) and isinstance(right, list):
            return self._meter.listed([*left, *right])
        if not isinstance(left, int | float) or not isinstance(right, int | float):
            raise Fault("expression", f"`{operator}` takes numbers. Join texts with `~`.")
        if operator == "**" and abs(right) > _MOST_EXPONENT:
            raise Fault("unsafe", f"An exponent is at most {_MOST_EXPONENT}.")
        return self._meter.data(self.binop_table[operator](left, right))


def _problem(error: Exception, template: Template | None) -> Problem:
    line = _line(error.__traceback__, template)
    if isinstance(error, Fault):
        return Problem(error.reason, str(error), line=line)
    if isinstance(error, UndefinedError):
        what = str(error.message).rstrip(".")
        message = f"{what}. Declare it and give it a value, or ask `is defined` first."
        return Problem("undefined", message, line=line)
    if isinstance(error, TemplateSyntaxError):
        return Problem("syntax", f"The template is malformed: {error.message}", line=error.lineno)
    if isinstance(error, SecurityError):
        message = "A template may only use data and a few of its methods. Use a filter."
        return Problem("unsafe", message, line=line)
    if isinstance(error, OverflowError):
        return Problem("unsafe", "A number is too large. Use a smaller one.", line=line)
    # A SyntaxError is Python's, of the code that Jinja makes: blocks in blocks in blocks.
    if isinstance(error, RecursionError | MemoryError | SyntaxError):
        return Problem("depth", "The template is nested too deeply. Flatten it.", line=line)
    message = f"The expression fails ({type(error).__name__}). Check the types of what it uses."
    return Problem("expression", message, line=line)


def _line(traceback: TracebackType | None, template: Template | None) -> int | None:
    line = None
    while traceback is not None and template is not None:
        if traceback.tb_frame.f_code.co_filename == _FILE:
            line = template.get_corresponding_lineno(traceback.tb_lineno)
        traceback = traceback.tb_next
    return line


def _asked_for(tree: nodes.Template, name: str) -> set[str]:
    """Return the name of a function of the language where a text uses it as a variable.

    No name is more common in a manifest than `namespace`.
    """
    called = {id(call.node) for call in tree.find_all(nodes.Call)}
    found = (node for node in tree.find_all(nodes.Name) if node.ctx == "load")
    return {node.name for node in found if node.name == name and id(node) not in called}
