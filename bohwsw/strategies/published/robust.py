"""Neighbourhood-aware search: a design is as good as those around it.

X. Wang, S. Cao, M. Li and K. M. Kitani, "Neighborhood-Aware Neural Architecture Search" (BMVC
2021, arXiv:2105.06369): architectures in flat minima generalise better, so the objective is an
aggregate, the mean, over those at an edit distance of one. Theirs evaluates all of them, as
`neighbourhood_random` does. Ours asks the Gaussian process of the Bayesian strategy, which costs
no evaluation: the expected improvement is of the aggregate of its means, with the variance of the
design itself, which is what evaluating it would resolve.

Values are compared as the model has them, after its monotone warping: quantiles and the worst are
the same by that, and means less ruled by outliers.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from bohwsw.acquisition import Score, feasibility_weighted, non_dominated
from bohwsw.aggregates import Aggregate, aggregate_of
from bohwsw.arrays import Values
from bohwsw.checks import whole_option
from bohwsw.errors import SpecError, unknown_name
from bohwsw.space import Space
from bohwsw.strategies.acquisition_value import ConstrainedImprovement
from bohwsw.strategies.base import Rows
from bohwsw.strategies.outcome import Told
from bohwsw.strategies.posteriors import Posteriors
from bohwsw.strategies.reusing import ReusingStrategy
from bohwsw.strategies.tried_values import columns_of
from bohwsw.surrogates import one_thread

STEPS = 32
"""One step of an ordered parameter is its next value, or this share of its values."""

AGGREGATED = 64
"""Of rows that are scored together so many, the most promising ones, have their neighbours seen."""

Groups = Callable[[Rows], Rows]
"""Of a row ``[d]`` the rows ``[k, d]`` that it is judged by."""


class Neighbourhood:
    """A row and the valid rows one step from it.

    Args:
        space: of the rows.
        around: parameters that are moved; all if there are none.
        most: neighbours of a row; of more a random part, the same one each time.

    Raises:
        SpecError: an unknown parameter, or none of ``around`` has another value.
    """

    def __init__(self, space: Space, around: Sequence[str] = (), most: int = 32) -> None:
        moved = columns_of(space, around)
        columns = [c for p in space.parameters for c in p.columns]
        self._space, self._most = space, whole_option("neighbours", most)
        self._fixed = ~moved & bool(around)
        self._reach = np.array(
            [max(1, c.n_values // STEPS) if c.is_ordered and not c.moves else 0 for c in columns]
        )
        self._known: dict[bytes, Rows] = {}
        movable = [c.parameter for c in columns if c.n_values > 1]
        if around and not set(around) & set(movable):
            problem = "there are no neighbours: none of these has another value"
            expected = f"some of {', '.join(movable)}"
            raise SpecError(problem, key_path="around", got=list(around), expected=expected)

    def __call__(self, row: Rows) -> Rows:
        """The row ``[d]`` itself first, then its neighbours: ``[k, d]``."""
        key = row.tobytes()
        if key not in self._known:
            near = self._space.neighbour_rows(row)
            near = near[self._is_near(row, near)]
            if len(near) > self._most:
                rng = np.random.default_rng(zlib.crc32(key))
                near = near[np.sort(rng.choice(len(near), self._most, replace=False))]
            self._known[key] = np.concatenate([row[None], near])
        return self._known[key]

    def _is_near(self, row: Rows, near: Rows) -> Any:
        """Which of rows ``[n, d]`` keep what is fixed, and are next to it if one ordered column."""
        steps = np.abs(near.astype(np.int64) - row)
        moved = steps > 0
        kept = ~(moved & self._fixed).any(axis=1)
        alone = moved.sum(axis=1) == 1
        sized = np.where(moved, self._reach, 0).sum(axis=1)
        return kept & ~(alone & (sized > 0) & (steps.max(axis=1, initial=0) > sized))


class AggregateImprovement(ConstrainedImprovement):
    """The improvement of aggregates over groups of rows; those of ``seen [n, d]`` are known."""

    def __init__(
        self,
        space: Space,
        posteriors: Posteriors,
        caution: float,
        groups: Groups,
        aggregates: Sequence[Aggregate | None],
        seen: Rows,
    ) -> None:
        self._groups, self._aggregates = groups, aggregates
        self._space, self._posteriors = space, posteriors
        found = self.aggregated(seen)
        same = (np.copy,) * len(aggregates)
        known = replace(posteriors, observed=found, measured=found, warpings=same, reference=None)
        super().__init__(space, known, caution, None, np.zeros((0, space.width)))

    def __call__(self, rows: Rows, floor: Values) -> Values:
        """The score of rows ``[n, n_columns]``: ``[n]``; the floor does not matter."""
        x = self._space.encode_rows(rows)
        mean, variance = self._posteriors.predict(x)
        found = np.full(len(rows), -np.inf)
        kept = np.argsort(-self._value_of(mean, variance, x), kind="stable")[:AGGREGATED]
        found[kept] = self._value_of(self.aggregated(rows[kept]), variance[kept], x[kept])
        return found

    def _value_of(self, mean: Values, variance: Values, x: Values) -> Values:
        several = len(self._aggregates) > 1
        value = self._several if several else lambda m, v: self._single(m[:, 0], v[:, 0])
        met = feasibility_weighted(value(mean, variance), self._posteriors.log_meets(x))
        return feasibility_weighted(met, self._posteriors.log_evaluable(x), self._caution)

    def aggregated(self, rows: Rows) -> Values:
        """The aggregates ``[n, n_objectives]`` of the models' means around rows ``[n, d]``."""
        groups = [self._groups(row) for row in rows]
        ends = np.cumsum([len(group) for group in groups])[:-1]
        distinct, places = np.unique(np.concatenate(groups), axis=0, return_inverse=True)
        x, columns = self._space.encode_rows(distinct), []
        for model, aggregate in zip(self._posteriors.objectives, self._aggregates, strict=True):
            parts = np.split(model.predict_mean(x)[places.ravel()], ends)
            columns.append([part[0] if aggregate is None else aggregate(part) for part in parts])
        return np.array(columns, dtype=np.float64).T


