"""The models compared, and how predictions are scored."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from benchmarks.surrogates.dirichlet import DirichletClassifier
from bohwsw.surrogates import (
    BayesianLinearModel,
    FeasibilityClassifier,
    GaussianProcess,
    classifier_calibration,
    outcome_warping,
    regression_calibration,
)

Values = npt.NDArray[np.float64]
Labels = npt.NDArray[np.bool_]
Regression = Callable[[Values, Values, Values], tuple[Values, Values]]
Classification = Callable[[Values, Labels, Values], Values]


def gaussian_process(x: Values, y: Values, new: Values) -> tuple[Values, Values]:
    """Mean and variance of an observation at new points."""
    model = GaussianProcess().fit(x, y)
    mean, variance = model.predict(new)
    noise = max(model.hyperparameters.noise_variance, 1e-4) * (float(y.var()) or 1.0)
    return mean, variance + noise


def linear(x: Values, y: Values, new: Values) -> tuple[Values, Values]:
    """As `gaussian_process`, by linear regression."""
    model = BayesianLinearModel().fit(x, y)
    mean, variance = model.predict(new)
    return mean, variance + model.hyperparameters.noise_variance * (float(y.var()) or 1.0)


def linear_then_process(x: Values, y: Values, new: Values) -> tuple[Values, Values]:
    """A linear trend, and a Gaussian process of what it leaves."""
    trend = BayesianLinearModel().fit(x, y)
    mean, variance = gaussian_process(x, y - trend.predict(x)[0], new)
    return mean + trend.predict(new)[0], variance


def regressions() -> dict[str, Regression]:
    """Contenders by name; ours first."""
    return {
        "Matern": gaussian_process,
        "linear, then Matern": linear_then_process,
        "linear": linear,
    }


def score_regression(
    model: Regression, train: tuple[Values, Values], test: tuple[Values, Values]
) -> dict[str, float]:
    """Held-out log score and root mean square error, in standard deviations of the values."""
    # One transformation for both, so that scores are in one unit.
    both = np.concatenate([train[1], test[1]])
    both = outcome_warping(both)(both)
    y, truth = both[: len(train[1])], both[len(train[1]) :]
    got = regression_calibration(truth, *model(train[0], y, test[0]))
    return {
        "log_score": got.log_score,
        "rmse": got.error_ratio,
        "coverage_90": got.coverage_90,
    }


def variational(x: Values, feasible: Labels, new: Values) -> Values:
    """Probability that new points are feasible."""
    return FeasibilityClassifier().fit(x, feasible).predict(new)


def dirichlet(alpha: float) -> Classification:
    """The Dirichlet classifier with a concentration."""

    def model(x: Values, feasible: Labels, new: Values) -> Values:
        return DirichletClassifier(alpha).fit(x, feasible).predict(new)

    return model


def sign_regression(x: Values, feasible: Labels, new: Values) -> Values:
    """Regression on -1 and 1; the probability that the prediction is positive."""
    y = np.where(feasible, 1.0, -1.0)
    mean, variance = gaussian_process(x, y, new)
    return np.array([0.5 * math.erfc(-z) for z in mean / np.sqrt(2.0 * variance)])


def classifications() -> dict[str, Classification]:
    """Contenders by name; ours first."""
    return {
        "Polya-Gamma": variational,
        "Dirichlet 0.01": dirichlet(0.01),
        "Dirichlet 0.03": dirichlet(0.03),
        "Dirichlet 0.1": dirichlet(0.1),
        "regression on -1, 1": sign_regression,
    }


def score_classification(
    model: Classification, train: tuple[Values, Labels], test: tuple[Values, Labels]
) -> dict[str, float]:
    """Held-out scores of probabilities."""
    probability = np.clip(model(train[0], train[1], test[0]), 1e-6, 1.0 - 1e-6)
    got = classifier_calibration(test[1], probability)
    return {
        "log_loss": got.log_loss,
        "brier": got.brier,
        "auc": area_under_curve(test[1], probability),
        "calibration_error": got.expected_error,
    }


def area_under_curve(feasible: Labels, probability: Values) -> float:
    """Share of pairs of a feasible and an infeasible point that are in the right order."""
    _, inverse, counts = np.unique(probability, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2.0)[inverse]
    yes = int(feasible.sum())
    return float((ranks[feasible].mean() - (yes + 1) / 2.0) / (len(feasible) - yes))
