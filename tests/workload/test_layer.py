"""Layers: what they count and what they refuse."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest

from bohwsw.checks import LARGEST_PRODUCT
from bohwsw.errors import SpecError
from bohwsw.workload import (
    BITS,
    DATA_SPACES,
    DIMENSIONS,
    Layer,
    tile_words,
    unknown_dimension,
)
from bohwsw.workload.layer import STEPS


def test_macs_are_the_product_of_all_eight_dimensions() -> None:
    layer = Layer("conv", N=2, K=3, C=5, P=7, Q=11, R=13, S=17, G=19, stride_w=4, dilation_h=3)
    assert layer.macs == 2 * 3 * 5 * 7 * 11 * 13 * 17 * 19
    assert tuple(layer.sizes) == DIMENSIONS
    assert layer.sizes == {"N": 2, "K": 3, "C": 5, "P": 7, "Q": 11, "R": 13, "S": 17, "G": 19}


def test_the_shape_is_all_but_the_name() -> None:
    first = Layer("first", K=4, C=3, stride_w=2)
    assert first.shape == Layer("second", K=4, C=3, stride_w=2).shape
    assert first.shape != Layer("first", K=4, C=3, stride_h=2).shape
    assert first.shape != Layer("first", K=3, C=4, stride_w=2).shape


@pytest.mark.parametrize("key", [*DIMENSIONS, "stride_w", "stride_h", "dilation_w", "dilation_h"])
@pytest.mark.parametrize("value", [0, -1, 1.0, "3", True, None, float("nan")])
def test_sizes_are_whole_numbers_of_at_least_one(key: str, value: Any) -> None:
    with pytest.raises(SpecError) as caught:
        Layer("bad", **{key: value})
    assert caught.value.key_path == key


@pytest.mark.parametrize("kind", [np.int64, np.int32, np.uint16])
def test_sizes_of_numpy_become_plain(kind: Any) -> None:
    layer = Layer("numpy", K=kind(3), stride_w=kind(2))
    assert layer == Layer("numpy", K=3, stride_w=2)
    assert {type(size) for size in layer.shape} == {int}


@pytest.mark.parametrize(
    ("key", "value", "limit"),
    [
        ("K", 2**31 + 1, 2**31),
        ("G", 2**70, 2**31),
        ("stride_w", 2**16 + 1, 2**16),
        pytest.param("N", 10**5000, 2**31, id="5001 digits"),
    ],
)
def test_sizes_have_limits_that_the_error_says(key: str, value: int, limit: int) -> None:
    with pytest.raises(SpecError) as caught:
        Layer("large", **{key: value})
    assert caught.value.key_path == key
    assert str(limit) in str(caught.value)


@pytest.mark.parametrize(
    ("sizes", "fits"),
    [
        ({"K": 2**30, "C": 2**30}, True),
        ({"K": 2**31, "C": 2**30}, False),
        ({"P": 2**20, "Q": 2**20, "stride_w": 2**10, "stride_h": 2**10}, True),
        ({"P": 2**20, "Q": 2**20, "stride_w": 2**11, "stride_h": 2**10}, False),
        ({"R": 2**20, "S": 2**20, "dilation_w": 2**11, "dilation_h": 2**10}, False),
        # A step that is never taken moves nothing.
        ({"K": 2**30, "C": 2**30, "stride_w": 2**16, "dilation_h": 2**16}, True),
    ],
)
def test_products_fit_64_bits_strided_boxes_included(sizes: dict[str, int], fits: bool) -> None:
    layer = Layer("large", **sizes)
    if fits:
        layer.require_countable()
        assert layer.most_words <= LARGEST_PRODUCT
        return
    with pytest.raises(SpecError, match="'large' is more work") as caught:
        layer.require_countable()
    assert str(LARGEST_PRODUCT) in str(caught.value.expected)


def test_no_mapping_moves_more_words_than_a_layer_says() -> None:
    """Every word of a tile that a step may bring in: all tiles of the innermost loops at most."""
    rng = np.random.default_rng(0)
    for _ in range(300):
        sizes = dict(zip("PQRS", rng.integers(1, 5, 4).tolist(), strict=True))
        steps = dict(zip(STEPS, rng.integers(1, 6, 4).tolist(), strict=True))
        layer = Layer("small", **sizes, **steps)
        for tile in itertools.product(*(range(1, size + 1) for size in sizes.values())):
            extents = dict.fromkeys(DIMENSIONS, 1) | dict(zip("PQRS", tile, strict=True))
            if all(size % extent == 0 for size, extent in zip(sizes.values(), tile, strict=True)):
                fetches = layer.macs // math.prod(tile)
                assert fetches * tile_words(layer, "Inputs", extents) <= layer.most_words


@pytest.mark.parametrize("name", ["T", "t", "D", "depth"])
def test_3d_convolution_is_refused_by_name(name: str) -> None:
    error = unknown_dimension(name)
    assert "3D convolution is out of scope" in error.problem
    assert "one of N, K, C" in str(error)
    assert "unknown dimension" in str(unknown_dimension("X"))


def test_bits_are_part_of_the_shape_only_where_they_are_given() -> None:
    plain = Layer("plain", K=4, stride_h=2)
    assert plain.shape == (1, 4, 1, 1, 1, 1, 1, 1, 1, 2, 1, 1)
    assert plain.bits == dict.fromkeys(DATA_SPACES)
    narrow = Layer("narrow", K=4, stride_h=2, weights_bits=4, outputs_bits=np.int64(32))
    assert narrow.shape == (*plain.shape, 4, 0, 32)
    assert narrow.bits == {"Weights": 4, "Inputs": None, "Outputs": 32}
    assert narrow != Layer("narrow", K=4, stride_h=2)


@pytest.mark.parametrize("key", BITS)
@pytest.mark.parametrize("value", [0, -8, 65, 8.0, "8", True])
def test_bits_are_whole_numbers_from_1_to_64(key: str, value: Any) -> None:
    with pytest.raises(SpecError, match="bits of layer 'bad' are not valid") as caught:
        Layer("bad", **{key: value})
    assert caught.value.key_path == key
    assert caught.value.expected == "a whole number from 1 to 64"


def test_sequential_steps_are_part_of_the_shape_only_where_there_are_some() -> None:
    plain, waits = Layer("a", C=4, P=5), Layer("b", C=4, P=5, sequential="P")
    assert (plain.steps, waits.steps) == (1, 5)
    assert waits.shape not in (plain.shape, Layer("c", C=4, P=5, sequential="Q").shape)
    assert Layer("d", C=4, sequential="P").shape == Layer("e", C=4).shape


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"P": 4, "sequential": "K"}, "unknown sequential dimension"),
        ({"P": 4, "R": 3, "sequential": "P"}, "windows slide along the sequential dimension"),
        ({"Q": 4, "S": 3, "sequential": "Q"}, "windows slide along the sequential dimension"),
    ],
)
def test_what_cannot_be_sequential(fields: dict[str, Any], problem: str) -> None:
    with pytest.raises(SpecError, match=problem) as caught:
        Layer("bad", **fields)
    assert caught.value.key_path == "sequential"
