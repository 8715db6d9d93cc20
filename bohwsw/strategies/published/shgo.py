"""Simplicial homology optimisation, stage by stage, on a cheap model fitted to few trials.

G. Li, S. K. Mandal, U. Y. Ogras and R. Marculescu, "FLASH: Fast Neural Architecture Search with
Hardware Optimization", 2021; from memory, its code was not seen.

The paper's: an accuracy predictor of one feature of the network (NN-Degree) from 25 trained
samples, linear models of latency, area and energy, and SHGO on the relaxed parameters, first over
few of them, then within the stages (hierarchical).

Our reading: the models are ridge regressions with all squares and, within a stage, all products of
codes: one of the objective, one of the largest violation of a limit as it was told (1 and -1 for
outside and within where it was not). So they add up over the stages, each is minimised alone, and
results are rounded and combined over the stages within the limit (`staged_minima`, ours). Stages
are so many parameters in their order; choices without order count in the order in which they are
listed. What known constraints forbid is replaced by the nearest of random valid points. The model
is fitted again after each ``batch`` of trials. With ``degree`` the objective is a straight line in
NN-Degree instead, whose shares the caller knows of each stage (`bohwsw.accuracy.cell_degree`);
where accuracy rises with it, by whatever curve, the best points are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from bohwsw.arrays import Values
from bohwsw.checks import whole_option
from bohwsw.errors import SpecError
from bohwsw.space import Space
from bohwsw.strategies.base import Rows
from bohwsw.strategies.outcome import Told, TrialState
from bohwsw.strategies.published.choices import Index
from bohwsw.strategies.published.learning import LearningStrategy
from bohwsw.strategies.published.staged_shgo import StageModel, staged_minima
from bohwsw.strategies.tried_values import columns_of

RIDGE = 1e-1
SECOND = 0.3
"""How large squares and products count, so that few trials are fitted by straight lines first."""
MOST_ROWS = 1000
MOST_OF_STAGE = 8
"""Parameters; SHGO takes long for more."""
TRIED = 256
"""Of the model's best, and of random points that may stand for those that are not valid."""


