"""Kubernetes quantities, exact: parsed once, summed as integers, shown to people.

A quantity is held as an integer of billionths ("nanos"), the finest step Kubernetes keeps, so sums
and comparisons never round. `kubernetes.utils.quantity` has the same rules, but importing it loads
every model of the client (0.7 s of CPU), and it accepts "NaN", "1_000" and "1K", which the API
server refuses.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache
from typing import TypeAlias

Quantity: TypeAlias = str | int | float | Decimal
"""What stands in a manifest: mostly text; a number where a person wrote `cpu: 1` or `cpu: 0.5`."""

NANOS = 10**9
_MILLI = 10**6
_MAX_TEXT = 100

_FORM = re.compile(
    r"([+-]?)([0-9]*)(?:\.([0-9]*))?(n|u|m|k|[KMGTPE]i|[MGTPE]|[eE][+-]?[0-9]{1,2})?", re.ASCII
)
_DECIMAL = {"n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}

_CPU = frozenset({"cpu", "requests.cpu", "limits.cpu"})
_BYTES = frozenset({"memory", "storage", "ephemeral-storage"})


class InvalidQuantity(ValueError):
    """A text that is no Kubernetes quantity; `text` is what stood there, cut at 100 characters."""

    def __init__(self, text: str) -> None:
        self.text = text[:_MAX_TEXT]
        super().__init__(
            f"{self.text!r} is no Kubernetes quantity: write a decimal number with at most one "
            "suffix (n u m k M G T P E, Ki Mi Gi Ti Pi Ei, or an exponent such as e3)"
        )


def nanos(q: Quantity) -> int:
    """Return the quantity in billionths, finer fractions rounded away from zero.

    Args:
        q: The quantity; at most 100 characters, an exponent of at most two digits.

    Returns:
        An exact integer without Kubernetes' cap at 2^63-1.

    Raises:
        InvalidQuantity: `q` is not of the form that the API server accepts.

    Source: apimachinery pkg/api/resource/quantity.go (ParseQuantity), suffix.go.
    """
    return parse_nanos(q if isinstance(q, str) else str(q))


@lru_cache(maxsize=16384)
def parse_nanos(text: str) -> int:
    """Return `nanos` of a text: cached, for loops over every container of a cluster.

    Raises:
        InvalidQuantity: `text` is not of the form that the API server accepts.
    """
    form = _FORM.fullmatch(text) if len(text) <= _MAX_TEXT else None
    if form is None:
        raise InvalidQuantity(text)
    sign, whole, fraction, suffix = form.groups(default="")
    digits = whole + fraction
    if not digits:
        raise InvalidQuantity(text)
    binary = _BINARY.get(suffix, 0)
    decimal = 0 if binary or not suffix else _DECIMAL.get(suffix)
    if decimal is None:
        decimal = int(suffix[1:])
    value = _scale(int(digits) << binary, decimal - len(fraction) + 9)
    return -value if sign == "-" else value


def millicores(q: Quantity) -> int:
    """Return a CPU quantity in thousandths of a core, rounded up.

    Raises:
        InvalidQuantity: `q` is not of the form that the API server accepts.

    Source: apimachinery pkg/api/resource/quantity.go (MilliValue).
    """
    return _round_up(nanos(q), _MILLI)


def bytes_of(q: Quantity) -> int:
    """Return a memory or storage quantity in bytes, rounded up.

    Raises:
        InvalidQuantity: `q` is not of the form that the API server accepts.

    Source: apimachinery pkg/api/resource/quantity.go (Value).
    """
    return _round_up(nanos(q), NANOS)


def units(q: Quantity) -> int:
    """Return a count (pods, GPUs, objects) in units, rounded up.

    Raises:
        InvalidQuantity: `q` is not of the form that the API server accepts.

    Source: apimachinery pkg/api/resource/quantity.go (Value).
    """
    return _round_up(nanos(q), NANOS)


def decimal_of(q: Quantity) -> Decimal:
    """Return the quantity as an exact decimal in its own unit (cores, bytes, units).

    Raises:
        InvalidQuantity: `q` is not of the form that the API server accepts.
    """
    value = nanos(q)
    whole, rest = divmod(abs(value), NANOS)
    text = f"{whole}.{rest:09}".rstrip("0").rstrip(".")
    return Decimal(f"-{text}" if value < 0 else text)


def base_units(resource: str, value_nanos: int) -> int:
    """Return billionths in the base unit of their resource, rounded up.

    Args:
        resource: A resource name, plain ("cpu") or of a quota ("requests.cpu").
        value_nanos: What `nanos` gave, or a sum of it.

    Returns:
        Millicores for CPU, bytes for memory and storage, units for the rest.
    """
    return _round_up(value_nanos, _MILLI if resource in _CPU else NANOS)


def show(resource: str, amount: int) -> str:
    """Return an amount in base units as people write it: "1.5 cores", "3.2 GiB", "110".

    Args:
        resource: A resource name, plain ("cpu") or of a quota ("requests.cpu").
        amount: Millicores for CPU, bytes for memory and storage, units for the rest.
    """
    if resource in _CPU:
        return show_cores(amount)
    plain = resource.removeprefix("requests.").removeprefix("limits.")
    if plain in _BYTES or plain.startswith("hugepages-"):
        return show_bytes(amount)
    return str(amount)


def show_cores(millicores: int) -> str:
    """Return millicores as people write them: "250m", "1 core", "1.5 cores" (half up)."""
    if 0 < abs(millicores) < 1000:
        return f"{millicores}m"
    text = _tenths(millicores, 1000)
    return f"{text} core" if text == "1" else f"{text} cores"


def show_bytes(size_bytes: int) -> str:
    """Return bytes as people write them, in powers of 1024: "512 MiB", "3.2 GiB" (half up)."""
    unit, names = 1, ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")
    for name in names:
        # 1023.95 of a unit would be shown as 1024.0 of it: take the next.
        if abs(size_bytes) * 20 < unit * 20479 or name == names[-1]:
            break
        unit *= 1024
    return f"{_tenths(size_bytes, unit)} {name}"


def _tenths(value: int, unit: int) -> str:
    """Return value / unit with at most one decimal, halves away from zero."""
    tenths = (abs(value) * 20 + unit) // (unit * 2)
    whole, rest = divmod(tenths, 10)
    sign = "-" if value < 0 and tenths else ""
    return f"{sign}{whole}.{rest}" if rest else f"{sign}{whole}"


def _scale(value: int, exponent: int) -> int:
    """Return value * 10^exponent, rounded up; `value` is not negative."""
    if exponent >= 0:
        return value * int(10**exponent)
    return _round_up(value, int(10**-exponent))


def _round_up(value: int, divisor: int) -> int:
    """Return value / divisor rounded away from zero, as Kubernetes rounds its int64 amounts."""
    return -(-value // divisor) if value >= 0 else value // divisor
