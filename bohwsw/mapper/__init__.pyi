from bohwsw.mapper.annealing import (
    AnnealingMapper as AnnealingMapper,
)
from bohwsw.mapper.branch_and_bound import (
    BranchAndBoundMapper as BranchAndBoundMapper,
)
from bohwsw.mapper.compilation import (
    is_compiled as is_compiled,
)
from bohwsw.mapper.compilation import (
    warm_up as warm_up,
)
from bohwsw.mapper.goal import (
    Goal as Goal,
)
from bohwsw.mapper.imperfect_mapper import (
    ImperfectMapper as ImperfectMapper,
)
from bohwsw.mapper.mapper import (
    OBJECTIVES as OBJECTIVES,
)
from bohwsw.mapper.mapper import (
    TRACE_POINTS as TRACE_POINTS,
)
from bohwsw.mapper.mapper import (
    Mapper as Mapper,
)
from bohwsw.mapper.mapper import (
    MapperResult as MapperResult,
)
from bohwsw.mapper.mapper import (
    Objective as Objective,
)
from bohwsw.mapper.mapper import (
    check_objective as check_objective,
)
from bohwsw.mapper.mapper import (
    check_search as check_search,
)
from bohwsw.mapper.mapper import (
    gap_to as gap_to,
)
from bohwsw.mapper.network_mapper import (
    NetworkProgress as NetworkProgress,
)
from bohwsw.mapper.network_mapper import (
    NetworkResult as NetworkResult,
)
from bohwsw.mapper.network_mapper import (
    least_objective as least_objective,
)
from bohwsw.mapper.network_mapper import (
    map_layers as map_layers,
)
from bohwsw.mapper.random_search import (
    RandomMapper as RandomMapper,
)
from bohwsw.mapper.skeleton_pool import (
    least_of_all as least_of_all,
)
from bohwsw.mapper.skeleton_pool import (
    promising as promising,
)
from bohwsw.mapper.tile_paths import (
    TilePaths as TilePaths,
)
