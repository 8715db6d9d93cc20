"""Everything the Bayesian strategy has learned from its trials.

One Gaussian process an objective, one an outcome constraint (of its excess: 0 or less is met), and
a classifier of what only the evaluator knows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from bohwsw.acquisition.feasibility_weighted import feasibility_weighted
from bohwsw.acquisition.log_expected_improvement import log_expected_improvement
from bohwsw.acquisition.probability_of_feasibility import log_probability_below
from bohwsw.strategies.goals import Goals
from bohwsw.strategies.observed import Groups, ObservedLabels, ObservedValues
from bohwsw.strategies.outcome import Told, TrialState
from bohwsw.surrogates.excesses import bending_around_zero
from bohwsw.surrogates.feasibility import FeasibilityClassifier
from bohwsw.surrogates.gp import GaussianProcess
from bohwsw.surrogates.transforms import sharpening

Values = npt.NDArray[np.float64]

NOISY = 0.05
"""A fitted noise variance, relative to that of the observations, above which the lowest of them is
no longer taken at its word. Without noise fits end at 0.007, where the prior has its mode, or
below; only a function that is too rough to be learned passes for noisy now and then."""


@dataclass(frozen=True)
class Beliefs:
    """Models conditioned on all trials, and on guesses at those that are pending.

    Attributes:
        objectives: one model an objective, in the units of its transformation.
        seen: the transformed objectives ``[n_feasible, n_objectives]`` of feasible trials; where
            they are noisy the models' means, see `ObservedValues.believed`.
        constraints: one model an outcome constraint that was measured at least once.
        closest: the transformed excesses ``[n_constraints]``, or the models' means, of the trial
            that is nearest to meeting all constraints; None if no trial has them all.
        feasibility: the classifier; None while no trial was infeasible for an unknown reason.
    """

    objectives: tuple[GaussianProcess, ...]
    seen: Values
    constraints: tuple[GaussianProcess, ...]
    closest: Values | None
    feasibility: FeasibilityClassifier | None

    @property
    def is_noisy(self) -> bool:
        """Whether some objective is measured with noise, known or fitted."""
        return any(
            model.noise is not None or model.hyperparameters.noise_variance > NOISY
            for model in self.objectives
        )

    def predict(self, x: Values) -> tuple[Values, Values]:
        """Means and variances of the objectives at encoded points: ``[n, n_objectives]`` each."""
        predicted = [model.predict(x) for model in self.objectives]
        return (
            np.stack([mean for mean, _ in predicted], axis=1),
            np.stack([variance for _, variance in predicted], axis=1),
        )

    def log_meets(self, x: Values) -> Values:
        """Log probability ``[n]`` that encoded points meet all outcome constraints."""
        total = np.zeros(len(x))
        for model in self.constraints:
            total = feasibility_weighted(total, log_probability_below(*model.predict(x), 0.0))
        return total

    def log_approach(self, x: Values) -> Values:
        """Log worth ``[n]`` of encoded points while no trial meets all outcome constraints.

        The product of the expected improvements on what the closest trial breaks and of the
        probabilities to meet what it meets: the probability to meet all would go where the models
        know least.
        """
        total = np.zeros(len(x))
        if self.closest is None:
            return total
        for model, excess in zip(self.constraints, self.closest, strict=True):
            mean, variance = model.predict(x)
            if excess > 0.0:
                total = total + log_expected_improvement(mean, variance, float(excess))
            else:
                total = feasibility_weighted(total, log_probability_below(mean, variance, 0.0))
        return total

    def log_evaluable(self, x: Values) -> Values:
        """Log probability ``[n]`` that encoded points are feasible as far as nobody measures it."""
        return np.zeros(len(x)) if self.feasibility is None else self.feasibility.log_predict(x)

    def log_feasible(self, x: Values) -> Values:
        """Log probability ``[n]`` that encoded points are feasible in both ways."""
        return self.log_meets(x) + self.log_evaluable(x)


class Learner:
    """Turns trials into `Beliefs`.

    Args:
        goals: what is measured.
        groups: of the encoded columns, ``[width]``.
        prior_means: for objectives by name, what is expected of encoded points; see
            `GaussianProcess`.
    """

    def __init__(
        self,
        goals: Goals,
        groups: Groups,
        prior_means: Mapping[str, Callable[[Values], Values]] = MappingProxyType({}),
    ) -> None:
        self.goals = goals
        self.objectives = [
            ObservedValues(groups, sharpening, prior_means.get(name)) for name in goals.objectives
        ]
        self.constraints = [ObservedValues(groups, bending_around_zero) for _ in goals.constraints]
        self.labels = ObservedLabels(groups)
        self._failed: list[Values] = []
        self._completed: list[tuple[int, ...]] = []
        self._measured: list[tuple[int, ...]] = []

    @property
    def has_learned(self) -> bool:
        """Whether any trial said more than that its evaluation broke."""
        return len(self.labels) > 0 or any(len(observed) for observed in self.constraints)

    def tell(self, told: Told, x: Values) -> None:
        """Learn from one trial at the encoded point ``x`` ``[width]``."""
        state = told.outcome.state
        if state is TrialState.FAILED:
            self._failed.append(x)
        places = tuple(len(observed) for observed in self.constraints)
        if None not in told.excesses:
            self._measured.append(places)
        deviations = self.goals.excess_deviations(told.outcome)
        for observed, excess, deviation in zip(
            self.constraints, told.excesses, deviations, strict=True
        ):
            if excess is not None:
                observed.add(x, excess, deviation)
        if state is TrialState.COMPLETED:
            measured = self.goals.measured(told.outcome)
            for observed, (value, deviation) in zip(self.objectives, measured, strict=True):
                observed.add(x, value, deviation)
            self._completed.append(places)
            self.labels.add(x, 1.0)
        elif state is TrialState.INFEASIBLE and not _explained(told):
            self.labels.add(x, 0.0)

    def beliefs(self, pending: Values) -> Beliefs:
        """Models of all trials so far.

        Args:
            pending: encoded points ``[n, width]`` whose outcome is not known yet. The models are
                believed there (D. Ginsbourger, R. Le Riche and L. Carraro, "Kriging is
                well-suited to parallelize optimization", 2010).
        """
        excesses, models = [], []
        for observed in self.constraints:
            if not len(observed):
                excesses.append(np.zeros(0))
                continue
            model = observed.model()
            excesses.append(observed.believed(model))
            models.append(_with_guesses(model, pending, lambda mean: mean))
        constraints = tuple(models)
        informative = len(self.labels) > 0 and not self.labels.all_feasible
        feasibility = self.labels.model() if informative else None
        without = Beliefs((), np.zeros((0, 0)), constraints, None, feasibility)
        hopeful = pending
        if len(pending):
            hopeful = pending[without.log_feasible(pending) > math.log(0.5)]
        objectives, columns = [], []
        for observed in self.objectives:
            if not len(observed):
                break
            model = observed.model()
            column = observed.believed(model, NOISY)[self._meets(excesses)]
            if self._failed:
                # Unknown, and never to be suggested again; but a region in which evaluations
                # break should lose its appeal. Its points count as no better than the middle.
                middle = float(np.median(observed.transformed()))
                failed = np.array(self._failed)
                model = _with_guesses(model, failed, partial(np.maximum, middle))
            model = _with_guesses(model, pending, lambda mean: mean)
            if len(hopeful):
                column = np.concatenate([column, model.predict(hopeful)[0]])
            objectives.append(model)
            columns.append(column)
        seen = np.stack(columns, axis=1) if columns else np.zeros((0, len(self.objectives)))
        return Beliefs(tuple(objectives), seen, constraints, self._closest(excesses), feasibility)

    def _meets(self, excesses: list[Values]) -> npt.NDArray[np.bool_]:
        """Which completed trials meet all constraints ``[n_completed]``, given what is believed."""
        return np.asarray((_at(self._completed, excesses) <= 0.0).all(axis=1))

    def _closest(self, excesses: list[Values]) -> Values | None:
        """See `Beliefs.closest`: the least sum of what is broken, in transformed units."""
        if not self.constraints or not self._measured:
            return None
        measured = _at(self._measured, excesses)
        nearest: Values = measured[int(np.argmin(np.maximum(measured, 0.0).sum(axis=1)))]
        return nearest


def _at(places: list[tuple[int, ...]], columns: list[Values]) -> Values:
    """Entries ``[n, n_columns]`` of columns of different lengths, by their places in them."""
    rows = [[c[i] for c, i in zip(columns, row, strict=True)] for row in places]
    return np.array(rows, dtype=np.float64).reshape(len(places), len(columns))


def _explained(told: Told) -> bool:
    """Whether a measured constraint already says why a trial is infeasible."""
    return any(excess is not None and excess > 0.0 for excess in told.excesses)


def _with_guesses(
    model: GaussianProcess, x: Values, guess: Callable[[Values], Values]
) -> GaussianProcess:
    if not len(x):
        return model
    mean, _ = model.predict(x)
    return model.with_observations(x, guess(mean))
