"""The skeletons that may hold a better mapping than the best: what quick bounds leave of all.

They are enumerated in pieces, and of each piece only what is promising is kept, so that memory is
bounded and a search can stop at any time. What is left out has a bound, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bohwsw.clock import NO_LIMIT, Clock
from bohwsw.divisors import LargestProduct
from bohwsw.mapper.goal import Goal
from bohwsw.mapper.tile_paths import TilePaths
from bohwsw.mapping import Factors, MapSpace, Unrollings, distinct_unrollings
from bohwsw.workload import DIMENSIONS

AT_ONCE = 20_000
"""Skeletons bounded between two looks at the clock."""

MOST = 100_000
"""Skeletons kept, those with the smallest bounds."""

ROUNDING = 1e-9
"""Relative difference that sums of floating-point numbers in another order may make."""

ROW = np.dtype(
    [("unrolling", "i8"), ("choice", "i8"), ("bound", "f8"), ("energy_pj", "f8"), ("cycles", "f8")]
)

Rows = npt.NDArray[np.void]


@dataclass(frozen=True)
class Skeletons:
    """Skeletons with their quick bounds.

    Attributes:
        unrollings: int64, U x L x 2 x 8.
        rows: of ``ROW``; position among the unrollings, number of the choice, and lower bounds on
            the objective, the energy and the latency. Smallest bound first.
        left_out: a lower bound on the objective of all skeletons that are not among the rows and
            might be better than the best; infinite if there are none.
    """

    unrollings: Factors
    rows: Rows
    left_out: float


def promising(paths: TilePaths, goal: Goal, best: float, clock: Clock = NO_LIMIT) -> Skeletons:
    """The skeletons that quick bounds leave.

    ``best`` is the objective of the best mapping known. Of what the clock leaves no time for there
    is a bound.
    """
    space = paths.space
    limit = best * (1.0 - ROUNDING)
    units = space.layer.macs / goal.most_cycles(best, paths.least_energy_pj) * (1.0 - ROUNDING)
    source = Unrollings(space, max(1, int(units)))
    nothing = np.ones((0, space.architecture.depth, 2, len(DIMENSIONS)), dtype=np.int64)
    found = [Skeletons(nothing, np.empty(0, dtype=ROW), np.inf)]
    for piece in source:
        for part in _bounded(paths, distinct_unrollings(space, piece), goal, limit, clock):
            found.append(part)
            if sum(len(x.rows) for x in found) > 2 * MOST:
                found = [_smallest(found)]
        if clock.over:
            break
    kept = _smallest(found)
    if source.complete:
        return kept
    return Skeletons(kept.unrollings, kept.rows, min(kept.left_out, least_of_all(paths, goal)))


def least_of_all(paths: TilePaths, goal: Goal) -> float:
    """A lower bound on the objective of every mapping that takes no search."""
    return goal.value(paths.least_energy_pj, least_cycles(paths.space))


def least_cycles(space: MapSpace) -> float:
    """Fewer cycles than any mapping takes, or as many: of the most units that loops can fill."""
    architecture, macs = space.architecture, space.layer.macs
    axes = [size for level in range(architecture.depth) for size in architecture.fanout(level)]
    return macs / float(LargestProduct(macs // space.layer.steps).of(np.array([axes]))[0])


def _bounded(
    paths: TilePaths, unrollings: Factors, goal: Goal, limit: float, clock: Clock
) -> Iterator[Skeletons]:
    """Skeletons with a bound below a limit, of some unrollings with all choices, part by part."""
    choices = paths.choice_count
    for first in range(0, choices, AT_ONCE):
        numbers = range(first, min(first + AT_ONCE, choices))
        kept = paths.choices(numbers)
        step = max(1, AT_ONCE // len(numbers))
        for part in (unrollings[k : k + step] for k in range(0, len(unrollings), step)):
            if clock.over:
                return
            least = paths.least(part, kept, goal)
            row, choice = np.nonzero(least[..., 0] < limit)
            used, position = np.unique(row, return_inverse=True)
            rows = np.empty(len(row), dtype=ROW)
            rows["unrolling"], rows["choice"] = position, choice + first
            rows["bound"], rows["energy_pj"], rows["cycles"] = least[row, choice].T
            yield Skeletons(part[used], rows, np.inf)


def _smallest(parts: list[Skeletons]) -> Skeletons:
    """The skeletons with the smallest bounds of all parts, and the bound of what is left out."""
    starts = np.cumsum([0, *(len(part.unrollings) for part in parts)])
    rows = np.concatenate([part.rows for part in parts])
    rows["unrolling"] += np.repeat(starts[:-1], [len(part.rows) for part in parts])
    rows = rows[np.argsort(rows["bound"], kind="stable")]
    left_out = min([*(part.left_out for part in parts), *rows["bound"][MOST : MOST + 1].tolist()])
    rows = rows[:MOST]
    used, position = np.unique(rows["unrolling"], return_inverse=True)
    rows["unrolling"] = position
    unrollings = np.concatenate([part.unrollings for part in parts])[used]
    return Skeletons(unrollings, rows, left_out)
