"""The posteriors of everything that the Bayesian strategy models.

One Gaussian process an objective, one an outcome constraint (of its violation: 0 or less is met),
and a classifier of what only the evaluator knows.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from types import MappingProxyType

import numpy as np

from bohwsw.acquisition import (
    feasibility_weighted,
    log_probability_below,
    log_probability_between,
)
from bohwsw.arrays import Labels, Values
from bohwsw.strategies.fidelity import SpaceFidelity
from bohwsw.strategies.goals import Goals
from bohwsw.strategies.outcome import Told, TrialState
from bohwsw.strategies.training_data import (
    FeasibilityData,
    Groups,
    OutcomeData,
    Regression,
)
from bohwsw.surrogates import (
    BotorchModel,
    FeasibilityClassifier,
    Warping,
    constraint_warping,
    front_warping,
    objective_warping,
)

NOISY = 0.05
"""A fitted noise variance, relative to that of the observations, above which the lowest of them is
no longer taken at its word. Without noise fits end at 0.007, where the prior has its mode, or
below; only a function that is too rough to be learned passes for noisy now and then."""

LEVELS = 4
"""Violations at which the probability to break nothing by more is looked at."""

SAME, FEW_MEASURED = 1e-6, 5
"""Sums of two violations that differ by less than this share of their range are the same, in so
many trials or more."""


@dataclass(frozen=True)
class Posteriors:
    """Models conditioned on all trials, and on fantasies at those that are pending."""

    objectives: tuple[Regression, ...]  # one an objective, in its warped units
    observed: Values
    """The warped objectives ``[n_feasible, n_objectives]`` of feasible trials; where they are noisy
    the models' means, see `OutcomeData.plug_in`."""
    constraints: tuple[Regression, ...]  # of those that were measured at least once
    closest: Values | None
    """The warped violations ``[n_constraints]``, or the models' means, of the trial whose largest
    one is least; None if no trial has them all."""
    feasibility: FeasibilityClassifier | None  # None: no trial was infeasible for unknown reasons
    measured: Values = field(default_factory=lambda: np.zeros((0, 0)))
    """``observed`` in the units of the measurements; only where there are several objectives."""
    warpings: tuple[Warping, ...] = ()  # from those to the models' units, one an objective
    inverses: tuple[Warping, ...] = ()  # and back
    reference: Values | None = None
    """Only volume below it counts ``[n_objectives]``; None: close behind what was seen."""
    bands: Mapping[int, tuple[int, float]] = field(default_factory=dict)
    """Constraints that are limits of one value from both sides: of the one the place of the other,
    and the lowest value of the one, as its model sees it, at which the other is met."""

    @property
    def is_noisy(self) -> bool:
        """Whether some objective is measured with noise, known or fitted."""
        return any(
            model.noise is not None or model.fitted_noise > NOISY for model in self.objectives
        )

    def predict(self, x: Values) -> tuple[Values, Values]:
        """Means and variances of the objectives at encoded points: ``[n, n_objectives]`` each."""
        means, variances = zip(*(model.predict(x) for model in self.objectives), strict=True)
        return np.stack(means, axis=1), np.stack(variances, axis=1)

    def log_meets(self, x: Values) -> Values:
        """Log probability ``[n]`` that encoded points meet all outcome constraints."""
        return np.asarray(self._log_within(x, np.zeros(1))[0])

    def log_progress(self, x: Values) -> Values:
        """Log acquisition ``[n]`` of encoded points while no trial meets all outcome constraints.

        The expected improvement of the largest violation on that of the closest trial: the mean
        probability to break nothing by more than t, for t from there to 0. Improvements on each
        constraint by itself would go where the models know least, most of all between two limits
        of one value, where one of them is always kept.
        """
        if self.closest is None:
            return np.zeros(len(x))
        largest = max(float(self.closest.max()), 0.0)
        within = self._log_within(x, largest * (np.arange(LEVELS) + 0.5) / LEVELS)
        return np.asarray(np.logaddexp.reduce(within, axis=0))

    def _log_within(self, x: Values, slack: Values) -> Values:
        """Log probabilities ``[k, n]`` that no constraint is broken by more than ``slack [k]``.

        The two limits of one value are kept together or not; all others count as independent.
        """
        total = np.zeros((len(slack), len(x)))
        others = {other for other, _ in self.bands.values()}
        for place, model in enumerate(self.constraints):
            if place in others:
                continue
            mean, variance = model.predict(x)
            for k, most in enumerate(slack):
                if place in self.bands:
                    least = self.bands[place][1] - most
                    log_probability = log_probability_between(mean, variance, least, most)
                else:
                    log_probability = log_probability_below(mean, variance, most)
                total[k] = feasibility_weighted(total[k], log_probability)
        return total

    def log_evaluable(self, x: Values) -> Values:
        """Log probability ``[n]`` that encoded points are feasible as far as nobody measures it."""
        return np.zeros(len(x)) if self.feasibility is None else self.feasibility.log_predict(x)

    def log_feasible(self, x: Values) -> Values:
        """Log probability ``[n]`` that encoded points are feasible in both ways."""
        return self.log_meets(x) + self.log_evaluable(x)


