"""Ask-and-tell strategies over a space; they know nothing of hardware.

Each name is loaded when it is first used (some need torch); `__init__.pyi` says their types.
"""

from bohwsw.lazy_face import lazy_face

_NAMES = {
    "acquisition_value": "ConstrainedImprovement",
    "base": "SpaceExhaustedError Strategy",
    "bayesian": "BayesianStrategy",
    "evolutionary": "EvolutionaryStrategy",
    "explanation": "explain explain_run",
    "goals": "Goals OutcomeConstraint non_dominated of_measured",
    "linear": "LinearStrategy",
    "optimisation": "Optimisation",
    "outcome": "OBJECTIVE Outcome Told TrialState as_float outcome_from_data",
    "random": "RandomStrategy",
    "registry": "STRATEGIES strategy strategy_class",
    "snapshots": "restore snapshot",
    "space_filling": "SpaceFillingStrategy",
}

__getattr__, __dir__, __all__ = lazy_face(__name__, _NAMES)
