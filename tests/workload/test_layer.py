"""Layers: what they count and what they refuse."""

from __future__ import annotations

from typing import Any

import pytest

from bohwsw.errors import SpecError
from bohwsw.workload import DIMENSIONS, Layer, layer_from_sizes


def test_macs_are_the_product_of_all_eight_dimensions() -> None:
    layer = Layer("conv", N=2, K=3, C=5, P=7, Q=11, R=13, S=17, G=19, stride_w=4, dilation_h=3)
    assert layer.macs == 2 * 3 * 5 * 7 * 11 * 13 * 17 * 19
    assert tuple(layer.sizes) == DIMENSIONS
    assert layer.sizes == {"N": 2, "K": 3, "C": 5, "P": 7, "Q": 11, "R": 13, "S": 17, "G": 19}


def test_the_shape_is_all_but_the_name() -> None:
    first = layer_from_sizes("first", {"K": 4, "C": 3}, stride_w=2)
    assert first.shape == layer_from_sizes("second", {"C": 3, "K": 4}, stride_w=2).shape
    assert first.shape != layer_from_sizes("first", {"K": 4, "C": 3}, stride_h=2).shape
    assert first.shape != layer_from_sizes("first", {"K": 3, "C": 4}, stride_w=2).shape


@pytest.mark.parametrize("key", [*DIMENSIONS, "stride_w", "stride_h", "dilation_w", "dilation_h"])
@pytest.mark.parametrize("value", [0, -1, 1.0, "3", True, None, float("nan")])
def test_sizes_are_whole_numbers_of_at_least_one(key: str, value: Any) -> None:
    with pytest.raises(SpecError) as caught:
        Layer("bad", **{key: value})
    assert caught.value.key_path == key