class ShgoStrategy(LearningStrategy):
    """Fits a model that adds up over stages, and asks for its best points within the limits.

    Args:
        n_initial: random trials before the first model.
        batch: trials between one model and the next.
        stage: how many parameters a stage has; or, of each stage, their names.
        degree: what a stage, counted from 0, adds to NN-Degree at relaxed codes of its parameters,
            ``[n, k]`` to ``[n]``.
    """

    def __init__(
        self,
        space: Space,
        seed: int = 0,
        *,
        n_initial: int = 25,
        batch: int = 25,
        stage: int | Sequence[Sequence[str]] = 5,
        degree: Callable[[int, Values], Values] | None = None,
        **common: Any,
    ) -> None:
        super().__init__(space, seed, **common)
        self.n_initial = whole_option("n_initial", n_initial)
        self.batch = whole_option("batch", batch)
        sizes = np.array([c.n_values for p in space.parameters for c in p.columns], np.int32)
        self._stages = _stages(space, sizes, stage)
        self._sizes, self._degree = sizes, degree
        self._learned: list[tuple[Rows, float, float | None]] = []  # violation, objective
        self._fitted = 0, np.zeros((0, space.n_columns), np.int32)

    def _learn(self, row: Rows, told: Told, rng: np.random.Generator) -> None:
        known = [violation for violation in told.violations if violation is not None]
        over = max(known) if known else (-1.0 if told.is_feasible else 1.0)
        is_completed = told.outcome.state is TrialState.COMPLETED
        value = float(self.goals.vector(told.outcome)[0]) if is_completed else None
        self._learned.append((row, over, value))

    def _suggest(self, rng: np.random.Generator) -> Rows:
        n = self.n_initial + (len(self._learned) - self.n_initial) // self.batch * self.batch
        if n < self.n_initial or not any(value is not None for *_, value in self._learned[:n]):
            return self._fresh_row(rng)
        if self._fitted[0] != n:
            self._fitted = n, self._minima(n)
        found = self._free(self._fitted[1])[:TRIED]
        is_valid = self.space.valid_rows(found)
        if is_valid.any():
            return np.asarray(found[is_valid][0])
        fresh = self._fresh_rows(TRIED, rng)
        if not len(found):
            return np.asarray(fresh[0])
        return np.asarray(fresh[np.argmin((np.abs(fresh - found[0]) / self._sizes).sum(axis=1))])

    def _minima(self, n: int) -> Rows:
        """Rows by a model of the first ``n`` trials that were learned, its best first."""
        rows, over, values = zip(*self._learned[:n][-MOST_ROWS:], strict=True)
        codes = np.array(rows)
        is_known = np.array([value is not None for value in values])
        objectives = np.array([value for value in values if value is not None])
        _, loss = self._fit(codes[is_known], objectives)
        least, cost = self._fit(codes, np.array(over))
        slope = self._slope(codes[is_known], objectives)
        models = [self._stage_model(k, loss[k], cost[k], slope) for k in range(len(self._stages))]
        found = staged_minima(models, [self._sizes[c] for c in self._stages], -least)
        result = np.zeros((len(found), self.space.n_columns), np.int32)
        if self._stages:
            result[:, np.concatenate(self._stages)] = found
        return result

    def _fit(self, codes: Rows, targets: Values) -> tuple[float, list[Values]]:
        """A mean, and weights of the features of each stage."""
        if not codes.size:
            return 0.0, [np.zeros(len(c) * (len(c) + 3) // 2) for c in self._stages]
        parts = [_features(codes[:, c].astype(np.float64), self._sizes[c]) for c in self._stages]
        mean = float(targets.mean())
        alike = sum(part @ part.T for part in parts) + RIDGE * np.eye(len(codes))
        dual = np.linalg.solve(alike, targets - mean)
        return mean, [part.T @ dual for part in parts]

    def _slope(self, codes: Rows, objectives: Values) -> float:
        """How the objective changes with NN-Degree, by least squares."""
        if self._degree is None:
            return 0.0
        shares = [
            self._degree(k, codes[:, c].astype(np.float64)) for k, c in enumerate(self._stages)
        ]
        degrees = np.sum(shares, axis=0) - np.mean(np.sum(shares, axis=0))
        return float(degrees @ objectives / max(degrees @ degrees, 1e-300))

    def _stage_model(self, stage: int, loss: Values, cost: Values, slope: float) -> StageModel:
        sizes = self._sizes[self._stages[stage]]

        def model(x: Values) -> tuple[Values, Values]:
            features = _features(x, sizes)
            if self._degree is not None:
                return slope * self._degree(stage, x), features @ cost
            return features @ loss, features @ cost

        return model


def _stages(space: Space, sizes: Rows, stage: int | Sequence[Sequence[str]]) -> list[Index]:
    """The columns of each stage, those with one code left out."""
    if not isinstance(stage, Sequence) or isinstance(stage, str):
        n, left = whole_option("stage", stage, most=MOST_OF_STAGE), np.flatnonzero(sizes > 1)
        return [left[k : k + n] for k in range(0, len(left), n)]
    given = [name for own in stage for name in own]
    columns_of(space, given, "parameter of a stage")
    if sorted(given) != sorted(space.names):
        raise SpecError("not stages", got=given, expected="each parameter in one of them")
    found = [np.flatnonzero(columns_of(space, own) & (sizes > 1)) for own in stage]
    whole_option("stage", max(map(len, found)), most=MOST_OF_STAGE)
    return found


def _features(codes: Values, sizes: Rows) -> Values:
    """Of a stage: codes in [-1, 1], their squares and products ``[n, k + k (k + 1) / 2]``."""
    x = 2.0 * codes / (sizes - 1.0) - 1.0
    left, right = np.triu_indices(len(sizes))
    return np.hstack([x, SECOND * x[:, left] * x[:, right]])
