"""A trust region: a box around the best trial outside of which nothing is suggested.

Its side follows successes and failures as in D. Eriksson, M. Pearce, J. R. Gardner, R. Turner and
M. Poloczek, "Scalable Global Optimization via Local Bayesian Optimization", NeurIPS 2019 (TuRBO,
with one region); choices without an order are counted, as in X. Wan, V. Nguyen, H. Ha, B. Ru, C.
Lu and M. A. Osborne, "Think Global and Act Local", ICML 2021. The side follows from the trials.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from bohwsw.acquisition.local_search import Score, some_neighbours
from bohwsw.arrays import Labels, Values
from bohwsw.checks import OPTION
from bohwsw.errors import SpecError
from bohwsw.space import Categorical, Conditional, Parameter, Space

Rows = npt.NDArray[np.int32]

FIRST_SIDE, LEAST_SIDE, LARGEST_SIDE = 0.8, 0.5**7, 1.6
SUCCESSES = 3
"""After so many improvements in a row the side doubles; after as many failures as there are
parameters (`LEAST_FAILURES` at least) it halves."""

LEAST_FAILURES = 4
IMPROVEMENT = 1e-3
"""A smaller one, relative to the best, is a failure."""

CHANGED = 20
"""So many parameters of a candidate differ from the centre, on average."""

MANY_PARAMETERS = 50
"""With more than these a region is worth having: see `benchmarks.optimizers.options`."""


def region_option(given: bool | None, space: Space, is_possible: bool) -> bool:
    """Whether a search stays in a region.

    Args:
        given: what was asked for; None: a region in spaces of more than `MANY_PARAMETERS`, but
            tables of rows.
        space: that is searched.
        is_possible: whether a region may be asked for.

    Raises:
        SpecError: a region was asked for and is not possible.
    """
    if given not in (None, False, is_possible):
        expected = "True or False; False with several objectives or a fidelity"
        raise SpecError(OPTION, key_path="trust_region", got=given, expected=expected)
    has_many = len(space.parameters) > MANY_PARAMETERS and not space.listed_rows
    return is_possible and has_many if given is None else given


def region_side(values: Values, n_parameters: int, n_initial: int) -> tuple[int, float]:
    """Where the region began after its last collapse, and its side now.

    Args:
        values: of all trials ``[n]`` in their order, to be minimised; NaN where infeasible.
        n_parameters: of the space.
        n_initial: trials that are spread before a region begins; they do not change it.

    Returns:
        The first trial that counts, and the side; trials before it belong to an older region.
    """
    start, side, best, won, lost = 0, FIRST_SIDE, np.inf, 0, 0
    for k, value in enumerate(values):
        is_better = value < (best - IMPROVEMENT * abs(best) if np.isfinite(best) else best)
        best = float(np.fmin(best, value))
        if k - start < n_initial:
            continue
        won, lost = (won + 1, 0) if is_better else (0, lost + 1)
        if won == SUCCESSES:
            side, won = min(2.0 * side, LARGEST_SIDE), 0
        elif lost >= max(LEAST_FAILURES, n_parameters):
            side, lost = side / 2.0, 0
        if side < LEAST_SIDE:
            start, side, best, won, lost = k + 1, FIRST_SIDE, np.inf, 0, 0
    return start, side


def region_of(
    space: Space, told: Sequence[Rows], values: Sequence[float], n_initial: int, model: Any
) -> TrustRegion | None:
    """The region around the best of some trials; None while one begins.

    Args:
        space: of the trials.
        told: their rows ``[d]``.
        values: see `region_side`.
        n_initial: see `region_side`.
        model: of the objective, with `lengthscales`; see `TrustRegion`.
    """
    start, side = region_side(np.array(values), len(space.parameters), n_initial)
    own = np.array(values[start:])
    if np.isnan(own).all() or len(own) < min(n_initial, start):
        return None
    return TrustRegion(space, told[start + int(np.nanargmin(own))], side, model.lengthscales)


class TrustRegion:
    """The points around a centre.

    Args:
        space: of the points.
        centre: a row ``[d]``.
        side: of the box, in units of the encoded ranges; and the share of choices without an order
            that may differ, at least one.
        lengthscales: of the encoded groups: the box is longer where the function changes slowly.
    """

    def __init__(self, space: Space, centre: Rows, side: float, lengthscales: Values) -> None:
        self._space, self._centre, self._side = space, centre, side
        self._x = space.encode_rows(centre[None])[0]
        sizes = [parameter.n_columns for parameter in space.parameters]
        self._owner = np.repeat(np.arange(len(sizes)), sizes)
        self._encoded = [space.encoded_columns([name]) for name in space.names]
        self._is_choice = np.array([_is_choice(p) for p in space.parameters])
        relative = lengthscales / np.exp(np.mean(np.log(lengthscales)))
        self._reach = 0.5 * side * relative[space.encoding_groups]
        self._most = max(1, int(np.ceil(min(side, 1.0) * self._is_choice.sum())))

    def holds(self, rows: Rows) -> Labels:
        """Which rows ``[n, d]`` are inside."""
        near, changed = self._near(rows)
        return np.asarray(near.all(axis=1) & (changed[:, self._is_choice].sum(1) <= self._most))

    def limited(self, score: Score) -> Score:
        """A score that is minus infinity outside."""
        return lambda rows, floor: np.where(self.holds(rows), score(rows, floor), -np.inf)

    def candidates(self, fresh: Rows, rng: np.random.Generator) -> Rows:
        """Rows inside ``[m, d]``: the centre with some parameters of valid rows ``[n, d]``.

        And the centre's neighbours, a random part of them if they are many.
        """
        moves = some_neighbours(self._space, self._centre, rng)
        near, _ = self._near(fresh)
        rows = np.repeat(self._centre[None], len(fresh), axis=0)
        groups = self._space.group_columns
        share = min(1.0, CHANGED / len(groups))
        for columns in groups:
            own = np.unique(self._owner[columns])
            most = self._most / max(1, self._is_choice.sum()) if self._is_choice[own].any() else 1.0
            taken = near[:, own].all(axis=1) & (rng.random(len(fresh)) < min(share, most))
            rows[np.ix_(taken, columns)] = fresh[np.ix_(taken, columns)]
        rows = np.concatenate([moves, rows])
        return rows[self.holds(rows)]

    def _near(self, rows: Rows) -> tuple[Labels, Labels]:
        """Of each parameter ``[n, n_parameters]`` whether it is near enough; and whether it moved.

        One step away is always near, and so is any choice.
        """
        x, n = self._space.encode_rows(rows), len(self._space.parameters)
        far = np.abs(x - self._x) > self._reach
        step = np.abs(rows - self._centre)
        near, moved = np.ones((len(rows), n), dtype=bool), np.zeros((len(rows), n), dtype=bool)
        for k in range(n):
            own = step[:, self._owner == k]
            moved[:, k] = (own > 0).any(axis=1)
            if not self._is_choice[k]:
                is_far = far[:, self._encoded[k]].any(axis=1)
                near[:, k] = ~is_far | (own <= 1).all(axis=1)
        return near, moved


def _is_choice(parameter: Parameter) -> bool:
    plain = parameter.parameter if isinstance(parameter, Conditional) else parameter
    return isinstance(plain, Categorical) and not plain.is_ordered
