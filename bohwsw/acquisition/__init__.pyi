from bohwsw.acquisition.botorch_acquisition import BotorchAcquisition as BotorchAcquisition
from bohwsw.acquisition.botorch_acquisition import Known as Known
from bohwsw.acquisition.branch_turns import Branches as Branches
from bohwsw.acquisition.branch_turns import most_central as most_central
from bohwsw.acquisition.expected_hypervolume_improvement import (
    log_expected_hypervolume_improvement as log_expected_hypervolume_improvement,
)
from bohwsw.acquisition.expected_hypervolume_improvement import reference_point as reference_point
from bohwsw.acquisition.expected_improvement import (
    log_expected_improvement as log_expected_improvement,
)
from bohwsw.acquisition.expected_improvement import log_h as log_h
from bohwsw.acquisition.local_search import JOINT_ROWS as JOINT_ROWS
from bohwsw.acquisition.local_search import MAX_SCORED as MAX_SCORED
from bohwsw.acquisition.local_search import NEAR_ROWS as NEAR_ROWS
from bohwsw.acquisition.local_search import Score as Score
from bohwsw.acquisition.local_search import best_of as best_of
from bohwsw.acquisition.local_search import climb as climb
from bohwsw.acquisition.local_search import climbed as climbed
from bohwsw.acquisition.local_search import joint_moves as joint_moves
from bohwsw.acquisition.local_search import some_neighbours as some_neighbours
from bohwsw.acquisition.local_search import top_row as top_row
from bohwsw.acquisition.lower_confidence_bound import log_optimistic_gain as log_optimistic_gain
from bohwsw.acquisition.pareto import hypervolume as hypervolume
from bohwsw.acquisition.pareto import non_dominated as non_dominated
from bohwsw.acquisition.pareto import volume_steps as volume_steps
from bohwsw.acquisition.probability_of_feasibility import (
    feasibility_weighted as feasibility_weighted,
)
from bohwsw.acquisition.probability_of_feasibility import (
    log_probability_below as log_probability_below,
)
from bohwsw.acquisition.probability_of_feasibility import (
    log_probability_between as log_probability_between,
)
from bohwsw.acquisition.real_moves import first_of_sizes as first_of_sizes
from bohwsw.acquisition.real_moves import resized as resized
from bohwsw.acquisition.stagnation import improvement_margin as improvement_margin
from bohwsw.acquisition.stagnation import is_exploration_due as is_exploration_due
from bohwsw.acquisition.trust_region import TrustRegion as TrustRegion
from bohwsw.acquisition.trust_region import region_of as region_of
from bohwsw.acquisition.trust_region import region_option as region_option
from bohwsw.acquisition.trust_region import region_side as region_side
from bohwsw.acquisition.unwarped_hypervolume_improvement import (
    UnwarpedHypervolumeImprovement as UnwarpedHypervolumeImprovement,
)
