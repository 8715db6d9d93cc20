"""Whether predicted spreads and probabilities can be trusted."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from bohwsw.arrays import Labels, Values

_WITHIN_50, _WITHIN_90 = 0.6744897501960817, 1.6448536269514722
"""Central 50 and 90 % of a standard normal variable."""


@dataclass(frozen=True)
class RegressionCalibration:
    """How predictions compare with observations."""

    log_score: float
    """Mean log density of the observations, in their standard deviations: without a model it is
    -1.42; higher is better."""
    coverage_50: float  # share of observations inside the central 50 % of their prediction
    coverage_90: float  # share inside the central 90 %
    error_ratio: float  # root mean square error over the standard deviation of the observations
    rank_correlation: float  # see `rank_correlation`


@dataclass(frozen=True)
class ClassifierCalibration:
    """How probabilities compare with labels."""

    log_loss: float  # minus the mean log probability of the labels
    brier: float  # mean squared difference of probability and label
    expected_error: float
    """Expected calibration error: mean distance of probability and share of labels over ten bins of
    probability, weighed by the points in them."""


def regression_calibration(
    observed: Values, mean: Values, variance: Values
) -> RegressionCalibration:
    """Compare predictions with observations, all ``[n]``, ``n >= 1``."""
    deviation = np.sqrt(variance)
    z = np.abs(observed - mean) / deviation
    spread = float(observed.std()) or 1.0
    scores = -0.5 * z**2 - np.log(deviation / spread) - 0.5 * math.log(2.0 * math.pi)
    return RegressionCalibration(
        log_score=float(scores.mean()),
        coverage_50=float((z <= _WITHIN_50).mean()),
        coverage_90=float((z <= _WITHIN_90).mean()),
        error_ratio=float(np.sqrt(((observed - mean) ** 2).mean())) / spread,
        rank_correlation=rank_correlation(observed, mean),
    )


def rank_correlation(observed: Values, mean: Values) -> float:
    """Of observations and predictions ``[n]``: 1 is the same order, 0 none; 0 if all are equal.

    C. Spearman, "The proof and measurement of association between two things", 1904; equal values
    share the mean of their ranks.
    """
    ranks = np.stack([_ranks(observed), _ranks(mean)])
    if not ranks.std(axis=1).all():
        return 0.0
    return float(np.asarray(np.corrcoef(ranks))[0, 1])


def _ranks(values: Values) -> Values:
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(counts) - (counts - 1) / 2.0)[places])


def classifier_calibration(feasible: Labels, probability: Values) -> ClassifierCalibration:
    """Compare probabilities with labels, both ``[n]``, ``n >= 1``."""
    right = np.where(feasible, probability, 1.0 - probability)
    bins = np.minimum((probability * 10).astype(int), 9)
    gaps = np.bincount(bins, probability - feasible, minlength=10)
    return ClassifierCalibration(
        log_loss=float(-np.log(np.maximum(right, 1e-300)).mean()),
        brier=float(((probability - feasible) ** 2).mean()),
        expected_error=float(np.abs(gaps).sum() / len(probability)),
    )
