"""The random mapper."""

from __future__ import annotations

import numpy as np

from bohwsw.mapper.random_search import RandomMapper
from bohwsw.mapping.sampling import sample
from bohwsw.simulator.batch import hardware_batch, simulate_batch
from bohwsw.testing import MapperConformance
from bohwsw.testing.small_map_spaces import costs


class TestRandomMapper(MapperConformance):
    mapper = RandomMapper()

    def test_every_evaluation_is_valid(self) -> None:
        assert self.search(self.space(), evaluations=9000).valid_share == 1.0

    def test_it_is_the_best_of_a_sample(self) -> None:
        space = self.space()
        result = self.search(space, seed=9, evaluations=1000)
        seed = int(np.random.SeedSequence(9).generate_state(1)[0])
        hardware = hardware_batch([(space.architecture, costs(3))])
        drawn = simulate_batch(space.layer, hardware, sample(space, 1000, seed))
        assert result.evaluation.edp_pj_cycles == drawn.edp_pj_cycles.min()
