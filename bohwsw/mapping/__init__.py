"""Mappings: loop nests, what a machine allows of them, whether they fit, valid ones at random.

Each name is loaded when it is first used; `__init__.pyi` says their types.
"""

from bohwsw.lazy_face import lazy_face

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

__getattr__, __dir__, __all__ = lazy_face(__name__, _NAMES)