class RobustStrategy(ReusingStrategy):
    """The Bayesian strategy on an aggregate over the neighbours of a design, by its own model.

    Its best trial is the one that the model believes in, neighbours included.

    Args:
        aggregate: see `aggregate_of`; or for objectives by name, of those that have one.
        around: the parameters whose steps lead to neighbours; all if absent.
        neighbours: how many at most.
        pool: as for the Bayesian strategy; each point costs predictions of all its neighbours.
        **common: as for the reusing strategy.

    Raises:
        SpecError: an option is out of its range, a name unknown, or there are no neighbours.
    """

    by_others = True

    def __init__(
        self,
        space: Space,
        seed: int = 0,
        *,
        aggregate: Any = "mean",
        around: Sequence[str] = (),
        neighbours: int = 32,
        pool: int = 300,
        **common: Any,
    ) -> None:
        super().__init__(space, seed, pool=pool, **common)
        names = self.goals.objectives
        given = aggregate if isinstance(aggregate, Mapping) else dict.fromkeys(names, aggregate)
        for name in given:
            if name not in names:
                raise unknown_name("objective", name, names)
        self.aggregates = tuple(aggregate_of(given[x]) if x in given else None for x in names)
        if self.fidelity is not None or self._foreign is not None:
            problem = "no aggregate is known with a fidelity or another acquisition"
            raise SpecError(problem, key_path="aggregate", expected="the strategy bayesian")
        self._groups: Groups = self._grouped(space, around, neighbours)

    def _grouped(self, space: Space, around: Sequence[str], neighbours: int) -> Groups:
        return Neighbourhood(space, around, neighbours)

    def _score(self, posteriors: Posteriors) -> Score:
        seen = self._told_rows_of(self._feasible())
        if not len(posteriors.observed) or not len(seen):
            return super()._score(posteriors)
        known = (self.space, posteriors, self.caution, self._groups, self.aggregates)
        return AggregateImprovement(*known, seen)

    @property
    def pareto_front(self) -> tuple[Told, ...]:
        """The feasible trials that no other beats, as the models believe; one of one objective."""
        kept = self._feasible()
        with one_thread():
            posteriors = self.posteriors()
            if len(kept) > 1 and len(posteriors.objectives) == len(self.aggregates):
                seen = self._told_rows_of(kept)
                known = (self.space, posteriors, self.caution, self._groups, self.aggregates)
                values = AggregateImprovement(*known, seen).aggregated(seen)
                if values.shape[1] == 1:
                    return (self._history[kept[int(np.argmin(values[:, 0]))]],)
                kept = [kept[k] for k in np.flatnonzero(non_dominated(values))]
        return tuple(self._history[k] for k in kept)

    @property
    def best(self) -> Told | None:
        """The best trial by the model, neighbours included; of a front the lowest in the first."""
        values = self.goals.vector
        return min(self.pareto_front, key=lambda told: tuple(values(told.outcome)), default=None)

    def _feasible(self) -> list[int]:
        return [k for k, told in enumerate(self._history) if told.is_feasible]

    def _told_rows_of(self, places: Sequence[int]) -> Rows:
        rows = np.array([self._told_rows[k] for k in places], np.int32)
        return rows.reshape(-1, self.space.n_columns)
