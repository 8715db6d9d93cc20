"""Projections of tiles onto tensors, against boxes worked out by hand and by brute force."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bohwsw.workload import (
    DATA_SPACES,
    DIMENSIONS,
    RELEVANT_DIMENSIONS,
    Layer,
    box_widths,
    tensor_words,
    tile_words,
)

CONV = Layer("conv", N=2, K=8, C=4, P=10, Q=6, R=3, S=5, stride_w=2, stride_h=3, dilation_h=2)
DEPTHWISE = Layer("depthwise", G=16, P=8, Q=8, R=3, S=3)
GROUPED = Layer("grouped", G=2, K=128, C=48, P=27, Q=27, R=5, S=5)
HEADS = Layer("heads", G=12, P=128, C=64, K=32)


def tile(**extents: int) -> dict[str, int]:
    return {dim: extents.get(dim, 1) for dim in DIMENSIONS}


@pytest.mark.parametrize(
    ("layer", "data_space", "extents", "widths"),
    [
        (CONV, "Weights", tile(K=8, C=4, R=3, S=5, P=10), (1, 8, 4, 3, 5)),
        (CONV, "Outputs", tile(N=2, K=3, P=10, Q=6, R=3), (2, 1, 3, 6, 10)),
        # w: 1 + 2 (p - 1) + (r - 1); h: 1 + 3 (q - 1) + 2 (s - 1)
        (CONV, "Inputs", tile(), (1, 1, 1, 1, 1)),
        (CONV, "Inputs", tile(P=4), (1, 1, 1, 7, 1)),
        (CONV, "Inputs", tile(P=4, R=3), (1, 1, 1, 9, 1)),
        (CONV, "Inputs", tile(S=5), (1, 1, 1, 1, 9)),
        (CONV, "Inputs", tile(N=2, C=4, P=10, R=3, Q=6, S=5), (2, 1, 4, 21, 24)),
        (DEPTHWISE, "Inputs", tile(G=16, P=8, Q=8, R=3, S=3), (1, 16, 1, 10, 10)),
        (DEPTHWISE, "Outputs", tile(G=4, P=8, Q=8), (1, 4, 1, 8, 8)),
    ],
)
def test_widths_worked_out_by_hand(
    layer: Layer, data_space: str, extents: dict[str, int], widths: tuple[int, ...]
) -> None:
    assert box_widths(layer, data_space, extents) == widths


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        (CONV, (8 * 4 * 3 * 5, 2 * 4 * 21 * 24, 2 * 8 * 10 * 6)),
        (DEPTHWISE, (16 * 9, 16 * 10 * 10, 16 * 8 * 8)),
        # 256 output channels over 96 input channels in two groups, 31 x 31 with its padding
        (GROUPED, (256 * 48 * 25, 96 * 31 * 31, 256 * 27 * 27)),
        (HEADS, (12 * 64 * 32, 12 * 128 * 64, 12 * 128 * 32)),
    ],
)
def test_words_of_whole_tensors(layer: Layer, words: tuple[int, int, int]) -> None:
    assert tuple(tensor_words(layer, data_space) for data_space in DATA_SPACES) == words


def touched(layer: Layer, data_space: str, extents: dict[str, int]) -> set[tuple[int, ...]]:
    """Indices that the loops of a tile touch, by walking them."""
    indices: set[tuple[int, ...]] = set()
    for n, k, c, p, q, r, s, g in itertools.product(*[range(extents[dim]) for dim in DIMENSIONS]):
        w = p * layer.stride_w + r * layer.dilation_w
        h = q * layer.stride_h + s * layer.dilation_h
        index = {"Weights": (g, k, c, r, s), "Inputs": (n, g, c, w, h), "Outputs": (n, g, k, q, p)}
        indices.add(index[data_space])
    return indices


@given(
    extents=st.tuples(*[st.integers(1, 3)] * 8),
    steps=st.tuples(*[st.integers(1, 3)] * 4),
    data_space=st.sampled_from(DATA_SPACES),
)
def test_boxes_hold_what_the_loops_touch(
    extents: tuple[int, ...], steps: tuple[int, ...], data_space: str
) -> None:
    sizes = dict(zip(DIMENSIONS, extents, strict=True))
    names = ("stride_w", "stride_h", "dilation_w", "dilation_h")
    layer = Layer("any", **sizes, **dict(zip(names, steps, strict=True)))
    indices = touched(layer, data_space, sizes)
    widths = tuple(max(axis) + 1 for axis in zip(*indices, strict=True))
    assert box_widths(layer, data_space, sizes) == widths
    assert tile_words(layer, data_space, sizes) >= len(indices)
    has_no_gaps = data_space != "Inputs" or steps == (1, 1, 1, 1)
    if has_no_gaps:
        assert tile_words(layer, data_space, sizes) == len(indices)


@given(extents=st.tuples(*[st.integers(1, 4)] * 8), data_space=st.sampled_from(DATA_SPACES))
def test_only_relevant_dimensions_move_a_tile(extents: tuple[int, ...], data_space: str) -> None:
    sizes = dict(zip(DIMENSIONS, extents, strict=True))
    words = tile_words(CONV, data_space, sizes)
    for dim in DIMENSIONS:
        grown = tile_words(CONV, data_space, {**sizes, dim: sizes[dim] + 1})
        assert (grown > words) == (dim in RELEVANT_DIMENSIONS[data_space])
