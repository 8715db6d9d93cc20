"""Mappings: loop nests, what a machine allows of them, whether they fit, valid ones at random.

Each name is loaded when it is first used; `__init__.pyi` says their types.
"""

from importlib import import_module
from typing import Any

_NAMES = {
    "batch": "MappingBatch SPATIAL_X SPATIAL_Y TEMPORAL batch_of empty_batch",
    "dataflow": "Dataflow FREE LevelDataflow",
    "dataflow_file": "DataflowSpec build_dataflow check_dataflow",
    "limits": "Limits OPERANDS UNLIMITED capacity_units excess_of_operands level_units units_of",
    "mapping_file": "MappingSpec NestSpec mapping_data mapping_of",
    "mapspace": "MapSpace MapSpaceSize",
    "nest": "LevelNest Loop Mapping check_factors nest_text trimmed",
    "sampling": "fitting sample sample_uniform space_arrays",
    "sampling_kernel": "new_workspace",
    "start": "find_start",
    "tile_kernel": "C INPUTS K N OUTPUTS P Q R RELEVANT S WEIGHTS layer_arrays",
    "tiles": "Tiles tiles_of",
    "unrolling": "Factors Unrollings distinct_unrollings",
    "validity": "Violation check_outermost violations",
}
_HOMES = {name: home for home, names in _NAMES.items() for name in names.split()}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
