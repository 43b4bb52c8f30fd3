"""Quantities, against Kubernetes' definition: a decimal number times a power of ten or of two."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kai_pipelines.errors import ManifestError
from kai_pipelines.manifest.quantity import parse_quantity

DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}

numbers = st.decimals(min_value=0, max_value=10**6, places=3, allow_nan=False, allow_infinity=False)


@given(numbers, st.sampled_from(sorted(DECIMAL)))
def test_a_decimal_suffix_is_a_power_of_ten(number: Decimal, suffix: str) -> None:
    assert parse_quantity(f"{number:f}{suffix}") == number.scaleb(DECIMAL[suffix])


@given(numbers, st.sampled_from(sorted(BINARY)))
def test_a_binary_suffix_is_a_power_of_two(number: Decimal, suffix: str) -> None:
    assert parse_quantity(f"{number:f}{suffix}") == number * 2 ** BINARY[suffix]


@given(st.integers(0, 999), st.integers(-9, 9), st.sampled_from("eE"))
def test_an_exponent_is_a_power_of_ten(number: int, exponent: int, letter: str) -> None:
    assert parse_quantity(f"{number}{letter}{exponent}") == Decimal(number).scaleb(exponent)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("500m", Decimal("0.5")),
        ("4Gi", 4 * 2**30),
        (2, 2),
        (0.5, Decimal("0.5")),
        ("1E", 10**18),
        (".5", Decimal("0.5")),
    ],
)
def test_examples_of_the_documentation(text: str | float, number: Decimal | int) -> None:
    assert parse_quantity(text) == number


@pytest.mark.parametrize("text", ["", "lots", "4GiB", "4 Gi", "1e3Gi", "0x10", "1,5", "4gi", "4K", "--1", "٣"])
def test_what_is_no_quantity_is_refused_with_examples(text: str) -> None:
    with pytest.raises(ManifestError, match="is not a Kubernetes quantity") as caught:
        parse_quantity(text)

    assert "512Mi" in (caught.value.hint or "")
