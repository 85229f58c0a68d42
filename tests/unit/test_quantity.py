"""Quantities are exact, round up as Kubernetes does, and read well."""

import importlib.util
from collections.abc import Callable
from decimal import Decimal, localcontext
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kube.quantity import (
    InvalidQuantity,
    Quantity,
    base_units,
    bytes_of,
    decimal_of,
    millicores,
    nanos,
    show,
    show_bytes,
    show_cores,
    units,
)

SUFFIXES = ("", "n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")


@pytest.mark.parametrize(
    ("text", "exact"),
    [
        ("0", "0"),
        ("1", "1"),
        ("007", "7"),
        ("250m", "0.25"),
        ("1.5", "1.5"),
        (".5", "0.5"),
        ("5.", "5"),
        ("+5", "5"),
        ("-5", "-5"),
        ("-0.5", "-0.5"),
        ("100n", "0.0000001"),
        ("333u", "0.000333"),
        ("1k", "1000"),
        ("1E", "1000000000000000000"),
        ("1e3", "1000"),
        ("1E3", "1000"),
        ("12e-1", "1.2"),
        ("1Ki", "1024"),
        ("0.5Gi", "536870912"),
        ("3Ei", "3458764513820540928"),
        ("123456789012345678.123456789Ki", "126419751948641974398.419751936"),
    ],
)
def test_a_quantity_is_exact(text: str, exact: str) -> None:
    assert decimal_of(text) == Decimal(exact)


@pytest.mark.parametrize(
    ("value", "exact"), [(1, "1"), (0, "0"), (0.5, "0.5"), (1e-7, "1e-7"), (Decimal("2.5"), "2.5")]
)
def test_a_number_in_a_manifest_means_what_it_says(value: Quantity, exact: str) -> None:
    assert decimal_of(value) == Decimal(exact)


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "1 ", " 1", "m", ".", "-", "Ki", "--1", "1.2.3", "1,5", "0x10", "1_000", "true"),
        *("1K", "1mi", "1ki", "1e", "1e3Ki", "1 Gi", "1GiB", "NaN", "Infinity", "٣"),
        *("1e100", "1" * 101),
    ],
)
def test_what_is_no_quantity_is_refused_by_name(text: str) -> None:
    with pytest.raises(InvalidQuantity, match="is no Kubernetes quantity") as caught:
        nanos(text)
    assert caught.value.text == text[:100]


@pytest.mark.parametrize("value", [True, False, float("nan"), float("inf"), 1e300])
def test_a_value_that_is_no_amount_is_refused(value: Quantity) -> None:
    nanos(1)  # an equal key in the cache must not let True pass
    with pytest.raises(InvalidQuantity):
        nanos(value)


@pytest.mark.parametrize(
    ("text", "milli", "whole"),
    [
        ("1", 1000, 1),
        ("1m", 1, 1),
        ("1500m", 1500, 2),
        ("1n", 1, 1),
        ("0.0000000001", 1, 1),
        ("1000001n", 2, 1),
        ("0", 0, 0),
        ("-1500m", -1500, -2),
        ("1Ki", 1024000, 1024),
        ("1.1Ki", 1126400, 1127),
    ],
)
def test_fractions_round_up_as_in_kubernetes(text: str, milli: int, whole: int) -> None:
    assert (millicores(text), bytes_of(text), units(text)) == (milli, whole, whole)


@pytest.mark.parametrize(
    ("resource", "amount"),
    [("cpu", 1500), ("requests.cpu", 1500), ("memory", 2), ("pods", 2), ("nvidia.com/gpu", 2)],
)
def test_the_base_unit_is_that_of_the_resource(resource: str, amount: int) -> None:
    assert base_units(resource, nanos("1500m")) == amount


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (0, "0 cores"),
        (1, "1m"),
        (250, "250m"),
        (999, "999m"),
        (1000, "1 core"),
        (1500, "1.5 cores"),
        (1949, "1.9 cores"),
        (1950, "2 cores"),
        (64000, "64 cores"),
        (-1500, "-1.5 cores"),
        (-250, "-250m"),
    ],
)
def test_cores_read_well(amount: int, text: str) -> None:
    assert show_cores(amount) == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1 KiB"),
        (1536, "1.5 KiB"),
        (2**20 - 1, "1 MiB"),
        (512 * 2**20, "512 MiB"),
        (3435973837, "3.2 GiB"),
        (2**40, "1 TiB"),
        (2**60, "1 EiB"),
        (5000 * 2**60, "5000 EiB"),
        (-1536, "-1.5 KiB"),
    ],
)
def test_bytes_read_well(amount: int, text: str) -> None:
    assert show_bytes(amount) == text


@pytest.mark.parametrize(
    ("resource", "amount", "text"),
    [
        ("cpu", 250, "250m"),
        ("limits.cpu", 2000, "2 cores"),
        ("memory", 1024, "1 KiB"),
        ("requests.storage", 2**30, "1 GiB"),
        ("hugepages-2Mi", 2**21, "2 MiB"),
        ("pods", 110, "110"),
        ("requests.nvidia.com/gpu", 4, "4"),
    ],
)
def test_an_amount_reads_by_its_resource(resource: str, amount: int, text: str) -> None:
    assert show(resource, amount) == text


def client_parser() -> Callable[[str], Decimal]:
    """Load the Kubernetes client's own parser from its file, without its 500 models."""
    found = importlib.util.find_spec("kubernetes")
    assert found is not None
    assert found.origin is not None
    path = Path(found.origin).parent / "utils" / "quantity.py"
    spec = importlib.util.spec_from_file_location("client_quantity", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return cast("Callable[[str], Decimal]", module.parse_quantity)


PARSE = client_parser()
numbers = st.decimals(0, 10**12, allow_nan=False, allow_infinity=False, places=3).map(str)


@given(numbers, st.sampled_from(SUFFIXES))
def test_the_kubernetes_client_reads_the_same(number: str, suffix: str) -> None:
    text = number + suffix
    with localcontext(prec=80):
        theirs = PARSE(text)
        assert -1 < (theirs - decimal_of(text)) * 10**9 <= 0  # ours rounds up below one nano


@given(numbers, st.sampled_from(SUFFIXES))
def test_rounding_up_adds_less_than_one_unit(number: str, suffix: str) -> None:
    value = nanos(number + suffix)
    assert 0 <= millicores(number + suffix) * 10**6 - value < 10**6
    assert 0 <= bytes_of(number + suffix) * 10**9 - value < 10**9


@given(st.text(max_size=8))
def test_any_text_is_a_quantity_or_an_invalid_one(text: str) -> None:
    try:
        value = nanos(text)
    except InvalidQuantity:
        return
    assert nanos(str(decimal_of(text))) == value


@given(st.lists(st.integers(0, 10**15)))
def test_a_sum_of_parts_is_the_whole(parts: list[int]) -> None:
    assert sum(nanos(f"{part}n") for part in parts) == nanos(f"{sum(parts)}n")


@given(st.integers(-(2**63), 2**63))
def test_shown_bytes_are_within_half_a_tenth_of_their_unit(amount: int) -> None:
    number, name = show_bytes(amount).split()
    unit = 1024 ** ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"].index(name)
    assert abs(Decimal(number) * unit - amount) * 20 <= unit
