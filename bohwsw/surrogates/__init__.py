"""Models of an expensive objective and of feasibility; they see encoded points only.

The names below load torch when they are first used, not when this room is imported.
"""

from importlib import import_module
from typing import Any

_HOMES = {
    "DirichletClassifier": "bohwsw.surrogates.dirichlet",
    "FeasibilityClassifier": "bohwsw.surrogates.feasibility",
    "FittedLabels": "bohwsw.surrogates.feasibility",
    "GaussianProcess": "bohwsw.surrogates.gp",
    "Hyperparameters": "bohwsw.surrogates.kernel",
    "LinearNoiseModel": "bohwsw.surrogates.linear_noise",
    "leave_one_out": "bohwsw.surrogates.calibration",
    "leave_one_out_probabilities": "bohwsw.surrogates.calibration",
    "to_botorch": "bohwsw.surrogates.botorch_model",
}

__all__ = [
    "DirichletClassifier",
    "FeasibilityClassifier",
    "FittedLabels",
    "GaussianProcess",
    "Hyperparameters",
    "LinearNoiseModel",
    "leave_one_out",
    "leave_one_out_probabilities",
    "to_botorch",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
