"""A layer, a machine and a mapping give counts, and these give energy, latency and their reasons.

A scalar reference and a compiled batch; tests hold the two together.

Each name is loaded when it is first used; `__init__.pyi` says their types.
"""

from bohwsw.lazy_face import lazy_face

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
    "imperfect": "simulate_imperfect",
    "reference": "ports simulate",
}

__getattr__, __dir__, __all__ = lazy_face(__name__, _NAMES)
