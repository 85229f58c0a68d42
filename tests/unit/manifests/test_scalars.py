"""What kubectl 1.36 reads, as `kubectl annotate --local -o json` printed it."""

from __future__ import annotations

import pytest

from kube.manifests.scalars import ScalarError, plain_value

KUBECTL: dict[str, object] = {
    **dict.fromkeys(
        ["y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "true", "True", "TRUE"], True
    ),
    **dict.fromkeys(["n", "N", "no", "No", "NO", "off", "Off", "OFF", "false", "False"], False),
    **dict.fromkeys(["", "~", "null", "Null", "NULL"]),
    **{text: text for text in ("tRue", "nUll", "yEs", "oN", "-", "+", ".", "_", "=", "<<")},
    **{text: text for text in ("1:30", "190:20:30", "2026-01-01", "2026-01-01T00:00:00Z")},
    **{text: text for text in ("1e400", ".5e400", "_1", "1.2.3", "1,000", "0x", "0b", "0o", "0b2")},
    **{text: text for text in (".e1", "._5", "1e", "0x1p-2", "NaN", "Infinity", ".Nan", "10m")},
    "1e3": 1000,
    "1e+3": 1000,
    "12e03": 12000,
    "1.0": 1,
    "1.5": 1.5,
    "1.5e-3": 0.0015,
    ".5": 0.5,
    "+.5": 0.5,
    ".5_0": 0.5,
    "5.": 5,
    "1.e1": 10,
    "-0": 0,
    "+1": 1,
    "0777": 511,
    "0644": 420,
    "-010": -8,
    "0o17": 15,
    "0O7": 7,
    "0x1F": 31,
    "0X1f": 31,
    "-0x10": -16,
    "0x_1": 1,
    "0b11": 3,
    "-0b11": -3,
    "0b-1": -1,
    "08": 8,
    "09.5": 9.5,
    "0_7": 7,
    "1_000": 1000,
    "1_": 1,
    "0.1_5": 0.15,
    "1e20": 1e20,
    "1e21": 1e21,
    "9223372036854775807": 2**63 - 1,
    "-9223372036854775808": -(2**63),
}


@pytest.mark.parametrize(("text", "value"), KUBECTL.items())
def test_a_plain_scalar_means_what_it_means_to_kubectl(text: str, value: object) -> None:
    found = plain_value(text)
    assert (type(found), found) == (type(value), value)


@pytest.mark.parametrize(
    "text",
    [
        "9223372036854775808",
        "-9223372036854775809",
        "18446744073709551615",
        "0xFFFFFFFFFFFFFFFF",
        "9" * 100,
        "0" * 5000 + "7",
        ".nan",
        ".NaN",
        ".inf",
        "-.Inf",
        "+.INF",
    ],
)
def test_a_number_that_json_cannot_hold_is_refused_and_not_shown(text: str) -> None:
    with pytest.raises(ScalarError) as caught:
        plain_value(text)
    assert caught.value.reason == "number"
    assert text not in str(caught.value)
