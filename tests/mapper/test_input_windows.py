"""Inputs along one axis: never less comes than is said, in any order of loops, by execution."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from executor import execute

from bohwsw.mapper.skeletons import input_axes, least_inputs
from bohwsw.mapping.nest import LevelNest, Mapping
from bohwsw.workload import Layer

DRAM, MIDDLE, BESIDE, TILE = range(4)
Split = tuple[int, int, int, int]


def split(size: int) -> Iterator[Split]:
    """A dimension's loops: outermost, in the middle, side by side, the tile; each rounded up."""
    for tile in range(1, size + 1):
        tiles = -(-size // tile)
        for beside in range(1, min(tiles, 2) + 1):
            rounds = -(-tiles // beside)
            for middle in range(1, rounds + 1):
                yield -(-rounds // middle), middle, beside, tile


def nests(outs: Split, taps: Split, kernels: Split) -> Iterator[Mapping]:
    """All orders of the loops around a tile; the level in the middle keeps nothing."""
    tile = tuple((d, s[TILE]) for d, s in (("P", outs), ("R", taps), ("K", kernels)))
    beside = (("P", outs[BESIDE]), ("R", taps[BESIDE]))
    orders = [
        list(itertools.permutations([(d, s[at]) for d, s in loops if s[at] > 1]))
        for at, loops in (
            (at, zip("PRK", (outs, taps, kernels), strict=True)) for at in (DRAM, MIDDLE)
        )
    ]
    for outer, middle in itertools.product(*orders):
        bypass = LevelNest(middle, beside, keep=frozenset())
        yield Mapping((LevelNest(outer), bypass, LevelNest(tile)))


def least_come(layer: Layer) -> dict[tuple[Any, ...], int]:
    """The fewest Inputs read, by tiles side by side, tile and what the innermost loop is over."""
    least: dict[tuple[Any, ...], int] = defaultdict(lambda: 10**9)
    kernels = [(1, 1, 1, 2), (2, 1, 1, 1), (1, 2, 1, 1)]
    for outs, taps, k in itertools.product(split(layer.P), split(layer.R), kernels):
        for mapping in nests(outs, taps, k):
            loops = [*mapping.levels[0].temporal, *mapping.levels[1].temporal]
            way = "PKR".index(loops[-1][0]) if loops else 3
            accesses = execute(layer, mapping, "advance").accesses[0, "Inputs"]
            key = (outs[BESIDE], taps[BESIDE]), way, outs[TILE] - 1, taps[TILE] - 1
            least[key] = min(least[key], sum(reads for reads, _, _ in accesses.values()))
    return least


@pytest.mark.parametrize(
    ("outputs", "taps", "stride", "dilation"),
    [(4, 3, 1, 1), (4, 3, 2, 1), (3, 4, 3, 2)],
)
def test_never_less_comes(outputs: int, taps: int, stride: int, dilation: int) -> None:
    layer = Layer("axis", P=outputs, R=taps, K=2, stride_w=stride, dilation_w=dilation)
    axis, _ = input_axes(layer)
    least = least_come(layer)
    said = {key: axis.delivered(key[0])[key[1:]] for key in least}
    assert len(said) > 50
    assert all(said[key] <= found for key, found in least.items())
    assert any(said[key] == found for key, found in least.items())
    assert least_inputs(layer) <= min(least.values())


def test_what_never_came_is_taken_as_held() -> None:
    """So the least is less than all there is, and is what the rules count."""
    layer = Layer("axis", P=8, R=3, K=1)
    axis, _ = input_axes(layer)
    slid = Mapping((LevelNest((("P", 2), ("R", 2))), LevelNest((("P", 4), ("R", 2)))))
    ((reads, _, _),) = execute(layer, slid, "advance").accesses[0, "Inputs"].values()
    assert axis.elements == 10
    assert reads == axis.delivered()[2, 3, 1] == 9
    assert least_inputs(layer) == 8  # some order may do with less


def test_tiles_no_wider_than_what_fits_are_the_best_of_them() -> None:
    axis, _ = input_axes(Layer("axis", P=7, R=3, stride_w=2))
    by_width = axis.by_width((1, 1), 30)
    assert np.all(np.diff(by_width) <= 0)
    assert by_width[1, -1] == axis.elements
