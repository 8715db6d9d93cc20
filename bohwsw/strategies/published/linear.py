"""The co-design paper's recipe: linear surrogate, confidence bound, best of a random pool.

Z. Shi, C. Sakhuja, M. Hashemi, K. Swersky and C. Lin, "Learned Hardware/Software Co-Design of
Neural Accelerators", arXiv:2010.02075: a Gaussian process with a linear kernel and noise, on
features if the space has some; the lower confidence bound, times the probability of feasibility of
a Gaussian-process classifier; a pool of 150 valid points and no search beyond. How the paper
multiplies a bound that may have any sign is not written; here its gain over the best value is made
positive first (`log_optimistic_gain`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from bohwsw.acquisition import feasibility_weighted, log_optimistic_gain
from bohwsw.arrays import Values
from bohwsw.checks import real_option, whole_option
from bohwsw.errors import SpecError
from bohwsw.space import Space
from bohwsw.strategies.base import Rows, Strategy
from bohwsw.strategies.outcome import Outcome, TrialState
from bohwsw.strategies.training_data import FeasibilityData
from bohwsw.surrogates import BayesianLinearModel, centre_and_scale, one_thread


class LinearStrategy(Strategy):
    """Bayesian linear regression on the encoding, for one objective.

    Outcome constraints are not modelled by their values: a trial that breaks one is an infeasible
    one to the classifier.

    Args:
        space: where to search; its encoding are the features.
        n_initial: how many points, first ones included, are drawn at random before a model is used.
        pool: how many random valid points are scored.
        kappa: exploration.

    Raises:
        SpecError: an option is out of its range, or there are several objectives.
    """

    def __init__(
        self,
        space: Space,
        seed: int = 0,
        *,
        n_initial: int = 5,
        pool: int = 150,
        kappa: float = 1.0,
        **common: Any,
    ) -> None:
        super().__init__(space, seed, **common)
        if len(self.goals.objectives) > 1:
            raise SpecError(
                "the linear strategy knows one objective only",
                got=list(self.goals.objectives),
                expected="the bayesian strategy",
            )
        self.n_initial, self.pool = whole_option("n_initial", n_initial), whole_option("pool", pool)
        self.kappa = real_option("kappa", kappa, "[0, inf)")
        self._feasibility = FeasibilityData(space.encoding_groups)
        self._x: list[Values] = []
        self._y: list[float] = []
        self._suggested_x: dict[bytes, Values] = {}

    def tell(self, point: Mapping[str, Any], outcome: Outcome) -> None:
        """Report what came of a point; see `Strategy.tell`."""
        super().tell(point, outcome)
        told = self._history[-1]
        if outcome.state not in (TrialState.COMPLETED, TrialState.INFEASIBLE):
            return
        row = self._told_rows[-1]
        x = self._suggested_x.pop(row.tobytes(), None)
        if x is None:
            x = self.space.encode_rows(row[None, :])[0]
        self._feasibility.add(x, told.is_feasible)
        if told.is_feasible:
            self._x.append(x)
            self._y.append(float(self.goals.vector(outcome)[0]))

    def _suggest(self, rng: np.random.Generator) -> Rows:
        rows = self._fresh_rows(self.pool, rng)
        best: Rows = rows[0]
        if len(self._history) + len(self._pending) >= self.n_initial and len(self._feasibility):
            with one_thread():
                x = self.space.encode_rows(rows)
                chosen = int(np.argmax(self._log_acquisition(x)))
            best = rows[chosen]
            self._suggested_x[best.tobytes()] = x[chosen]
        return best

    def _log_acquisition(self, x: Values) -> Values:
        """Log of gain times probability ``[n]`` of encoded points ``[n, width]``."""
        value = np.zeros(len(x))
        if self._y:
            y = np.array(self._y)
            centre, scale = centre_and_scale(y)
            y = y / scale - centre / scale
            mean, variance = BayesianLinearModel().fit(np.array(self._x), y).predict(x)
            value = log_optimistic_gain(mean, variance, float(y.min()), self.kappa)
        if self._feasibility.all_feasible:
            return value
        return feasibility_weighted(value, self._feasibility.model().log_predict(x))
