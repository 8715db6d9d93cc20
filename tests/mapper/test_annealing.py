"""The annealing mapper."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from bohwsw.codesign import load_space
from bohwsw.compiled import cache_holds
from bohwsw.errors import SpecError
from bohwsw.mapper import annealing_kernel
from bohwsw.mapper.annealing import AnnealingMapper
from bohwsw.mapper.annealing_kernel import anneal
from bohwsw.mapper.random_search import RandomMapper
from bohwsw.mapping.batch import SPATIAL_X, SPATIAL_Y, MappingBatch, empty_batch
from bohwsw.mapping.mapspace import MapSpace
from bohwsw.mapping.sampling import space_arrays
from bohwsw.testing import MapperConformance
from bohwsw.testing.small_map_spaces import costs, machine, tiny_space
from bohwsw.workload import DIMENSION_INDEX, Layer

SMALL_COUSINS = (
    Layer("conv2", K=16, C=16, P=28, Q=28, R=3, S=3),
    Layer("conv3", K=32, C=32, P=14, Q=14, R=3, S=3),
    Layer("conv4", K=64, C=64, P=7, Q=7, R=3, S=3),
    Layer("conv5", K=128, C=128, P=4, Q=4, R=3, S=3),
    Layer("dqn1", K=16, C=4, P=10, Q=10, R=8, S=8, stride_w=4, stride_h=4),
    Layer("dqn2", K=32, C=16, P=5, Q=5, R=4, S=4, stride_w=2, stride_h=2),
    Layer("dqn3", K=32, C=32, P=4, Q=4, R=3, S=3),
)


class TestAnnealingMapper(MapperConformance):
    mapper = AnnealingMapper()

    def test_warming_up_compiles(self) -> None:
        AnnealingMapper().warm_up()
        assert cache_holds("annealing_kernel.anneal-")

    def test_the_first_seed_is_not_special(self) -> None:
        space = self.space()
        found = {self.search(space, seed=seed, evaluations=8).trace[-1] for seed in range(6)}
        assert len(found) > 1

    def test_the_result_is_never_worse_than_a_warm_start(self) -> None:
        space = self.space()
        good = self.search(space, evaluations=50_000)
        poor = self.search(space, evaluations=1)
        assert poor.trace[-1] > good.trace[-1]
        for budget in (2, 30, 501, 2000):
            result = self.search(
                space, warm_starts=[poor.mapping, good.mapping], evaluations=budget, seed=1
            )
            assert result.trace[-1] <= good.trace[-1] * (1 + 1e-12)
        cold = self.search(space, evaluations=30, seed=1)
        assert cold.trace[-1] > good.trace[-1]

    def test_half_the_chains_stay_as_they_are(self) -> None:
        """The second chain of two does not see what is given."""
        space = self.space()
        poor = self.search(space, evaluations=1).mapping
        for seed in range(5):
            cold, warm = (
                self.search(space, seed=seed, evaluations=1000, warm_starts=starts)
                for starts in ([], [poor])
            )
            if cold.trace[24] > cold.trace[-1]:  # found by the second chain
                assert warm.trace[-1] <= cold.trace[-1]
                return
        raise AssertionError("the first chain was best with every seed")

    def test_each_warm_start_has_its_turn(self, monkeypatch: pytest.MonkeyPatch) -> None:
        space = self.space()
        one, other = (self.search(space, evaluations=n).mapping for n in (1, 5000))
        assert one != other
        seen = []

        def note(problem: Any, given: MappingBatch, *rest: Any) -> tuple[float, int]:
            seen.append([given.mapping(row) for row in range(len(given.factors))])
            return anneal(problem, given, *rest)

        monkeypatch.setattr("bohwsw.mapper.annealing.anneal", note)
        search = AnnealingMapper(chain_steps=1).search
        search(space, costs(space.architecture.depth), evaluations=12, warm_starts=[one, other])
        assert seen[::2] == [[one, other], [other], [one, other], [one], [one, other], [other]]
        assert seen[1::2] == [[]] * 6

    def test_a_warm_start_for_another_machine_is_refused(self) -> None:
        shallow = self.search(MapSpace(Layer("one"), machine(200, 12, (4, 2)))).mapping
        flat = replace(shallow, levels=shallow.levels[:-1])
        with pytest.raises(SpecError, match="2 levels"):
            self.search(self.space(), warm_starts=[flat])


@pytest.mark.parametrize("chain_steps", [1, 2, 15, 17, 1000])
def test_short_chains(chain_steps: int) -> None:
    """So short that the screening is all or nearly all of a chain."""
    mapper = AnnealingMapper(chain_steps=chain_steps)
    result = mapper.search(tiny_space(), costs(3), evaluations=40)
    assert result.evaluation.valid
    assert sum(chain.steps for chain in mapper.chains(40)) == 40


@pytest.mark.parametrize("budget", [1, 499, 500, 1000, 1001, 50_000, 123_456])
def test_chains_share_the_budget(budget: int) -> None:
    chains = list(AnnealingMapper(8000).chains(budget))
    assert sum(chain.steps for chain in chains) == budget
    assert [chain.first for chain in chains] == [
        sum(c.steps for c in chains[:i]) for i in range(len(chains))
    ]
    assert all(chain.steps == chain.schedule <= 8000 for chain in chains[:-1])


def test_chains_of_a_larger_budget_begin_with_those_of_a_smaller() -> None:
    small = list(AnnealingMapper(8000).chains(30_000))
    large = list(AnnealingMapper(8000).chains(70_000))
    assert large[: len(small) - 1] == small[:-1]
    assert large[len(small) - 1]._replace(steps=small[-1].steps) == small[-1]
    assert [chain.schedule for chain in large[:7]] == [500, 500, 1000, 2000, 4000, 8000, 8000]


def test_annealing_beats_random_search_at_equal_evaluations() -> None:
    hardware = load_space("eyeriss-168").baseline(free=True)
    gains = []
    for layer in SMALL_COUSINS:
        space = MapSpace(layer, hardware.architecture)
        edps = []
        for mapper in (AnnealingMapper(), RandomMapper()):
            runs = [
                mapper.search(space, hardware.costs, evaluations=8000, seed=seed).evaluation
                for seed in range(3)
            ]
            edps.append(sorted(run.edp_pj_cycles or math.inf for run in runs)[1])
        gains.append(math.log(edps[1] / edps[0]))
        assert gains[-1] > 0.0, layer.name
    assert math.exp(sum(gains) / len(gains)) > 1.1


def test_a_factor_may_go_to_the_other_axis(monkeypatch: pytest.MonkeyPatch) -> None:
    """K moves from X to Y of one level in a single step, though it may not be on both at once."""
    space = MapSpace(Layer("wide", K=7), machine(mesh=(1, 7)))
    found = AnnealingMapper().search(space, costs(3), objective="latency", evaluations=2000)
    assert found.evaluation.latency_cycles == 1
    batch = empty_batch(1, 3)
    batch.factors[0, 1, SPATIAL_X, DIMENSION_INDEX["K"]] = 7
    arrays = space_arrays(MapSpace(Layer("wide", K=7), machine(mesh=(7, 7))))
    k, source, target = DIMENSION_INDEX["K"], 3 + SPATIAL_X, 3 + SPATIAL_Y
    monkeypatch.setattr(annealing_kernel, "may_enter", annealing_kernel.may_enter.py_func)
    move_factor = annealing_kernel.move_factor.py_func
    assert not move_factor(batch.factors[0], arrays, k, source, source, 7)
    assert batch.factors[0, 1, SPATIAL_X, k] == 7
    assert move_factor(batch.factors[0], arrays, k, source, target, 7)
    assert batch.factors[0, 1, :, k].tolist() == [1, 1, 7]
