from bohwsw.simulator.batch import (
    BatchEvaluation as BatchEvaluation,
)
from bohwsw.simulator.batch import (
    simulate_batch as simulate_batch,
)
from bohwsw.simulator.bottleneck import (
    AxisUse as AxisUse,
)
from bohwsw.simulator.bottleneck import (
    Binding as Binding,
)
from bohwsw.simulator.case_writer import (
    case_data as case_data,
)
from bohwsw.simulator.cases import (
    Case as Case,
)
from bohwsw.simulator.cases import (
    case_result as case_result,
)
from bohwsw.simulator.cases import (
    read_cases as read_cases,
)
from bohwsw.simulator.costs import (
    Costs as Costs,
)
from bohwsw.simulator.costs import (
    area_mm2 as area_mm2,
)
from bohwsw.simulator.costs import (
    costs_of as costs_of,
)
from bohwsw.simulator.delivery import (
    used_words as used_words,
)
from bohwsw.simulator.evaluation import (
    DataSpaceResult as DataSpaceResult,
)
from bohwsw.simulator.evaluation import (
    Evaluation as Evaluation,
)
from bohwsw.simulator.evaluation import (
    LevelResult as LevelResult,
)
from bohwsw.simulator.evaluation_kernel import (
    new_scratch as new_scratch,
)
from bohwsw.simulator.explanation import (
    EnergyPart as EnergyPart,
)
from bohwsw.simulator.explanation import (
    Explanation as Explanation,
)
from bohwsw.simulator.explanation import (
    LevelUse as LevelUse,
)
from bohwsw.simulator.explanation import (
    Use as Use,
)
from bohwsw.simulator.explanation import (
    explain as explain,
)
from bohwsw.simulator.hardware import (
    PricedMachines as PricedMachines,
)
from bohwsw.simulator.hardware import (
    hardware_batch as hardware_batch,
)
from bohwsw.simulator.imperfect import (
    simulate_imperfect as simulate_imperfect,
)
from bohwsw.simulator.reference import (
    ports as ports,
)
from bohwsw.simulator.reference import (
    simulate as simulate,
)
