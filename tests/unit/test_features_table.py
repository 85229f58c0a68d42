"""docs/features.md against the code.

- every row of the mission is there once, in order, under its area;
- a flow named in a row is defined in `flows/` and deployed by `prefect.yaml`;
- a test named in a row exists;
- a row has both or neither, and the count of rows with a flow is true;
- the checks above do fail when they should.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PAGE = "docs/features.md"
HEADER = ("id", "feature", "what it does", "flow", "test")
NOT_YET = "not yet"

ROWS = {
    "I": (7, 24, 8, 6, 5, 4, 3, 3, 3, 6, 3),
    "T": (8, 8, 10, 6, 10, 16, 5, 6, 3, 3, 3, 3),
}
ROWS_PER_AREA = {
    f"{group}{n}": rows for group, areas in ROWS.items() for n, rows in enumerate(areas, start=1)
} | {"P": 3}
IDS = [f"{area}.{n}" for area, rows in ROWS_PER_AREA.items() for n in range(1, rows + 1)]


@dataclass(frozen=True)
class Row:
    """One row of the page; `flows` and `tests` are empty where it says "not yet"."""

    line: int
    area: str
    id: str
    feature: str
    meaning: str
    flows: tuple[str, ...]
    tests: tuple[str, ...]


@dataclass(frozen=True)
class Page:
    """The page as it was understood; `problems` are the lines that were not."""

    text: str
    rows: tuple[Row, ...]
    problems: tuple[str, ...]


def names_in(cell: str) -> tuple[str, ...] | None:
    """Return the names in a cell, none for "not yet", or None for a cell that is neither."""
    if cell == NOT_YET:
        return ()
    names = tuple(part.strip() for part in cell.split(","))
    if all(re.fullmatch(r"`[^`\s]+`", name) for name in names):
        return tuple(name.strip("`") for name in names)
    return None


def read_page(text: str) -> Page:
    rows: list[Row] = []
    problems: list[str] = []
    area = ""
    for number, line in enumerate(text.splitlines(), start=1):
        where = f"{PAGE}:{number}"
        if line.startswith("## "):
            area = line.split()[1]
        if not line.startswith("|"):
            continue
        cells = tuple(cell.strip() for cell in line.strip().strip("|").split("|"))
        if cells == HEADER or all(set(cell) == {"-"} for cell in cells):
            continue
        if len(cells) != len(HEADER) or not all(cells):
            problems.append(f"{where}: write five filled cells: {' | '.join(HEADER)}")
            continue
        flows, tests = names_in(cells[3]), names_in(cells[4])
        if flows is None or tests is None:
            problems.append(
                f'{where}: write "{NOT_YET}", or names in backticks separated by commas, '
                "in the columns flow and test"
            )
            continue
        rows.append(Row(number, area, cells[0], cells[1], cells[2], flows, tests))
    return Page(text, tuple(rows), tuple(problems))


def functions_of(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.parse(path.read_text(encoding="utf-8"), filename=str(path)).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def is_flow(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Tell whether a function is decorated by `flow`, `flow(...)`, or `prefect.flow`."""
    for decorator in function.decorator_list:
        target = decorator.func if isinstance(decorator, ast.Call) else decorator
        name = target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")
        if name == "flow":
            return True
    return False


def flows_defined(root: Path) -> dict[str, str]:
    """Return the entrypoint of every flow in `flows/`, by the name that Prefect gives it."""
    return {
        function.name.replace("_", "-"): f"flows.{path.stem}.{function.name}"
        for path in sorted((root / "flows").glob("*.py"))
        for function in functions_of(path)
        if is_flow(function)
    }


def entrypoints_deployed(root: Path) -> set[str]:
    """Return the entrypoints in `prefect.yaml`; none if there is no such file yet."""
    path = root / "prefect.yaml"
    if not path.is_file():
        return set()
    settings: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    return {str(entry.get("entrypoint", "")) for entry in settings.get("deployments") or []}


def named_tests(path: Path) -> set[str]:
    """Return the tests of a file as pytest names them, `test_name` or `TestClass::test_name`."""
    names = {function.name for function in functions_of(path)}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef):
            names |= {
                f"{node.name}::{method.name}"
                for method in node.body
                if isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef)
            }
    return {name for name in names if name.split("::")[-1].startswith("test_")}


