"""The values a technology takes and gives check themselves."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from bohwsw.checks import LARGEST_COUNT
from bohwsw.errors import SpecError
from bohwsw.tech.technology import ArrayFigures, MacCost, StorageCost, StorageShape


def test_a_shape_describes_its_physical_array() -> None:
    shape = StorageShape("sram", 1000, 16, block_size=3, cluster_size=2)
    assert shape.width_bits == 96
    assert shape.rows == 334  # 333 full vectors and one word


def test_numpy_sizes_become_plain_integers() -> None:
    shape = StorageShape("sram", np.int32(2**20), np.int16(16))  # type: ignore[arg-type]
    assert type(shape.entries) is int
    assert shape.rows * shape.width_bits == 2**24


@pytest.mark.parametrize("name", ["entries", "word_bits", "block_size", "cluster_size"])
@pytest.mark.parametrize(
    "value", [0, -1, math.nan, math.inf, 2.5, 16.0, True, "16", [16], LARGEST_COUNT + 1]
)
def test_a_size_that_is_no_positive_whole_number_is_refused(name: str, value: object) -> None:
    sizes: dict[str, object] = {"entries": 64, "word_bits": 16, name: value}
    with pytest.raises(SpecError) as caught:
        StorageShape("sram", **sizes)  # type: ignore[arg-type]
    assert caught.value.key_path == name
    assert caught.value.got is value


def test_only_dram_may_be_unlimited() -> None:
    assert StorageShape("dram", None, 16).entries is None
    for kind in ("sram", "regfile"):
        with pytest.raises(SpecError, match="entries"):
            StorageShape(kind, None, 16)
    with pytest.raises(SpecError, match="unlimited"):
        _ = StorageShape("dram", None, 16).rows


def test_dram_shares_no_array() -> None:
    with pytest.raises(SpecError, match="cluster_size"):
        StorageShape("dram", None, 16, cluster_size=2)


def test_an_unknown_kind_names_the_nearest() -> None:
    with pytest.raises(SpecError) as caught:
        StorageShape("sramm", 64, 16)  # type: ignore[arg-type]
    assert caught.value.nearest == "sram"


@pytest.mark.parametrize("value", [-1.0, math.nan, math.inf, None, "1", True])
def test_an_unusable_energy_is_refused(value: object) -> None:
    with pytest.raises(SpecError, match="read_pj"):
        StorageCost(value, 1.0, 1.0, None)  # type: ignore[arg-type]
    with pytest.raises(SpecError, match="energy_pj"):
        MacCost(value, None)  # type: ignore[arg-type]


def test_an_area_may_be_unknown_but_not_nan() -> None:
    assert StorageCost(1.0, 1.0, 1.0, None).area_mm2 is None
    with pytest.raises(SpecError, match="area_mm2"):
        StorageCost(1.0, 1.0, 1.0, math.nan)
    with pytest.raises(SpecError, match="area_mm2"):
        MacCost(1.0, -0.1)


ARRAY = ArrayFigures(read_pj=4.0, write_pj=6.0, area_mm2=0.5)


def test_shares_of_arrays() -> None:
    assert ARRAY.shared_by(1) == StorageCost(4.0, 6.0, 6.0, 0.5)
    assert ARRAY.shared_by(2) == StorageCost(2.0, 3.0, 3.0, 0.25)


def test_an_array_no_dearer_is_so_in_every_figure() -> None:
    assert ARRAY.no_dearer_than(ARRAY)
    for name in ("read_pj", "write_pj", "area_mm2"):
        dearer = replace(ARRAY, **{name: 7.0})
        assert ARRAY.no_dearer_than(dearer)
        assert not dearer.no_dearer_than(ARRAY)
