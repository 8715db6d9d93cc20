"""Acquisition functions: what a point is worth trying, as a function of a model's answer."""

from bohwsw.acquisition.feasibility_weighted import feasibility_weighted
from bohwsw.acquisition.log_expected_improvement import log_expected_improvement
from bohwsw.acquisition.lower_confidence_bound import log_optimistic_gain, lower_confidence_bound

__all__ = [
    "feasibility_weighted",
    "log_expected_improvement",
    "log_optimistic_gain",
    "lower_confidence_bound",
]