def wrong_ids(page: Page) -> Iterator[str]:
    found = [row.id for row in page.rows]
    for missing in [id_ for id_ in IDS if id_ not in found]:
        yield f"{PAGE}: add row {missing} back; rows are never removed"
    for row in page.rows:
        if row.id not in IDS:
            yield f"{PAGE}:{row.line}: {row.id} is no row of the mission; remove it"
        elif found.count(row.id) > 1:
            yield f"{PAGE}:{row.line}: {row.id} is there {found.count(row.id)} times; keep one"
        if row.id.split(".")[0] != row.area:
            yield f"{PAGE}:{row.line}: move {row.id} under its area; it stands under {row.area!r}"
    if sorted(found) == sorted(IDS) and found != IDS:
        first = next(row for row, id_ in zip(page.rows, IDS, strict=True) if row.id != id_)
        yield f"{PAGE}:{first.line}: put the rows in order; {first.id} is out of place"


def wrong_flows(page: Page, root: Path) -> Iterator[str]:
    defined, deployed = flows_defined(root), entrypoints_deployed(root)
    for row in page.rows:
        for name in row.flows:
            where = f"{PAGE}:{row.line}: {row.id} names the flow {name}"
            if name not in defined:
                function = name.replace("-", "_")
                yield f"{where}; define {function} with @flow in flows/, or write {NOT_YET!r}"
            elif defined[name] not in deployed:
                yield f"{where}; add a deployment of {defined[name]} to prefect.yaml"


def wrong_tests(page: Page, root: Path) -> Iterator[str]:
    for row in page.rows:
        for name in row.tests:
            where = f"{PAGE}:{row.line}: {row.id} names the test {name}"
            file, _, function = name.partition("::")
            if not re.fullmatch(r"tests/(\w+/)+test_\w+\.py", file):
                yield f"{where}; write it as tests/<tier>/test_<name>.py, with ::test_<name> if any"
            elif not (root / file).is_file():
                yield f"{where}; write that file, or write {NOT_YET!r}"
            elif function and function not in named_tests(root / file):
                yield f"{where}; {file} has no {function}: write it or correct the name"
            elif not named_tests(root / file):
                yield f"{where}; {file} holds no test yet: write one"


def unbalanced_rows(page: Page) -> Iterator[str]:
    for row in page.rows:
        if row.flows and not row.tests:
            yield f"{PAGE}:{row.line}: {row.id} has a flow and no test; name the test that shows it"
        if row.tests and not row.flows:
            yield f"{PAGE}:{row.line}: {row.id} has a test and no flow; name the flow it tests"


def wrong_count(page: Page) -> Iterator[str]:
    done = sum(bool(row.flows) for row in page.rows)
    truth = f"{done} of {len(IDS)} rows have a flow."
    said = re.findall(r"^\d+ of \d+ rows have a flow\.$", page.text, flags=re.MULTILINE)
    if said != [truth]:
        yield f"{PAGE}: write the line {truth!r} once; it now says {said or 'nothing'}"


@pytest.fixture(scope="module")
def page() -> Page:
    return read_page((ROOT / PAGE).read_text(encoding="utf-8"))


def test_every_row_can_be_read(page: Page) -> None:
    assert not page.problems, "\n".join(page.problems)


def test_the_ids_are_the_156_of_the_mission_in_order(page: Page) -> None:
    assert len(IDS) == len(set(IDS)) == 156
    problems = list(wrong_ids(page))
    assert not problems, "\n".join(problems)
    assert [row.id for row in page.rows] == IDS


def test_every_flow_named_is_defined_and_deployed(page: Page) -> None:
    problems = list(wrong_flows(page, ROOT))
    assert not problems, "\n".join(problems)


def test_every_test_named_exists(page: Page) -> None:
    problems = list(wrong_tests(page, ROOT))
    assert not problems, "\n".join(problems)


def test_a_row_has_both_a_flow_and_a_test_or_neither(page: Page) -> None:
    problems = list(unbalanced_rows(page))
    assert not problems, "\n".join(problems)


