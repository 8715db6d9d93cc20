"""bohwsw designs neural-network accelerators and the mappings that run on them, together.

Names are loaded when they are first used, so that importing the package costs next to nothing.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_HOMES = {
    "codesign_network": "bohwsw.api",
    "map_network": "bohwsw.api",
    "map_layer": "bohwsw.api",
    "explain_design": "bohwsw.api",
    "from_sizes": "bohwsw.importers",
    "load_space": "bohwsw.codesign",
    "load_network": "bohwsw.workload",
    "load_model": "bohwsw.workload",
    "load_design": "bohwsw.codesign",
    "simulate": "bohwsw.simulator.reference",
    "Layer": "bohwsw.workload",
    "Client": "bohwsw.study",
    "StorageConfig": "bohwsw.study",
    "RangeParameterConfig": "bohwsw.study",
    "ChoiceParameterConfig": "bohwsw.study",
    "Infeasible": "bohwsw.execution",
    "IRunner": "bohwsw.execution",
    "IMetric": "bohwsw.execution",
    "TrialStatus": "bohwsw.execution",
    "BohwswError": "bohwsw.errors",
}

__all__ = ["__version__", *sorted(_HOMES)]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'bohwsw' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
