"""A layer, a machine and a mapping give counts, and these give energy, latency and their reasons.

A scalar reference and a compiled batch; tests hold the two together.

Each name is loaded when it is first used; `__init__.pyi` says their types.
"""

from importlib import import_module
from typing import Any

_NAMES = {
    "batch": "BatchEvaluation simulate_batch",
    "bottleneck": "AxisUse Binding",
    "case_writer": "case_data",
    "cases": "Case case_result read_cases",
    "costs": "Costs area_mm2 costs_of",
    "delivery": "used_words",
    "evaluation": "DataSpaceResult Evaluation LevelResult",
    "evaluation_kernel": "new_scratch",
    "explanation": "EnergyPart Explanation LevelUse Use explain",
    "hardware": "PricedMachines hardware_batch",
    "imperfect": "ImperfectEvaluation simulate_imperfect",
    "reference": "ports simulate",
}
_HOMES = {name: home for home, names in _NAMES.items() for name in names.split()}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
