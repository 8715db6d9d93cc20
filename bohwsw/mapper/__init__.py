"""A layer and a machine give a mapping; branch and bound proves how good it is.

Each name is loaded when it is first used; `__init__.pyi` says their types.
"""

from importlib import import_module
from typing import Any

_NAMES = {
    "annealing": "AnnealingMapper",
    "branch_and_bound": "BranchAndBoundMapper",
    "goal": "Goal",
    "imperfect_mapper": "ImperfectMapper",
    "mapper": (
        "Mapper MapperResult OBJECTIVES Objective TRACE_POINTS check_objective check_search gap_to"
    ),
    "network_mapper": "NetworkProgress NetworkResult least_objective map_layers",
    "random_search": "RandomMapper",
    "skeleton_pool": "least_of_all promising",
    "tile_paths": "TilePaths",
    "compilation": "is_compiled warm_up",
}
_HOMES = {name: home for home, names in _NAMES.items() for name in names.split()}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
