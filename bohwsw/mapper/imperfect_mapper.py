"""Imperfect factors, through layers rounded up.

With perfect factors a dimension of 64 fills at most 8 of 12 rows; with imperfect ones it takes 6
rounds of 12 rows, the last partly filled (Horeni et al., "Ruby", ISPASS 2022). Every mapping with
imperfect factors is one with perfect factors of a layer whose dimensions are rounded up. So layers
are rounded up to what fills the array in fewer rounds, each is mapped by branch and bound, and the
mapping is counted on the layer as it is (``docs/counting-rules.md``, D): what lies beyond its end
is not run.

What is found need not be the best: the best mapping of a layer rounded up need not be the best of
those that round up to it, and only some roundings are tried. ``imperfect_bound`` says how far
from the best it is at most.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from bohwsw.clock import NO_LIMIT, Clock
from bohwsw.errors import NoValidMappingError
from bohwsw.mapper.branch_and_bound import BranchAndBoundMapper
from bohwsw.mapper.goal import Goal
from bohwsw.mapper.imperfect_bound import imperfect_bound
from bohwsw.mapper.mapper import MapperResult, Objective
from bohwsw.mapping import SPATIAL_X, SPATIAL_Y, MapSpace
from bohwsw.simulator import Costs, simulate_imperfect
from bohwsw.workload import DIMENSIONS

FULL = 0.75
"""Share of an axis that an unrolling worth rounding up for fills."""

ROUNDING_UP = 0.25
"""Share of the time after which no more sizes to round up to are looked for."""

AT_ONCE = 100_000
"""Vectors looked at between two looks at the clock."""

Vectors = npt.NDArray[np.int64]


@dataclass(frozen=True)
class ImperfectMapper:
    """Branch and bound on rounded-up layers.

    Attributes:
        roundings: how many are tried.
        inner: maps each of them.
    """

    roundings: int = 16
    inner: BranchAndBoundMapper = field(
        default_factory=lambda: BranchAndBoundMapper(gap=0.02, evaluations_a_step=5_000)
    )

    def improve(
        self,
        space: MapSpace,
        costs: Costs,
        found: MapperResult,
        *,
        objective: Objective = "edp",
        seed: int = 0,
        threads: int = 1,
        clock: Clock = NO_LIMIT,
    ) -> MapperResult:
        """A better mapping with imperfect factors than one with perfect ones, if one is found.

        ``found`` is the best with perfect factors; for the others see ``Mapper.search``. The lower
        bound is one over all mappings, with perfect factors or not.
        """
        goal = Goal(objective)
        best = replace(found, lower_bound=imperfect_bound(space, costs, goal))
        value = goal.of(found.evaluation)
        tried = rounded_sizes(space, self.roundings, clock.share(ROUNDING_UP))
        for number, sizes in enumerate(tried):
            if clock.over:
                break
            mapper = replace(self.inner, seconds=clock.left / (len(tried) - number))
            larger: dict[str, Any] = dict(zip(DIMENSIONS, map(int, sizes), strict=True))
            layer = replace(space.layer, **larger)
            try:
                padded = mapper.search(
                    MapSpace(layer, space.architecture, space.dataflow),
                    costs,
                    objective=objective,
                    seed=seed,
                    threads=threads,
                )
            except NoValidMappingError:  # rounded up, it is too large
                continue
            evaluation = simulate_imperfect(space.layer, space.architecture, padded.mapping, costs)
            reached = goal.of(evaluation)
            if reached < value:
                value = reached
                trace = np.append(best.trace, reached)
                best = replace(best, mapping=padded.mapping, evaluation=evaluation, trace=trace)
        return best


def rounded_sizes(space: MapSpace, most: int, clock: Clock = NO_LIMIT) -> Vectors:
    """Sizes to round a layer up to, those that need the fewest cycles first.

    Axes are taken as those of the whole chip, so that a size may turn out to need more.

    Returns:
        int64, at most ``most`` x 8; the layer's own sizes are not among them.
    """
    sizes = np.array([*space.layer.sizes.values()], dtype=np.int64)
    mac = space.architecture.mac
    on_x = _vectors(sizes, np.any(space.allowed[:, SPATIAL_X], axis=0), mac.mesh_x)
    on_y = _vectors(sizes, np.any(space.allowed[:, SPATIAL_Y], axis=0), mac.mesh_y)
    best = np.empty((0, 1 + len(sizes)), dtype=np.int64)  # cycles, sizes
    for vector in on_x:
        for part in (on_y[k : k + AT_ONCE] for k in range(0, len(on_y), AT_ONCE)):
            if clock.over:
                break
            best = _fewest_cycles(best, _rounded(space, sizes, vector, part), sizes, most)
    return np.asarray(best[:, 1:])


def _rounded(space: MapSpace, sizes: Vectors, on_x: Vectors, on_y: Vectors) -> Vectors:
    """Cycles and sizes of a layer rounded up to one vector on X and each of some on Y."""
    if space.dataflow.single_axis:
        on_y = on_y[~((on_x > 1) & (on_y > 1)).any(axis=1)]
    both = on_x * on_y
    times = -(-sizes // both)
    rounded = times * np.minimum(both, sizes)
    return np.concatenate([times.prod(axis=1)[:, None], rounded], axis=1)


def _fewest_cycles(best: Vectors, more: Vectors, sizes: Vectors, most: int) -> Vectors:
    """The sizes that need the fewest cycles, of equals those with the fewest operations."""
    more = more[(more[:, 1:] != sizes).any(axis=1)]
    if len(best) == most:
        more = more[more[:, 0] <= best[-1, 0]]
    every = np.concatenate([best, more])
    every = every[np.lexsort((every[:, 1:].prod(axis=1), every[:, 0]))]
    _, first = np.unique(every[:, 1:], axis=0, return_index=True)
    return np.asarray(every[np.sort(first)][:most])


def _vectors(sizes: Vectors, allowed: npt.NDArray[np.bool_], instances: int) -> Vectors:
    """All whole factors of dimensions that together nearly fill one axis, V x 8."""
    vectors: list[tuple[tuple[int, ...], int]] = [((), 1)]
    for dim, size in enumerate(sizes):
        most = int(size) if allowed[dim] else 1
        vectors = [
            ((*vector, factor), product * factor)
            for vector, product in vectors
            for factor in range(1, min(most, instances // product) + 1)
        ]
    fullest = max(product for _, product in vectors)
    chosen = [vector for vector, product in vectors if product >= FULL * fullest]
    return np.array(chosen, dtype=np.int64)
