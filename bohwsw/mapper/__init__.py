"""A layer and a machine give a mapping; branch and bound proves how good it is.

Each name is loaded when it is first used; `__init__.pyi` says their types.
"""

from bohwsw.lazy_face import lazy_face

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

__getattr__, __dir__, __all__ = lazy_face(__name__, _NAMES)
