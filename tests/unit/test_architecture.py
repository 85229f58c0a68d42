"""The rules of the house that a machine can check."""

import ast
import importlib.util
import sys
from functools import cache
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
ROOMS = ("flows", "tasks", "blocks", "kube", "deployments", "sandbox")
MAX_LINES = 400
MODULES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
FLOW_MODULES = sorted(path for path in (ROOT / "flows").glob("*.py") if path.stem != "__init__")


@cache
def deployed() -> list[str]:
    """Return the entrypoints of all deployments."""
    entries = yaml.safe_load((ROOT / "prefect.yaml").read_text())["deployments"]
    return [entry["entrypoint"] for entry in entries]


@cache
def flow_tests() -> str:
    return "".join(path.read_text() for path in (ROOT / "tests" / "flows").glob("*.py"))


def flow_functions(module: Path) -> list[str]:
    """Return the names of the functions of a module that are flows."""
    return [
        node.name
        for node in ast.parse(module.read_text()).body
        if isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef)
        and any("flow" in ast.unparse(decorator) for decorator in node.decorator_list)
    ]


FLOWS = [(module.stem, name) for module in FLOW_MODULES for name in flow_functions(module)]


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_module_passes_400_lines(module: Path) -> None:
    assert len(module.read_text().splitlines()) <= MAX_LINES


@pytest.mark.parametrize(
    "package",
    [module for module in MODULES if module.name == "__init__.py"],
    ids=lambda path: str(path.parent.relative_to(ROOT)),
)
def test_packages_hold_no_logic(package: Path) -> None:
    body = ast.parse(package.read_text()).body
    assert all(isinstance(node, ast.Expr | ast.Import | ast.ImportFrom) for node in body)


@pytest.mark.parametrize("module", FLOW_MODULES, ids=lambda path: path.stem)
def test_no_flow_module_shadows_a_library(module: Path) -> None:
    """Prefect puts a file entrypoint's own folder first on the path."""
    assert module.stem not in sys.stdlib_module_names
    assert importlib.util.find_spec(module.stem) is None


@pytest.mark.parametrize("module", FLOW_MODULES, ids=lambda path: path.stem)
def test_flow_modules_define_no_class(module: Path) -> None:
    """A file entrypoint would load the module twice, and a class in it would be two classes."""
    assert not [n for n in ast.walk(ast.parse(module.read_text())) if isinstance(n, ast.ClassDef)]


@pytest.mark.xdist_group("prefect")
@pytest.mark.parametrize(("module", "name"), FLOWS)
def test_every_flow_imports_and_is_asynchronous(module: str, name: str) -> None:
    """`prefect deploy` accepts a flow whose module cannot be imported."""
    flow = getattr(importlib.import_module(f"flows.{module}"), name)
    assert flow.isasync
    assert flow.name == name.replace("_", "-")
    assert flow.description


@pytest.mark.parametrize(("module", "name"), FLOWS)
def test_every_flow_has_a_deployment(module: str, name: str) -> None:
    assert f"flows.{module}.{name}" in deployed()


@pytest.mark.parametrize(("module", "name"), FLOWS)
def test_every_flow_has_a_row_in_the_readme(module: str, name: str) -> None:
    assert f"| `{name.replace('_', '-')}` |" in (ROOT / "README.md").read_text()


@pytest.mark.parametrize(("module", "name"), FLOWS)
def test_every_flow_has_a_test(module: str, name: str) -> None:
    assert name in flow_tests()
