"""Tables of designs with several objectives, and how much of what is there a search has found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.optimizers.problems.networks import (
    BLOCKS,
    OPERATORS,
    ofa_table,
    table,
)
from benchmarks.row_tables.processors import designs, figures
from bohwsw.acquisition import non_dominated
from bohwsw.rows import RowTable

Values = npt.NDArray[np.float64]

VOLUME_POINTS = 100_000
"""Random points that stand for the hypervolume of a whole table: a share is right to 0.1 points."""


@dataclass(frozen=True, eq=False)
class Problem:
    """Designs and what each of them comes to.

    Attributes:
        designs: what a search is told.
        outcomes: objectives ``[n]`` by name, all to be minimised.
    """

    name: str
    designs: RowTable
    outcomes: dict[str, Values]

    @cached_property
    def values(self) -> Values:
        """The objectives ``[n, m]`` from 0 (the best of the table) to 1 (its worst)."""
        values = np.stack(list(self.outcomes.values()), axis=1)
        low, high = values.min(axis=0), values.max(axis=0)
        return np.asarray((values - low) / (high - low))

    @cached_property
    def front(self) -> Values:
        """The Pareto front ``[k, m]`` of the whole table."""
        order = np.argsort(self.values.sum(axis=1))
        front = np.zeros((0, self.values.shape[1]))
        for start in range(0, len(order), 1000):
            both = np.concatenate([front, self.values[order[start : start + 1000]]])
            front = both[non_dominated(both)]
        return front

    def shares(self, rows: Sequence[int]) -> tuple[float, float]:
        """The hypervolume of rows, as a share of that of the whole table.

        Against the worst of each objective in the table, and against a point a tenth of the range
        of the table's front behind the worst of the front.
        """
        worst, near = (_dominated(p, self.values[list(rows)]) for p in self._points)
        return float(worst.mean()), float(near.mean())

    @cached_property
    def _points(self) -> list[Values]:
        """For both references random points ``[VOLUME_POINTS, m]`` that the table dominates."""
        front = self.front
        nadir = front.max(axis=0) + 0.1 * (front.max(axis=0) - front.min(axis=0))
        found = []
        for corner in (np.ones(front.shape[1]), nadir):
            rng = np.random.default_rng(0)
            points = np.zeros((0, front.shape[1]))
            while len(points) < VOLUME_POINTS:
                some = rng.random((VOLUME_POINTS // 4, front.shape[1])) * corner
                points = np.concatenate([points, some[_dominated(some, front)]])
            found.append(points[:VOLUME_POINTS])
        return found


def _dominated(points: Values, values: Values) -> npt.NDArray[np.bool_]:
    """Which of ``[n, m]`` points some of ``[k, m]`` values dominate: ``[n]``."""
    found = np.zeros(len(points), dtype=bool)
    for value in values:
        left = np.flatnonzero(~found)
        found[left] = (points[left] >= value).all(axis=1)
    return found


PROCESSORS = {
    "processors-2": ("area_um2", "-ipc"),
    "processors-3": ("area_um2", "-ipc", "power_mw"),
    "processors-4": ("area_um2", "-ipc", "power_mw", "-frequency_mhz"),
}
CELLS = {
    "cells-2": ("nb201_pixel3_ms",),
    "cells-3": ("nb201_raspi4_ms", "nb201_eyeriss_ms"),
    "cells-4": ("nb201_pixel3_ms", "nb201_eyeriss_ms", "nb201_silver_4114_ms"),
}
OFA = {"ofa-2": ("error", "macs"), "ofa-3": ("error", "macs", "parameters")}
NAMES = ("processors-2", "processors-3", "cells-2", "cells-3", "macro-2", *OFA)
"""Those of the page; with four objectives a search takes three times as long."""


def problem(name: str) -> Problem:
    """A problem by its name."""
    if name in PROCESSORS:
        columns = designs()
        found = figures(columns)
        outcomes = {o: -found[o[1:]] if o[0] == "-" else found[o] for o in PROCESSORS[name]}
        return Problem(name, RowTable.of(columns), outcomes)
    if name in OFA:
        networks, measured = ofa_table()
        return Problem(name, networks, {o: measured[o] for o in OFA[name]})
    if name == "macro-2":
        values = {"-accuracy": -table("macro_accuracy"), "macs": table("macro_macs")}
        return Problem(name, RowTable.of(_all_of(BLOCKS, 8)), values)
    values = {"-accuracy": -table("nb201_cifar100_val12"), **{n: table(n) for n in CELLS[name]}}
    return Problem(name, RowTable.of(_all_of(OPERATORS, 6)), values)


def _all_of(names: Sequence[str], places: int) -> dict[str, npt.NDArray[Any]]:
    """All combinations of names: a column a place, in the order in which the tables have them."""
    grid = np.indices((len(names),) * places).reshape(places, -1)
    return {f"op_{k}": np.array(names)[codes] for k, codes in enumerate(grid)}
