"""Acquisition functions: what a point is worth trying, as a function of a model's answer.

The names below load torch when they are first used, not when this room is imported.
"""

from importlib import import_module
from typing import Any

_HOMES = {
    "feasibility_weighted": "bohwsw.acquisition.feasibility_weighted",
    "log_expected_improvement": "bohwsw.acquisition.log_expected_improvement",
    "log_optimistic_gain": "bohwsw.acquisition.lower_confidence_bound",
    "lower_confidence_bound": "bohwsw.acquisition.lower_confidence_bound",
}

__all__ = [
    "feasibility_weighted",
    "log_expected_improvement",
    "log_optimistic_gain",
    "lower_confidence_bound",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
