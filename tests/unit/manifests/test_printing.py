from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kube.manifests.documents import load
from kube.manifests.printing import to_yaml
from tests.unit.manifests.test_scalars import KUBECTL

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False).filter(lambda each: not each.is_integer())
    | st.text()
    | st.sampled_from(sorted(KUBECTL))
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8
)


def config(value: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": value}


@given(VALUES)
def test_what_is_printed_reads_back_the_same(value: Any) -> None:
    printed = to_yaml([config(value), {**config(value), "metadata": {"name": "b"}}])
    assert [document.object["data"] for document in load(printed)] == [value, value]


def test_many_lines_are_shown_as_a_block_and_keys_keep_their_order() -> None:
    assert to_yaml([{"z": "one\ntwo\n", "a": "y", "m": "1e3", "x": "é" + "w" * 200}]) == (
        '---\nz: |\n  one\n  two\na: "y"\nm: "1e3"\nx: é' + "w" * 200 + "\n"
    )


def test_shared_values_are_written_out() -> None:
    shared = [1]
    assert to_yaml([{"a": shared, "b": shared}]) == "---\na:\n- 1\nb:\n- 1\n"


@pytest.mark.parametrize("objects", [[], ()])
def test_nothing_is_printed_for_nothing(objects: Any) -> None:
    assert to_yaml(objects) == ""
