from bohwsw.mapping.batch import (
    SPATIAL_X as SPATIAL_X,
)
from bohwsw.mapping.batch import (
    SPATIAL_Y as SPATIAL_Y,
)
from bohwsw.mapping.batch import (
    TEMPORAL as TEMPORAL,
)
from bohwsw.mapping.batch import (
    MappingBatch as MappingBatch,
)
from bohwsw.mapping.batch import (
    batch_of as batch_of,
)
from bohwsw.mapping.batch import (
    empty_batch as empty_batch,
)
from bohwsw.mapping.dataflow import (
    FREE as FREE,
)
from bohwsw.mapping.dataflow import (
    Dataflow as Dataflow,
)
from bohwsw.mapping.dataflow import (
    LevelDataflow as LevelDataflow,
)
from bohwsw.mapping.dataflow_file import (
    DataflowSpec as DataflowSpec,
)
from bohwsw.mapping.dataflow_file import (
    build_dataflow as build_dataflow,
)
from bohwsw.mapping.dataflow_file import (
    check_dataflow as check_dataflow,
)
from bohwsw.mapping.limits import (
    OPERANDS as OPERANDS,
)
from bohwsw.mapping.limits import (
    UNLIMITED as UNLIMITED,
)
from bohwsw.mapping.limits import (
    Limits as Limits,
)
from bohwsw.mapping.limits import (
    capacity_units as capacity_units,
)
from bohwsw.mapping.limits import (
    excess_of_operands as excess_of_operands,
)
from bohwsw.mapping.limits import (
    level_units as level_units,
)
from bohwsw.mapping.limits import (
    units_of as units_of,
)
from bohwsw.mapping.mapping_file import (
    MappingSpec as MappingSpec,
)
from bohwsw.mapping.mapping_file import (
    NestSpec as NestSpec,
)
from bohwsw.mapping.mapping_file import (
    mapping_data as mapping_data,
)
from bohwsw.mapping.mapping_file import (
    mapping_of as mapping_of,
)
from bohwsw.mapping.mapspace import (
    MapSpace as MapSpace,
)
from bohwsw.mapping.mapspace import (
    MapSpaceSize as MapSpaceSize,
)
from bohwsw.mapping.nest import (
    LevelNest as LevelNest,
)
from bohwsw.mapping.nest import (
    Loop as Loop,
)
from bohwsw.mapping.nest import (
    Mapping as Mapping,
)
from bohwsw.mapping.nest import (
    check_factors as check_factors,
)
from bohwsw.mapping.nest import (
    nest_text as nest_text,
)
from bohwsw.mapping.nest import (
    trimmed as trimmed,
)
from bohwsw.mapping.sampling import (
    fitting as fitting,
)
from bohwsw.mapping.sampling import (
    sample as sample,
)
from bohwsw.mapping.sampling import (
    sample_uniform as sample_uniform,
)
from bohwsw.mapping.sampling import (
    space_arrays as space_arrays,
)
from bohwsw.mapping.sampling_kernel import (
    new_workspace as new_workspace,
)
from bohwsw.mapping.start import (
    find_start as find_start,
)
from bohwsw.mapping.tile_kernel import (
    INPUTS as INPUTS,
)
from bohwsw.mapping.tile_kernel import (
    OUTPUTS as OUTPUTS,
)
from bohwsw.mapping.tile_kernel import (
    RELEVANT as RELEVANT,
)
from bohwsw.mapping.tile_kernel import (
    WEIGHTS as WEIGHTS,
)
from bohwsw.mapping.tile_kernel import (
    C as C,
)
from bohwsw.mapping.tile_kernel import (
    K as K,
)
from bohwsw.mapping.tile_kernel import (
    N as N,
)
from bohwsw.mapping.tile_kernel import (
    P as P,
)
from bohwsw.mapping.tile_kernel import (
    Q as Q,
)
from bohwsw.mapping.tile_kernel import (
    R as R,
)
from bohwsw.mapping.tile_kernel import (
    S as S,
)
from bohwsw.mapping.tile_kernel import (
    layer_arrays as layer_arrays,
)
from bohwsw.mapping.tiles import (
    Tiles as Tiles,
)
from bohwsw.mapping.tiles import (
    tiles_of as tiles_of,
)
from bohwsw.mapping.unrolling import (
    Factors as Factors,
)
from bohwsw.mapping.unrolling import (
    Unrollings as Unrollings,
)
from bohwsw.mapping.unrolling import (
    distinct_unrollings as distinct_unrollings,
)
from bohwsw.mapping.validity import (
    Violation as Violation,
)
from bohwsw.mapping.validity import (
    check_outermost as check_outermost,
)
from bohwsw.mapping.validity import (
    violations as violations,
)
