"""What a template may say, and what follows from it before it is rendered.

Expressions, `if`, `for`, `set` and `with` are enough to fill in a manifest. Macros, blocks,
includes, filter blocks and recursive loops are refused: they make text that would be taken for
data, or repeat without bound.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any

from jinja2 import Environment, nodes
from jinja2.visitor import NodeTransformer

from kube.manifests.problems import Problem
from kube.manifests.slots import Slots

SLOT = "(slot)"
TURNS = "(turns)"
CONCAT = "(concat)"
MEASURE = "(measure)"

# A Scope holds the content of an autoescape block, which is refused as such.
_STATEMENTS = (nodes.Output, nodes.For, nodes.If, nodes.Assign, nodes.With, nodes.Scope)
_ADVICE = "Use expressions, if, for, set and with."
_NAMES: dict[type[nodes.Node], str] = {
    nodes.Macro: "macro",
    nodes.CallBlock: "call",
    nodes.FilterBlock: "filter",
    nodes.AssignBlock: "set block",
    nodes.Extends: "extends",
    nodes.Block: "block",
    nodes.Include: "include",
    nodes.Import: "import",
    nodes.FromImport: "from … import",
    nodes.ScopedEvalContextModifier: "autoescape",
}
_ALONE = re.compile(r"[ \t]*(?:(?:\{%(?:(?!%\}).)*%\}|\{#(?:(?!#\}).)*#\})[ \t]*)+")


def refusals(tree: nodes.Template, environment: Environment) -> Iterator[Problem]:
    """Yield what the template says and may not."""
    for node in tree.find_all(nodes.Node):
        if isinstance(node, nodes.Stmt) and not isinstance(node, _STATEMENTS):
            name = _NAMES.get(type(node), type(node).__name__.lower())
            message = f"A template may not use {name}. {_ADVICE}"
            yield Problem("unsafe", message, line=node.lineno)
        elif isinstance(node, nodes.For) and node.recursive:
            message = f"A template may not loop recursively. {_ADVICE}"
            yield Problem("unsafe", message, line=node.lineno)
        elif isinstance(node, nodes.Filter) and node.name not in environment.filters:
            offered = ", ".join(sorted(each for each in environment.filters if each.isalnum()))
            message = f"There is no filter {node.name!r}. There are: {offered}."
            yield Problem("unsafe", message, line=node.lineno)
        elif isinstance(node, nodes.Test) and node.name not in environment.tests:
            message = f"There is no test {node.name!r}."
            yield Problem("unsafe", message, line=node.lineno)


def name_lines(tree: nodes.Template) -> dict[str, int]:
    """Return the first line of each name that the template uses or sets."""
    lines: dict[str, int] = {}
    for node in tree.find_all(nodes.Node):
        if isinstance(node, nodes.Name | nodes.NSRef):
            lines[node.name] = min(node.lineno, lines.get(node.name, node.lineno))
    return lines


def secret_names(tree: nodes.Template, secrets: Collection[str]) -> frozenset[str]:
    """Return the names that hold secrets or anything made of them, wherever they are set.

    A name counts as secret in the whole template: too much may be masked, never too little.
    """
    names = set(secrets)
    before = -1
    while len(names) > before:
        before = len(names)
        for node in tree.find_all((nodes.Assign, nodes.For, nodes.With)):
            for target, value in _bindings(node):
                if _mentions(value, names):
                    names |= _names(target)
                    if isinstance(node, nodes.For):
                        names.add("loop")
    return frozenset(names)


def prepare(
    tree: nodes.Template, source: str, slots: Slots, secrets: Collection[str]
) -> nodes.Template:
    """Return the tree with bounds, tokens and line marks worked in.

    A line that holds nothing but tags leaves no empty line behind.
    """
    alone = {
        number
        for number, row in enumerate(source.split("\n"), start=1)
        if "{" in row and _ALONE.fullmatch(row.rstrip("\r"))
    }
    prepared: nodes.Template = _Preparation(slots, secret_names(tree, secrets), alone).visit(tree)
    return prepared


def _bindings(node: nodes.Node) -> Iterator[tuple[nodes.Node, nodes.Node]]:
    if isinstance(node, nodes.Assign):
        yield node.target, node.node
    elif isinstance(node, nodes.For):
        yield node.target, node.iter
    elif isinstance(node, nodes.With):
        yield from zip(node.targets, node.values, strict=True)


def _names(node: nodes.Node) -> set[str]:
    found = [node, *node.find_all((nodes.Name, nodes.NSRef))]
    return {each.name for each in found if isinstance(each, nodes.Name | nodes.NSRef)}


def _mentions(node: nodes.Node, names: Collection[str]) -> bool:
    return not _names(node).isdisjoint(names)


class _Preparation(NodeTransformer):
    def __init__(self, slots: Slots, secrets: frozenset[str], alone: Collection[int]) -> None:
        self._slots = slots
        self._secrets = secrets
        self._alone = alone

    def visit_Output(self, node: nodes.Output) -> nodes.Node:
        node.nodes = [self._output(each) for each in node.nodes]
        return node

    def visit_For(self, node: nodes.For) -> nodes.Node:
        self.generic_visit(node)
        node.iter = _filtered(node.iter, TURNS)
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:
        self.generic_visit(node)
        return _filtered(nodes.List(node.nodes, lineno=node.lineno), CONCAT)

    def visit_List(self, node: nodes.List) -> nodes.Node:
        self.generic_visit(node)
        return _filtered(node, MEASURE)

    def visit_Dict(self, node: nodes.Dict) -> nodes.Node:
        self.generic_visit(node)
        return _filtered(node, MEASURE)

    def visit_Tuple(self, node: nodes.Tuple) -> nodes.Node:
        self.generic_visit(node)
        return _filtered(node, MEASURE) if node.ctx == "load" else node

    def _output(self, node: nodes.Expr) -> nodes.Expr:
        if isinstance(node, nodes.TemplateData):
            node.data = self._marked(node)
            return node
        is_secret = _mentions(node, self._secrets)
        return _filtered(self.visit(node), SLOT, nodes.Const(is_secret, lineno=node.lineno))

    def _marked(self, node: nodes.TemplateData) -> str:
        parts = []
        rows = node.data.split("\n")
        for line, row in enumerate(rows, start=node.lineno):
            if line in self._alone and not row.strip():
                continue
            end = "" if line == node.lineno + len(rows) - 1 else "\n"
            parts.append(f"{self._slots.marker(line)}{row}{end}")
        return "".join(parts)


def _filtered(node: nodes.Node, name: str, *args: Any) -> nodes.Filter:
    return nodes.Filter(node, name, list(args), [], None, None, lineno=node.lineno)