class Surrogates:
    """The models of a strategy: trials in, `Posteriors` out.

    ``groups`` are those of the encoded columns ``[width]``; ``prior_means`` of objectives by name,
    see `GaussianProcess`; ``theirs`` is fitted in place of our own models. With a ``fidelity`` only
    trials at its target count as observed, and our models have a trend over it. ``relevant``: of
    measured values by name, the columns that they depend on, where that is known.
    """

    def __init__(
        self,
        goals: Goals,
        groups: Groups,
        prior_means: Mapping[str, Callable[[Values], Values]] = MappingProxyType({}),
        theirs: BotorchModel | None = None,
        fidelity: SpaceFidelity | None = None,
        relevant: Mapping[str, Labels] = MappingProxyType({}),
    ) -> None:
        self.goals = goals
        self._theirs = theirs
        self._fitted: dict[OutcomeData, tuple[int, Regression]] = {}
        self._fidelity = fidelity
        basis = None if fidelity is None else fidelity.basis
        weigh = partial(_weighed, fidelity)
        # What is worst in one of several objectives may be best in another.
        warping = objective_warping if len(goals.objectives) == 1 else front_warping
        self.objectives = [
            OutcomeData(groups, warping, prior_means.get(name), basis, weigh(relevant.get(name)))
            for name in goals.objectives
        ]
        self.constraints = [
            OutcomeData(
                groups, constraint_warping, None, basis, weigh(_of_all(x.names(), relevant))
            )
            for x in goals.constraints
        ]
        self.feasibility = FeasibilityData(groups)
        self._failed: list[Values] = []
        self._completed: list[tuple[int, ...]] = []
        self._measured: list[tuple[int, ...]] = []

    @property
    def has_learned(self) -> bool:
        """Whether any trial said more than that its evaluation broke."""
        return len(self.feasibility) > 0 or any(len(data) for data in self.constraints)

    @property
    def is_blind(self) -> bool:
        """Whether trials were infeasible, and no trial said by how much or ended otherwise."""
        is_told = bool(self.constraints and self._measured)
        return len(self.feasibility) > 0 and not self._completed and not is_told

    @property
    def knows_nothing(self) -> bool:
        """Whether our model of the one objective foretells nothing; see `OutcomeData`."""
        objective = self.objectives[0]
        is_ours = self._theirs is None and self._fidelity is None
        return is_ours and len(self.objectives) == 1 and objective.knows_nothing

    def tell(self, told: Told, x: Values) -> None:
        """Learn from one trial at the encoded point ``x`` ``[width]``."""
        state = told.outcome.state
        if state is TrialState.FAILED:
            self._failed.append(x)
        places = tuple(len(data) for data in self.constraints)
        if None not in told.violations:
            self._measured.append(places)
        deviations = self.goals.violation_deviations(told.outcome)
        measured = zip(self.constraints, told.violations, deviations, strict=True)
        for data, violation, deviation in measured:
            if violation is not None:
                data.add(x, violation, deviation)
        if state is TrialState.COMPLETED:
            values = self.goals.measured(told.outcome)
            for data, (value, deviation) in zip(self.objectives, values, strict=True):
                data.add(x, value, deviation)
            self._completed.append(places)
            self.feasibility.add(x, True)
        # Where a measured constraint says why, there is nothing hidden to learn.
        elif state is TrialState.INFEASIBLE and not any((v or 0.0) > 0.0 for v in told.violations):
            self.feasibility.add(x, False)

    def posteriors(self, pending: Values) -> Posteriors:
        """Models of all trials so far.

        Args:
            pending: encoded points ``[n, width]`` whose outcome is not known yet; they count as
                observed at the models' means (the kriging believer of D. Ginsbourger, R. Le Riche
                and L. Carraro, "Kriging is well-suited to parallelize optimization", 2010).
        """
        violations, models = [], []
        for data in self.constraints:
            if not len(data):
                violations.append(np.zeros(0))
                continue
            model = self._model(data, is_constraint=True)
            violations.append(data.plug_in(model))
            models.append(_with_fantasies(model, pending))
        constraints, bands = tuple(models), self._bands()
        informative = len(self.feasibility) > 0 and not self.feasibility.all_feasible
        feasibility = self.feasibility.model() if informative else None
        probable = pending
        if len(pending):
            known = Posteriors((), np.zeros((0, 0)), constraints, None, feasibility, bands=bands)
            probable = pending[known.log_feasible(pending) > math.log(0.5)]
        meets: Labels = np.all(_at(self._completed, violations) <= 0.0, axis=1)
        if self._fidelity is not None:
            probable = probable[self._fidelity.is_at_target(probable)]
            if len(meets):
                meets &= self._fidelity.is_at_target(self.objectives[0].x())
        objectives, columns = [], []
        for data in self.objectives:
            if not len(data):
                break
            model = self._model(data)
            column = data.plug_in(model, NOISY)[meets]
            if self._failed:
                # Unknown, and never to be suggested again; but a region in which evaluations
                # break should promise less. Its points count as no better than the middle.
                middle = float(np.median(data.warped()))
                model = _with_fantasies(model, np.array(self._failed), partial(np.maximum, middle))
            model = _with_fantasies(model, pending)
            if len(probable):
                column = np.concatenate([column, model.predict(probable)[0]])
            objectives.append(model)
            columns.append(column)
        observed = np.stack(columns, axis=1) if columns else np.zeros((0, len(self.objectives)))
        closest = self._closest(violations)
        known = Posteriors(
            tuple(objectives), observed, constraints, closest, feasibility, bands=bands
        )
        if len(objectives) < 2:
            return known
        inverses = tuple(data.unwarped for data in self.objectives)
        measured = np.stack([f(c) for f, c in zip(inverses, columns, strict=True)], axis=1)
        warpings = tuple(data.warping for data in self.objectives)
        return replace(known, measured=measured, warpings=warpings, inverses=inverses)

    def _model(self, data: OutcomeData, *, is_constraint: bool = False) -> Regression:
        """A model of all observations: ours, or the given one, kept until there are more."""
        if self._theirs is None:
            return data.model()
        n, model = self._fitted.get(data, (0, None))
        if model is None or n != len(data):
            y, noise = data.warped(), data.noise()
            model = self._theirs.fit(data.x(), y, noise, is_constraint=is_constraint)
            self._fitted[data] = len(data), model
        return model

    def _closest(self, violations: list[Values]) -> Values | None:
        """See `Posteriors.closest`."""
        if not self.constraints or not self._measured:
            return None
        measured = _at(self._measured, violations)
        nearest: Values = measured[int(np.argmin(measured.max(axis=1)))]
        return nearest

    def _bands(self) -> dict[int, tuple[int, float]]:
        """See `Posteriors.bands`: violations that have the same sum in every trial."""
        found: dict[int, tuple[int, float]] = {}
        if len(self.constraints) < 2 or len(self._measured) < FEW_MEASURED:
            return found
        violations = _at(self._measured, [data.y() for data in self.constraints])
        free = set(range(len(self.constraints)))
        for place, other in itertools.combinations(range(len(self.constraints)), 2):
            one = violations[:, place]
            with np.errstate(over="ignore", invalid="ignore"):  # the largest numbers there are
                sums = one + violations[:, other]
                is_same = bool(np.ptp(sums) <= SAME * np.ptp(one)) and sums[0] < 0.0
            if is_same and {place, other} <= free:
                free -= {place, other}
                least = self.constraints[place].warping(sums[:1])
                found[place] = other, float(least[0])
        return found


def _of_all(names: Sequence[str], relevant: Mapping[str, Labels]) -> Labels | None:
    """The columns that any of some measured values depends on; None if one may depend on all."""
    if any(name not in relevant for name in names):
        return None
    return np.asarray(np.any([relevant[name] for name in names], axis=0))


def _weighed(fidelity: SpaceFidelity | None, relevant: Labels | None) -> Values | None:
    """How far a value depends on each column, see `GaussianProcess`: less on fidelities."""
    if fidelity is None:
        return None if relevant is None else relevant.astype(np.float64)
    return fidelity.scales if relevant is None else fidelity.scales * relevant


def _at(places: list[tuple[int, ...]], columns: list[Values]) -> Values:
    """Entries ``[n, n_columns]`` of columns of different lengths, by their places in them."""
    rows = [[c[i] for c, i in zip(columns, row, strict=True)] for row in places]
    return np.array(rows, dtype=np.float64).reshape(len(places), len(columns))


def _with_fantasies(
    model: Regression, x: Values, fantasy: Callable[[Values], Values] = np.copy
) -> Regression:
    """The model after observations at ``x [n, width]`` that follow from its own means there."""
    if not len(x):
        return model
    mean, _ = model.predict(x)
    return model.with_observations(x, fantasy(mean))
