"""Models of an expensive objective and of feasibility; they see encoded points only.

The names below load torch when they are first used, not when this room is imported.
"""

from importlib import import_module
from typing import Any

_HOMES = {
    "FeasibilityClassifier": "bohwsw.surrogates.feasibility",
    "GaussianProcess": "bohwsw.surrogates.gp",
    "Hyperparameters": "bohwsw.surrogates.kernel",
    "to_botorch": "bohwsw.surrogates.botorch_model",
}

__all__ = ["FeasibilityClassifier", "GaussianProcess", "Hyperparameters", "to_botorch"]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
