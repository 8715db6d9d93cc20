"""Machines: what they refuse, what they make of NumPy's numbers."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest

from bohwsw.arch import MacArray, StorageLevel
from bohwsw.errors import SpecError

SIZES = ("entries", "word_bits", "block_size", "cluster_size", "mesh_x", "mesh_y")
PORTS = ("read_words_per_cycle", "write_words_per_cycle")

HUGE = pytest.param(10**5000, id="5001 digits")


@pytest.mark.parametrize("key", SIZES)
@pytest.mark.parametrize(
    "value",
    [
        0,
        -1,
        1.0,
        np.float64(4),
        True,
        "3",
        2**40 + 1,
        2**70,
        pytest.param(10**5000, id="5001 digits"),
    ],
)
def test_sizes_of_a_level_have_limits(key: str, value: Any) -> None:
    with pytest.raises(SpecError, match="'L'") as caught:
        StorageLevel("L", **{key: value})
    assert caught.value.key_path == key
    assert "a whole number from 1 to" in str(caught.value.expected)


def test_numbers_of_numpy_become_plain() -> None:
    level = StorageLevel(
        "L",
        **{key: np.int32(4) for key in SIZES},
        **{key: np.float32(0.5) for key in PORTS},
    )
    assert {type(getattr(level, key)) for key in SIZES} == {int}
    assert {type(getattr(level, key)) for key in PORTS} == {float}
    assert level.instances == 16
    assert type(MacArray(np.int64(8), np.int64(2), 1).mesh_x) is int


@pytest.mark.parametrize("mesh", [(2**31, 2), (2**16, 2**16), (2**31 + 1, 1)])
def test_instances_are_counted_over_both_axes(mesh: tuple[int, int]) -> None:
    for make in (MacArray, partial(StorageLevel, "L")):
        with pytest.raises(SpecError) as caught:
            make(mesh_x=mesh[0], mesh_y=mesh[1])
        assert str(2**31) in str(caught.value.expected)


@pytest.mark.parametrize("key", PORTS)
@pytest.mark.parametrize(
    "value", [0, -1, 1e-300, 1e300, float("nan"), float("inf"), "1", True, 10**400]
)
def test_bandwidths_have_limits(key: str, value: Any) -> None:
    with pytest.raises(SpecError, match="bandwidth of level 'L'") as caught:
        StorageLevel("L", **{key: value})
    assert caught.value.key_path == key
    assert "1e-06" in str(caught.value.expected)
