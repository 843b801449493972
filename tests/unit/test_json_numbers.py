"""Numbers of JSON: which of them mean the same to everybody, and how JavaScript writes them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.platform.json_numbers import ecmascript, holds, unheld

WRITTEN: list[tuple[float, str]] = [
    (12, "12"),
    (-3, "-3"),
    (12.0, "12"),
    (0.0, "0"),
    (-0.0, "0"),
    (1.5, "1.5"),
    (-0.1, "-0.1"),
    (123.456, "123.456"),
    (2**53, "9007199254740992"),
    (2**53 + 1, "9007199254740992"),
    (-(2**63), "-9223372036854776000"),
    (1e15, "1000000000000000"),
    (1e16, "10000000000000000"),
    (1e20, "100000000000000000000"),
    (123456789012345680000, "123456789012345680000"),
    (1e21, "1e+21"),
    (10**21, "1e+21"),
    (-1.25e21, "-1.25e+21"),
    (1.7976931348623157e308, "1.7976931348623157e+308"),
    (1e-6, "0.000001"),
    (1.5e-6, "0.0000015"),
    (1e-7, "1e-7"),
    (-1.5e-7, "-1.5e-7"),
    (5e-324, "5e-324"),
]
"""As node writes them."""


@pytest.mark.parametrize(("number", "text"), WRITTEN)
def test_a_number_is_written_as_javascript_does(number: float, text: str) -> None:
    assert ecmascript(number) == text


@given(
    st.one_of(st.floats(allow_nan=False, allow_infinity=False), st.integers(-(10**300), 10**300))
)
def test_what_is_written_is_the_same_double(number: float) -> None:
    text = ecmascript(number)
    assert float(text) == float(number)
    assert ecmascript(float(text)) == text


@pytest.mark.parametrize("number", [10**400, -(10**400), math.inf, -math.inf, math.nan])
def test_what_no_double_holds_is_found_wherever_it_is(number: float) -> None:
    assert not holds(number)
    assert list(unheld({"a": [1, {"b/c~d": number}], "e": number})) == ["/a/1/b~1c~0d", "/e"]


def test_texts_switches_and_usual_numbers_are_fine() -> None:
    assert holds(10**308)
    assert list(unheld({"a": [1, 2.5, True, None, "1e999"], "b": {}})) == []
