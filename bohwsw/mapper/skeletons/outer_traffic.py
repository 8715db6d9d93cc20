"""What the outermost level delivers at least, jointly: not all can stay in the next one.

Its loops in time stand around tiles of everything inside. The innermost of them leaves one data
space in place at most; any other is delivered again in each iteration of the loops that do not
index it. ``docs/mapper.md`` has the proof, for factors that divide or not.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping
from functools import reduce

import numpy as np
import numpy.typing as npt

from bohwsw.arch import Architecture
from bohwsw.mapper.skeletons.input_windows import InputAxis, input_axes, least_inputs
from bohwsw.workload import DATA_SPACES, DIMENSION_INDEX, DIMENSIONS, RELEVANT_DIMENSIONS, Layer

MOST_TILES = 2_000_000
"""Tiles that are looked at; with more of them everything is taken to come once."""

NOWHERE, NEXT, FURTHER = range(3)
"""Where a data space is kept inside the outermost level: nowhere, at the next one, or not there."""

Floats = npt.NDArray[np.float64]
States = tuple[int, ...]
Prices = Mapping[str, tuple[float, float]]


def outer_costs(layer: Layer, machine: Architecture, prices: Prices) -> dict[States, float]:
    """The least cost (pJ) of what the outermost level delivers, of what is kept further inside.

    Args:
        prices: of each data space, what it costs at least to read and to update an element there.

    Returns:
        By where Weights, Inputs and Outputs are kept: ``NOWHERE``, ``NEXT`` or ``FURTHER`` each.
    """
    once = (
        _size(layer, "Weights") * prices["Weights"][0],
        least_inputs(layer) * prices["Inputs"][0],
        _size(layer, "Outputs") * prices["Outputs"][1],
    )
    every = itertools.product(range(3), repeat=3)
    costs = {s: sum(c for c, at in zip(once, s, strict=True) if at) for s in every}
    if machine.depth > 1 and math.prod(machine.fanout(0)) == 1:
        tiles = _Tiles.of(layer)
        if tiles is not None:
            for states in itertools.product((NEXT, FURTHER), repeat=3):
                costs[states] = tiles.least(machine, prices, states)
    return costs


class _Tiles:
    """Tiles inside the outermost level, in arrays with a dimension for each of the layer's.

    Of the tiles that need the same rounds along a dimension there is one, the smallest.
    """

    def __init__(self, layer: Layer, rounds: list[npt.NDArray[np.int64]]) -> None:
        self.layer = layer
        self.rounds = {d: _along(r, d) for d, r in zip(DIMENSIONS, rounds, strict=True)}
        extents = {d: -(-layer.sizes[d] // r) for d, r in self.rounds.items()}
        self.tile = {
            name: _product(extents[d] for d in RELEVANT_DIMENSIONS[name])
            for name in ("Weights", "Outputs")
        }
        self.again = {
            name: _product(self.rounds[d] for d in DIMENSIONS if d not in relevant)
            for name, relevant in RELEVANT_DIMENSIONS.items()
        }
        self.axes = [
            _AxisTables(axis, [rounds[DIMENSION_INDEX[d]] for d in dims], dims)
            for axis, dims in zip(input_axes(layer), ("PR", "QS"), strict=True)
        ]
        if layer.is_padded:  # nothing is said of true extents
            self.tile["Inputs"] = np.zeros(1)
        else:
            self.tile["Inputs"] = _product(extents[d] for d in "NGC") * _product(
                axis.tile for axis in self.axes
            )

    @classmethod
    def of(cls, layer: Layer) -> _Tiles | None:
        """None if there are too many."""
        rounds = [np.unique(-(-size // np.arange(1, size + 1))) for size in layer.sizes.values()]
        return cls(layer, rounds) if math.prod(map(len, rounds)) <= MOST_TILES else None

    def least(self, machine: Architecture, prices: Prices, states: States) -> float:
        """The least cost over all tiles, and over what the innermost loop leaves in place."""
        at = dict(zip(DATA_SPACES, states, strict=True))
        used = np.zeros(1)
        for name in at:
            if at[name] == NEXT:
                used = used + self.tile[name] * _bits(self.layer, machine, 1, name)
        fit = used <= _capacity(machine, 1)
        least = np.inf
        for stays in DATA_SPACES:
            cost = np.zeros(1)
            for name, state in at.items():
                times = self.again[name]
                if name == stays:
                    held = state == NEXT or self.tile[name] <= _spread(self.layer, machine, name)
                    times = np.where(held, 1.0, times)
                cost = cost + self._delivered(name, times, state, stays, prices)
            least = min(least, float(np.min(np.where(fit, cost, np.inf))))
        return least

    def _delivered(
        self, name: str, times: Floats, state: int, stays: str, prices: Prices
    ) -> Floats:
        """The cost of a data space that comes so many times."""
        read, update = prices[name]
        if name != "Inputs":
            words = _size(self.layer, name)
            return words * (times * read if name == "Weights" else times * (update + read) - read)
        if state == FURTHER or self.layer.is_padded:
            return least_inputs(self.layer) * read * times
        width, height = self.axes
        once = np.minimum(width.slid[stays] * height.whole, width.whole * height.slid[stays])
        return self.layer.N * self.layer.G * self.layer.C * read * times * once


class _AxisTables:
    """Of an axis of Inputs, by the rounds of outputs and taps: what comes, at least.

    Attributes:
        tile: elements of a tile.
        whole: elements that come where each tile does as a whole.
        slid: those that come where the innermost loop leaves a data space in place.
    """

    def __init__(self, axis: InputAxis, rounds: list[npt.NDArray[np.int64]], dims: str) -> None:
        rows, columns = (
            np.searchsorted(some, -(-size // np.arange(1, size + 1)))
            for some, size in zip(rounds, (axis.outputs, axis.taps), strict=True)
        )
        place = rows[:, None], columns[None, :]
        tables = np.full((5, *map(len, rounds)), np.inf)
        extents = np.arange(1, axis.outputs + 1)[:, None], np.arange(1, axis.taps + 1)[None, :]
        every = [*axis.delivered(), axis.elements_of(*extents)]
        for table, found in zip(tables, every, strict=True):
            np.minimum.at(table, place, found)
        *slid, self.whole, self.tile = (_along(table, dims) for table in tables)
        self.slid = dict(zip(DATA_SPACES, slid, strict=True))


def _along(table: npt.NDArray[np.generic], dims: str) -> Floats:
    """A table of some dimensions, in their order, among all."""
    shape = [1] * len(DIMENSIONS)
    order = sorted(range(len(dims)), key=lambda i: DIMENSION_INDEX[dims[i]])
    table = np.transpose(table, order)
    for size, i in zip(table.shape, order, strict=True):
        shape[DIMENSION_INDEX[dims[i]]] = size
    return table.reshape(shape).astype(np.float64)


def _product(factors: Iterable[Floats]) -> Floats:
    return reduce(np.multiply, factors, np.ones([1] * len(DIMENSIONS)))


def _size(layer: Layer, name: str) -> int:
    return math.prod(layer.sizes[d] for d in RELEVANT_DIMENSIONS[name])


def _bits(layer: Layer, machine: Architecture, level: int, name: str) -> int:
    return layer.bits[name] or machine.levels[level].word_bits


def _capacity(machine: Architecture, level: int) -> float:
    """Bits of one instance."""
    entries = machine.levels[level].entries
    return np.inf if entries is None else float(entries * machine.levels[level].word_bits)


def _spread(layer: Layer, machine: Architecture, name: str) -> float:
    """Elements that all instances of a level further inside hold, of the level that holds most."""
    return max(
        (
            level.mesh_x * level.mesh_y * _capacity(machine, i) / _bits(layer, machine, i, name)
            for i, level in enumerate(machine.levels)
            if i > 1 and name in level.keeps
        ),
        default=0.0,
    )
