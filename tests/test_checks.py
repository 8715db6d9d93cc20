"""Numbers where they enter: NumPy's are numbers, booleans are not, the limits are said."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from bohwsw.checks import (
    MOST,
    finite_number,
    product_within,
    real_option,
    set_whole,
    whole_number,
    whole_option,
)
from bohwsw.errors import SpecError

HUGE = pytest.param(10**5000, id="5001 digits")


@pytest.mark.parametrize("kind", [int, np.int64, np.int32, np.uint8])
def test_whole_numbers_of_all_kinds_become_plain_ones(kind: Any) -> None:
    found = whole_number("K", kind(3))
    assert (found, type(found)) == (3, int)


@pytest.mark.parametrize(
    "value",
    [
        True,
        np.bool_(True),
        3.0,
        np.float64(3),
        "3",
        None,
        0,
        -1,
        2**63,
        2**70,
        pytest.param(10**5000, id="5001 digits"),
    ],
)
def test_what_is_no_whole_number_in_range(value: Any) -> None:
    with pytest.raises(SpecError) as caught:
        whole_number("K", value)
    assert caught.value.key_path == "K"
    assert f"a whole number from 1 to {MOST}" in str(caught.value)


@pytest.mark.parametrize("value", [0.5, np.float32(0.5), np.float64(0.5), Fraction(1, 2)])
def test_finite_numbers_become_plain_ones(value: Any) -> None:
    assert finite_number(value) == 0.5
    assert type(finite_number(value)) is float
    assert type(finite_number(np.int64(3))) is int


@pytest.mark.parametrize(
    "value",
    [True, np.bool_(False), float("nan"), float("inf"), np.float32("inf"), 10**400, "1", None],
)
def test_what_is_no_finite_number(value: Any) -> None:
    assert finite_number(value) is None


def test_a_product_beyond_the_limit_says_factors_and_limit() -> None:
    assert product_within("layer", "too much", K=2**30, C=2**30) == 2**60
    with pytest.raises(SpecError) as caught:
        product_within("layer", "too much", K=2**30, C=2**30, P=2, Q=1)
    assert (caught.value.key_path, caught.value.problem) == ("layer", "too much")
    assert str(caught.value.got).startswith("K 1073741824 * C 1073741824 * P 2 = 2.306e+18")
    assert str(2**60) in str(caught.value.expected)


def test_fields_of_a_frozen_dataclass_become_plain() -> None:
    @dataclass(frozen=True)
    class Sizes:
        a: int
        b: int

        def __post_init__(self) -> None:
            set_whole(self, ("a", "b"), 9, problem="not a size")

    assert type(Sizes(np.int64(3), 4).a) is int
    with pytest.raises(SpecError, match="not a size") as caught:
        Sizes(3, 10)
    assert caught.value.key_path == "b"


def test_options_are_numbers_in_an_interval() -> None:
    assert real_option("kept", 1, "(0, 1]") == 1
    assert real_option("rate", 0.5, "(0, inf)") == 0.5
    for value in (0.0, 1.5, math.nan, True, "0.5", None):
        with pytest.raises(SpecError, match="out of its range") as refused:
            real_option("kept", value, "(0, 1]")
        assert "kept" in str(refused.value)
    with pytest.raises(SpecError, match=r"a number in \[0, 1\)"):
        real_option("decay", 1.0, "[0, 1)")
    with pytest.raises(SpecError, match="whole number from 2"):
        whole_option("samples", "many", least=2)
