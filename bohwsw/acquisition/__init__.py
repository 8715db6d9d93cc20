"""Acquisition functions: what evaluating a point promises, by a model's prediction of it."""

from bohwsw.acquisition.expected_hypervolume_improvement import (
    log_expected_hypervolume_improvement,
    reference_point,
)
from bohwsw.acquisition.log_expected_improvement import log_expected_improvement
from bohwsw.acquisition.lower_confidence_bound import log_optimistic_gain
from bohwsw.acquisition.probability_of_feasibility import (
    feasibility_weighted,
    log_probability_below,
)

__all__ = [
    "feasibility_weighted",
    "log_expected_hypervolume_improvement",
    "log_expected_improvement",
    "log_optimistic_gain",
    "log_probability_below",
    "reference_point",
]
