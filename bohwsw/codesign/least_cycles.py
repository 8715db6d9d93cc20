"""The fewest cycles that networks can take on each machine of a space, as a feature for models.

A multiply-accumulate unit does one operation a cycle, and a layer keeps as many busy as the product
of its spatial factors: a divisor of its operations, made of one factor for each axis of the array
of units, none larger than the axis. So the fewest cycles of a layer follow from its sizes and from
those of the array, and all layers of all networks share what this tells of a machine. It is worked
out for thousands of machines at a time, from tables. Dataflows, buffers and bandwidths are left
out: models learn what these cost.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from bohwsw.codesign.amounts import amounts
from bohwsw.codesign.space_spec import SpaceSpec
from bohwsw.codesign.suite import Suite
from bohwsw.divisors import divisors
from bohwsw.space import Features
from bohwsw.workload import CountedLayer

NAME = "ln_least_cycles"

Values = npt.NDArray[np.float64]
Sizes = npt.NDArray[np.int64]


def least_cycles(spec: SpaceSpec, suite: Suite) -> Features:
    """The feature: the weighted sum over networks of ln(cycles), one number for each machine.

    Args:
        spec: the space.
        suite: the networks.
    """
    levels = spec.architecture.levels
    tables = {macs: _Units(macs) for macs in {_macs(x) for n in suite.networks for x in n.layers}}

    def feature(columns: dict[str, npt.NDArray[Any]]) -> Values:
        n = len(next(iter(columns.values())))
        mesh = np.ones((n, 2), dtype=np.int64)
        for level in levels:
            for axis, size in enumerate(level.fanout):
                mesh[:, axis] *= _whole(amounts(size, columns, n))
        total = np.zeros(n)
        for network, weight in zip(suite.networks, suite.weights, strict=True):
            cycles = np.zeros(n)
            for entry in network.layers:
                macs = _macs(entry)
                cycles += entry.count * macs / tables[macs].of(mesh)
            total += weight * np.log(cycles)
        return total[:, None]

    return Features(feature, [NAME])


def _macs(entry: CountedLayer) -> int:
    return math.prod(entry.layer.sizes.values())


class _Units:
    """The most units that a layer keeps busy.

    Args:
        macs: operations of the layer.
    """

    def __init__(self, macs: int) -> None:
        self._macs = macs
        self._divisors = np.array(divisors(macs), dtype=np.int64)
        self._tabulate(np.ones(2, dtype=np.int64))

    def of(self, mesh: Sizes) -> Sizes:
        """For arrays of units on (X, Y) ``[n, 2]``: ``[n]``."""
        largest = mesh.max(axis=0, initial=1)
        if (largest > self._largest).any():
            self._tabulate(np.maximum(largest, self._largest))
        on_x, on_y = (
            np.searchsorted(factors, mesh[:, axis], side="right") - 1
            for axis, factors in enumerate(self._factors)
        )
        found: Sizes = self._table[on_x, on_y]
        return found

    def _tabulate(self, largest: Sizes) -> None:
        """For each pair of factors on X and Y, the most units with at most these."""
        self._largest = largest
        self._factors = [self._divisors[self._divisors <= size] for size in largest]
        table = np.multiply.outer(*self._factors)
        table = np.where(self._macs % table == 0, table, 1)
        self._table = np.maximum.accumulate(np.maximum.accumulate(table, axis=0), axis=1)


def _whole(sizes: Values) -> Sizes:
    """Sizes as whole numbers; 1 for what is none: evaluating the point says what is wrong."""
    return np.maximum(np.nan_to_num(sizes, nan=1.0), 1.0).astype(np.int64)
