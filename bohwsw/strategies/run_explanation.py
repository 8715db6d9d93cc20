"""What a run has taught: what matters, how noisy it is, and whether the models can be believed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bohwsw.strategies.bayesian import BayesianStrategy
from bohwsw.strategies.observed import ObservedLabels, ObservedValues
from bohwsw.surrogates.calibration import (
    ClassifierCalibration,
    RegressionCalibration,
    classifier_calibration,
    leave_one_out,
    leave_one_out_probabilities,
    regression_calibration,
)
from bohwsw.surrogates.labels import LOGIT_SCALE
from bohwsw.surrogates.transforms import centre_and_scale


@dataclass(frozen=True)
class ModelExplanation:
    """What a model has found.

    Attributes:
        n_observations: how many it has seen.
        lengthscales: by name, those that matter most first; names as `Space.encoding_names` gives
            them. Where every value is encoded the whole range has length 1: a function changes
            little over a length-scale well above that.
    """

    n_observations: int
    lengthscales: Mapping[str, float]

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
    """What the model of an objective or of an outcome constraint has found.

    Attributes:
        signal: standard deviation of the function before anything is seen of it.
        noise: standard deviation of an observation around the function; the median one where
            trials report theirs. Both relative to the standard deviation of the observations as
            the model sees them, after their transformation.
        calibration: of each observation predicted from the others.
    """

    signal: float
    noise: float
    calibration: RegressionCalibration


@dataclass(frozen=True)
class ClassifierExplanation(ModelExplanation):
    """What the model of hidden feasibility has found.

    Attributes:
        signal: standard deviation of the logit before anything is seen of it.
        calibration: of the probability of each label, from the others.
    """

    signal: float
    calibration: ClassifierCalibration


@dataclass(frozen=True)
class RunExplanation:
    """What the models of a run have found.

    Attributes:
        objectives: by name; empty before the first completed trial.
        constraints: by text, those that were measured at least once.
        feasibility: None while no trial was infeasible for an unknown reason.
    """

    objectives: Mapping[str, RegressionExplanation]
    constraints: Mapping[str, RegressionExplanation]
    feasibility: ClassifierExplanation | None


def explain_run(strategy: BayesianStrategy) -> RunExplanation:
    """What the models of a strategy have found in its trials so far; pending points do not count.

    Calibration leaves out one observation at a time in closed form; the hyperparameters have seen
    them all, so it flatters a little (see `surrogates.calibration`).
    """
    names, goals, learner = strategy.space.encoding_names, strategy.goals, strategy.learner
    texts = [constraint.text for constraint in goals.constraints]
    return RunExplanation(
        objectives=_regressions(names, goals.objectives, learner.objectives),
        constraints=_regressions(names, texts, learner.constraints),
        feasibility=_classifier(names, learner.labels),
    )


def _regressions(
    names: Sequence[str], of: Sequence[str], all_observed: Sequence[ObservedValues]
) -> dict[str, RegressionExplanation]:
    return {
        key: _regression(names, observed)
        for key, observed in zip(of, all_observed, strict=True)
        if len(observed)
    }


def _regression(names: Sequence[str], observed: ObservedValues) -> RegressionExplanation:
    model = observed.model()
    found, (_, y) = model.hyperparameters, model.observations
    _, scale = centre_and_scale(y)
    noise = math.sqrt(found.noise_variance)
    if model.noise is not None:
        noise = math.sqrt(float(np.median(model.noise))) / scale
    rows, mean, variance = leave_one_out(model)
    return RegressionExplanation(
        n_observations=len(y),
        lengthscales=_shortest_first(names, found.lengthscales),
        signal=math.sqrt(found.signal_variance),
        noise=noise,
        calibration=regression_calibration(y[rows], mean, variance),
    )


def _classifier(names: Sequence[str], observed: ObservedLabels) -> ClassifierExplanation | None:
    if not len(observed) or observed.all_feasible:
        return None
    model = observed.model()
    kernel = model.hyperparameters.kernel
    rows, probability = leave_one_out_probabilities(model)
    return ClassifierExplanation(
        n_observations=len(observed),
        lengthscales=_shortest_first(names, kernel.lengthscales),
        signal=LOGIT_SCALE * math.sqrt(kernel.signal_variance),
        calibration=classifier_calibration(model.labels[rows], probability),
    )


def _shortest_first(names: Sequence[str], lengthscales: Sequence[float]) -> dict[str, float]:
    pairs = zip(names, lengthscales, strict=True)
    return dict(sorted(pairs, key=lambda pair: pair[1]))
