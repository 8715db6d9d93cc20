"""What the models of a strategy expect of a point, and what a run has taught them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bohwsw.acquisition import log_probability_below
from bohwsw.arrays import Values
from bohwsw.errors import SpecError
from bohwsw.strategies.base import Strategy
from bohwsw.strategies.bayesian import BayesianStrategy
from bohwsw.strategies.fidelity_budget import FidelityExplanation, spending
from bohwsw.strategies.training_data import FeasibilityData, OutcomeData
from bohwsw.surrogates import (
    LOGIT_SCALE,
    ClassifierCalibration,
    RegressionCalibration,
    centre_and_scale,
    classifier_calibration,
    regression_calibration,
)

HIDDEN = "hidden feasibility"
"""The name of what only infeasible trials tell of, among the constraints."""


@dataclass(frozen=True)
class Estimate:
    """What a model expects of a measured value."""

    median: float  # as likely to be exceeded as not
    low: float  # the value is below it with a probability of 16 % (one standard deviation)
    high: float  # the value is above it with a probability of 16 %


@dataclass(frozen=True)
class Explanation:
    """What the models expect of a point."""

    objectives: Mapping[str, Estimate]  # estimates by name; empty before the first completed trial
    constraints: Mapping[str, float]
    """The probability that each outcome constraint is met, and that the point is feasible as far as
    only infeasible trials tell (`HIDDEN`); empty if there is neither."""


def explain(strategy: BayesianStrategy, point: Mapping[str, Any]) -> Explanation:
    """What a strategy expects of a valid point, suggested by it or not, given its trials so far.

    Raises:
        SpecError: the point is not in the space.
    """
    x = strategy.space.encode_rows(strategy.require_valid(point)[None, :])
    posteriors, data = strategy.posteriors(), strategy.surrogates
    models = zip(strategy.goals.objectives, data.objectives, posteriors.objectives, strict=False)
    objectives = {name: _estimate(observed, *model.predict(x)) for name, observed, model in models}
    pairs = zip(strategy.goals.constraints, data.constraints, strict=True)
    measured = [constraint.text for constraint, observed in pairs if len(observed)]
    constraints = {
        text: float(np.exp(log_probability_below(*model.predict(x), 0.0))[0])
        for text, model in zip(measured, posteriors.constraints, strict=True)
    }
    if posteriors.feasibility is not None:
        constraints[HIDDEN] = float(posteriors.feasibility.predict(x)[0])
    return Explanation(objectives, constraints)


def _estimate(data: OutcomeData, mean: Values, variance: Values) -> Estimate:
    """A prediction in the units of the measurements."""
    centre, deviation = float(mean[0]), float(np.sqrt(variance[0]))
    median, low, high = data.unwarped(np.array([centre, centre - deviation, centre + deviation]))
    return Estimate(float(median), float(low), float(high))


# -- what a run has taught -------------------------------------------------------------------------


@dataclass(frozen=True)
class ModelExplanation:
    """What a model has found.

    Attributes:
        n_observations: how many it has seen.
        lengthscales: by name, those that matter most first; names as `Space.encoding_names` gives
            them. Where every value is encoded the whole range has length 1: a function changes
            little over a length-scale well above that.
        signal: standard deviation of the function, or of the logit, before anything is seen of it.
    """

    n_observations: int
    lengthscales: Mapping[str, float]
    signal: float

    @property
    def weights(self) -> dict[str, float]:
        """How much each name matters, most first; the sum is 1.

        The inverse length-scales, normalised: of all distances between two points, how much of
        one that is the same in every name counts (R. M. Neal, "Bayesian Learning for Neural
        Networks", 1996, section 1.2.6: automatic relevance determination). Without units, because
        all encoded ranges are alike; few trials leave all weights nearly equal.
        """
        total = sum(1.0 / length for length in self.lengthscales.values())
        return {name: 1.0 / length / total for name, length in self.lengthscales.items()}


@dataclass(frozen=True)
class RegressionExplanation(ModelExplanation):
    """What the model of an objective or of an outcome constraint has found."""

    noise: float
    """Standard deviation of an observation around the function; the median one where trials report
    theirs. Like ``signal`` relative to the standard deviation of the observations as the model sees
    them, after their warping."""
    calibration: RegressionCalibration  # of each observation predicted from the others


@dataclass(frozen=True)
class ClassifierExplanation(ModelExplanation):
    """What the model of hidden feasibility has found."""

    calibration: ClassifierCalibration  # of the probability of each label, from the others


@dataclass(frozen=True)
class RunExplanation:
    """What the models of a run have found.

    Attributes:
        objectives: by name; empty before the first completed trial.
        constraints: by text, those that were measured at least once.
        feasibility: None while no trial was infeasible for an unknown reason.
        fidelity: what was spent where; None without a fidelity.
        knows_nothing: whether the model of the objective foretells so little of trials that are
            left out that the search goes by spread points and neighbours of the best instead.
    """

    objectives: Mapping[str, RegressionExplanation]
    constraints: Mapping[str, RegressionExplanation]
    feasibility: ClassifierExplanation | None
    fidelity: FidelityExplanation | None = None
    knows_nothing: bool = False


def explain_run(strategy: Strategy) -> RunExplanation:
    """What the models of a strategy have found in its trials so far; pending points do not count.

    Calibration leaves out one observation at a time in closed form; the hyperparameters have seen
    them all, so it flatters a little (see `GaussianProcess.leave_one_out`). Of a BoTorch model that
    drives the search instead nothing is said: these are ours. A SpecError if there are no models.
    """
    if not isinstance(strategy, BayesianStrategy):
        raise SpecError("it has no models", got=type(strategy).__name__, expected="bayesian")
    names, goals, data = strategy.space.encoding_names, strategy.goals, strategy.surrogates
    texts = [constraint.text for constraint in goals.constraints]
    objectives, constraints = (
        {key: _regression(names, one) for key, one in zip(keys, each, strict=True) if len(one)}
        for keys, each in ((goals.objectives, data.objectives), (texts, data.constraints))
    )
    fidelity = None
    if strategy.fidelity is not None:
        points = [told.point for told in strategy.history]
        first = data.objectives[0]
        correlation = first.model().prior_correlation if len(first) > 1 else None
        fidelity = spending(strategy.fidelity, points, correlation)
    feasibility = _classifier(names, data.feasibility)
    return RunExplanation(objectives, constraints, feasibility, fidelity, data.knows_nothing)


def _regression(names: Sequence[str], data: OutcomeData) -> RegressionExplanation:
    model = data.model()
    found, (_, y) = model.hyperparameters, model.observations
    noise = math.sqrt(found.noise_variance)
    if model.noise is not None:
        noise = math.sqrt(float(np.median(model.noise))) / centre_and_scale(y)[1]
    rows, mean, variance = model.leave_one_out()
    return RegressionExplanation(
        n_observations=len(y),
        lengthscales=_shortest_first(names, model.lengthscales.tolist()),
        signal=math.sqrt(found.signal_variance),
        noise=noise,
        calibration=regression_calibration(y[rows], mean, variance),
    )


def _classifier(names: Sequence[str], data: FeasibilityData) -> ClassifierExplanation | None:
    if not len(data) or data.all_feasible:
        return None
    model = data.model()
    kernel = model.hyperparameters.kernel
    rows, probability = model.leave_one_out()
    return ClassifierExplanation(
        n_observations=len(data),
        lengthscales=_shortest_first(names, kernel.lengthscales),
        signal=LOGIT_SCALE * math.sqrt(kernel.signal_variance),
        calibration=classifier_calibration(model.labels[rows], probability),
    )


def _shortest_first(names: Sequence[str], lengthscales: Sequence[float]) -> dict[str, float]:
    pairs = zip(names, lengthscales, strict=True)
    return dict(sorted(pairs, key=lambda pair: pair[1]))