def test_the_count_line_is_true(page: Page) -> None:
    problems = list(wrong_count(page))
    assert not problems, "\n".join(problems)


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A project of two deployed flows, one that is not deployed, and their tests."""
    for name, text in {
        "flows/nodes.py": """
            import prefect
            from prefect import flow
            @flow
            async def list_nodes(): ...
            @prefect.flow(log_prints=True)
            def drain_node(): ...
            @flow()
            async def label_nodes(): ...
            async def helper(): ...
        """,
        "prefect.yaml": """
            deployments:
            - {name: default, entrypoint: flows.nodes.list_nodes}
            - {name: default, entrypoint: flows.nodes.drain_node}
        """,
        "tests/cluster/test_nodes.py": """
            async def test_listed(): ...
            class TestDrain:
                def test_drained(self): ...
        """,
        "tests/cluster/test_empty.py": "",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
    return tmp_path


def one_row(flow: str, test: str) -> Page:
    page = read_page(f"## I5 Nodes\n| I5.1 | list nodes | List them. | {flow} | {test} |\n")
    assert not page.problems
    return page


@pytest.mark.parametrize(
    ("flow", "problem"),
    [
        ("not yet", ""),
        ("`list-nodes`, `drain-node`", ""),
        ("`helper`", "define helper with @flow in flows/"),
        ("`taint-nodes`", "define taint_nodes with @flow in flows/"),
        ("`label-nodes`", "add a deployment of flows.nodes.label_nodes to prefect.yaml"),
    ],
)
def test_a_flow_that_is_missing_or_not_deployed_is_found(
    house: Path, flow: str, problem: str
) -> None:
    found = list(wrong_flows(one_row(flow, "not yet"), house))
    assert len(found) == bool(problem)
    assert problem in "".join(found)


def test_no_flow_counts_as_deployed_without_prefect_yaml(house: Path) -> None:
    (house / "prefect.yaml").unlink()
    assert len(list(wrong_flows(one_row("`list-nodes`", "not yet"), house))) == 1


@pytest.mark.parametrize(
    ("test", "problem"),
    [
        ("not yet", ""),
        ("`tests/cluster/test_nodes.py`", ""),
        ("`tests/cluster/test_nodes.py::test_listed`", ""),
        ("`tests/cluster/test_nodes.py::TestDrain::test_drained`", ""),
        ("`tests/cluster/test_nodes.py::test_drained`", "has no test_drained"),
        ("`tests/cluster/test_empty.py`", "holds no test yet"),
        ("`tests/cluster/test_pods.py`", "write that file"),
        ("`tests/../flows/test_nodes.py`", "write it as tests/<tier>"),
    ],
)
def test_a_test_that_is_missing_is_found(house: Path, test: str, problem: str) -> None:
    found = list(wrong_tests(one_row("not yet", test), house))
    assert len(found) == bool(problem)
    assert problem in "".join(found)


@pytest.mark.parametrize(
    ("flow", "test", "problem"),
    [
        ("not yet", "not yet", ""),
        ("`list-nodes`", "`tests/cluster/test_nodes.py`", ""),
        ("`list-nodes`", "not yet", "has a flow and no test"),
        ("not yet", "`tests/cluster/test_nodes.py`", "has a test and no flow"),
    ],
)
def test_half_a_row_is_found(flow: str, test: str, problem: str) -> None:
    found = list(unbalanced_rows(one_row(flow, test)))
    assert len(found) == bool(problem)
    assert problem in "".join(found)


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        ("| I5.1 |", "| I5.9 |", "add row I5.1 back"),
        ("| I5.1 |", "| I5.2 |", "I5.2 is there 2 times"),
        ("| I5.1 |", "| X1.1 |", "X1.1 is no row of the mission"),
        ("## I5 ", "## I6 ", "move I5.1 under its area"),
    ],
)
def test_an_id_that_is_lost_doubled_unknown_or_astray_is_found(
    page: Page, before: str, after: str, problem: str
) -> None:
    spoiled = read_page(page.text.replace(before, after))
    assert problem in "\n".join(wrong_ids(spoiled))


def test_rows_out_of_order_are_found(page: Page) -> None:
    swapped = read_page(
        page.text.replace("| I5.1 |", "| - |")
        .replace("| I5.2 |", "| I5.1 |")
        .replace("| - |", "| I5.2 |")
    )
    assert [problem.split("; ")[1] for problem in wrong_ids(swapped)] == ["I5.2 is out of place"]


@pytest.mark.parametrize("line", ["", "9 of 156 rows have a flow.", "1 of 12 rows have a flow."])
def test_a_count_that_is_missing_or_wrong_is_found(line: str) -> None:
    row = "| I5.1 | list nodes | List them. | `list-nodes` | `tests/cluster/test_nodes.py` |"
    assert not list(wrong_count(read_page(f"1 of 156 rows have a flow.\n{row}\n")))
    assert len(list(wrong_count(read_page(f"{line}\n{row}\n")))) == 1


@pytest.mark.parametrize(
    "row",
    [
        "| I5.1 | list nodes | List them. | list-nodes | not yet |",
        "| I5.1 | list nodes | List them. | `list-nodes` | |",
        "| I5.1 | list nodes | List | them. | not yet | not yet |",
    ],
)
def test_a_row_that_cannot_be_read_is_named_by_its_line(row: str) -> None:
    page = read_page(f"## I5 Nodes\n\n{row}\n")
    assert len(page.problems) == 1
    assert page.problems[0].startswith(f"{PAGE}:3: write ")
    assert not page.rows
