"""What every mapper must do: a test class that the tests of each mapper subclass."""

from __future__ import annotations

from random import Random
from typing import Any, cast

import numpy as np
import pytest

from bohwsw.arch import Architecture, MacArray, StorageLevel
from bohwsw.errors import NoValidMappingError, SpecError
from bohwsw.mapper import OBJECTIVES, TRACE_POINTS, Mapper, MapperResult, Objective
from bohwsw.mapping import Dataflow, LevelDataflow, MapSpace, batch_of, fitting, space_arrays
from bohwsw.simulator import Evaluation, simulate
from bohwsw.testing.small_map_spaces import costs, machine, random_space, tiny_space, valid_mappings
from bohwsw.workload import DATA_SPACES, Layer

LAYER = Layer("conv", K=8, C=6, P=7, Q=4, R=3, S=3)


def value(evaluation: Evaluation, objective: str) -> float:
    """What an objective calls for."""
    found = {
        "edp": evaluation.edp_pj_cycles,
        "energy": evaluation.energy_pj,
        "latency": evaluation.latency_cycles,
    }[objective]
    assert found is not None
    return float(found)


def same(one: MapperResult, other: MapperResult) -> bool:
    """Whether two results are equal in every figure."""
    return (
        one.mapping == other.mapping
        and one.evaluation == other.evaluation
        and one.valid_share == other.valid_share
        and one.evaluations == other.evaluations
        and one.lower_bound == other.lower_bound
        and np.array_equal(one.trace, other.trace)
    )


class MapperConformance:
    """Subclass it and set ``mapper``.

    Attributes:
        stops_at_budget: whether it evaluates as many mappings as its budget says, and no more; a
            mapper that proves its answer may need more, or fewer.
    """

    mapper: Mapper
    stops_at_budget = True

    def space(self, layer: Layer = LAYER, **sizes: Any) -> MapSpace:
        return MapSpace(layer, machine(**{"glb": 200, "spad": 12, "mesh": (4, 2), **sizes}))

    def search(self, space: MapSpace, hops: float = 0.0, **settings: Any) -> MapperResult:
        prices = costs(space.architecture.depth, hops)
        return self.mapper.search(space, prices, **{"evaluations": 2000, **settings})

    def test_it_has_a_name(self) -> None:
        assert self.mapper.name

    @pytest.mark.parametrize("hops", [0.0, 0.7])
    def test_the_result_is_valid_and_costs_what_the_scalar_simulator_says(
        self, hops: float
    ) -> None:
        space = self.space()
        result = self.search(space, hops)
        prices = costs(3, hops)
        assert result.evaluation.valid
        assert result.evaluation == simulate(LAYER, space.architecture, result.mapping, prices)
        assert result.evaluations == 2000 or not self.stops_at_budget
        assert 0.0 < result.valid_share <= 1.0

    def test_the_result_lies_in_the_map_space(self) -> None:
        for seed in range(12):
            space = random_space(Random(seed), LAYER, machine(200, 12, (4, 2)))
            try:
                batch = batch_of([self.search(space, evaluations=300).mapping])
            except NoValidMappingError:
                continue
            assert not (batch.factors[0] > 1)[~space.allowed].any()
            assert (batch.keep[0] >= space.keep_must).all()
            assert (batch.keep[0] <= space.keep_may).all()
            assert fitting(space_arrays(space), batch).all()
            crossed = (batch.factors[0, :, 1] > 1) & (batch.factors[0, :, 2] > 1)
            assert not (space.dataflow.single_axis and crossed.any())

    def test_same_seed_same_result_whatever_the_threads(self) -> None:
        space = self.space()
        first = self.search(space, seed=4, evaluations=20_000)
        assert same(first, self.search(space, seed=4, evaluations=20_000))
        assert same(first, self.search(space, seed=4, evaluations=20_000, threads=3))
        assert not same(first, self.search(space, seed=5, evaluations=20_000))

    @pytest.mark.parametrize("objective", OBJECTIVES)
    def test_more_budget_is_never_worse(self, objective: Objective) -> None:
        space = self.space()
        for seed in range(3):
            best = float("inf")
            for budget in (1, 2, 30, 499, 500, 501, 3000, 9000, 17_000):
                result = self.search(space, objective=objective, seed=seed, evaluations=budget)
                found = value(result.evaluation, objective)
                assert found <= best * (1 + 1e-12), (seed, budget)
                best = found

    def test_warm_starts_from_another_layer_and_machine_are_taken_or_left(self) -> None:
        other = self.space(Layer("other", K=16, C=3, P=14, Q=2, R=5, S=3), glb=900, mesh=(8, 8))
        starts = [self.search(other, seed=seed, evaluations=50).mapping for seed in range(3)]
        space = self.space()
        result = self.search(space, warm_starts=starts, evaluations=3000)
        assert fitting(space_arrays(space), batch_of([result.mapping])).all()
        assert result.mapping.factor_products() == LAYER.sizes
        assert same(result, self.search(space, warm_starts=starts, evaluations=3000, threads=3))

    @pytest.mark.parametrize("objective", OBJECTIVES)
    @pytest.mark.parametrize("budget", [1, 7, 1000, 9500])
    def test_the_trace_falls_to_the_result(self, objective: Objective, budget: int) -> None:
        result = self.search(self.space(), objective=objective, evaluations=budget)
        most = budget if self.stops_at_budget else TRACE_POINTS + 1
        assert 1 <= len(result.trace) <= most
        assert (np.diff(result.trace) <= 0).all()
        assert result.trace[-1] == pytest.approx(value(result.evaluation, objective), rel=1e-6)

    @pytest.mark.parametrize("objective", OBJECTIVES)
    @pytest.mark.parametrize("hops", [0.0, 5.0])
    def test_a_tiny_space_is_searched_to_its_end(self, objective: Objective, hops: float) -> None:
        space = tiny_space(layer=Layer("tiny", K=4, P=2))
        prices = costs(3, hops)
        best = min(
            value(simulate(space.layer, space.architecture, mapping, prices), objective)
            for mapping in valid_mappings(space)
        )
        result = self.search(space, hops, objective=objective, evaluations=20_000)
        assert value(result.evaluation, objective) == pytest.approx(best, rel=1e-12)

    @pytest.mark.parametrize("stationary", DATA_SPACES)
    def test_a_stationary_data_space(self, stationary: str) -> None:
        rule = LevelDataflow(stationary=stationary)
        layer = Layer("tiny", K=2, C=2, P=3)
        space = tiny_space(Dataflow(dict.fromkeys(("DRAM", "GLB", "Spad"), rule)), layer)
        free = self.search(tiny_space(layer=layer), evaluations=20_000)
        allowed = valid_mappings(space)
        best = min(
            value(simulate(layer, space.architecture, mapping, costs(3)), "edp")
            for mapping in allowed
        )
        result = self.search(space, evaluations=20_000)
        assert result.mapping in allowed
        assert value(result.evaluation, "edp") == pytest.approx(best, rel=1e-12)
        assert value(free.evaluation, "edp") <= best * (1 + 1e-12)

    def test_a_space_of_one_mapping(self) -> None:
        flat = Architecture("flat", (StorageLevel("DRAM"),), MacArray())
        result = self.search(MapSpace(Layer("one"), flat), evaluations=3000)
        assert result.mapping.compute_cycles == 1
        assert result.valid_share == 1.0
        assert np.ptp(result.trace) == 0.0

    def test_a_space_with_no_free_choice_does_not_spin(self) -> None:
        everything = frozenset({"Weights", "Inputs", "Outputs"})
        stay = LevelDataflow(temporal=frozenset(), bypass=everything)
        outer = LevelDataflow(temporal=frozenset("K"))
        no_spread = LevelDataflow(frozenset(), frozenset(), frozenset(), bypass=everything)
        dataflow = Dataflow({"DRAM": outer, "GLB": no_spread, "Spad": stay})
        space = MapSpace(Layer("line", K=30), machine(), dataflow)
        result = self.search(space, evaluations=3000)
        assert result.mapping.levels[0].temporal == (("K", 30),)

    @pytest.mark.parametrize("objective", OBJECTIVES)
    def test_no_valid_mapping(self, objective: Objective) -> None:
        rule = LevelDataflow(whole=frozenset({"R"}), keep=frozenset({"Weights"}))
        space = MapSpace(Layer("row", R=9), machine(spad=8), Dataflow({"Spad": rule}))
        with pytest.raises(NoValidMappingError, match="Spad Weights: capacity 9 of at most 8"):
            self.search(space, objective=objective, evaluations=100)

    def test_an_unknown_objective(self) -> None:
        with pytest.raises(SpecError, match="unknown objective") as error:
            self.search(self.space(), objective=cast(Objective, "enrgy"))
        assert error.value.nearest == "energy"

    @pytest.mark.parametrize(
        ("key", "bad"),
        [
            ("evaluations", 0),
            ("evaluations", -5),
            ("evaluations", 1.5),
            ("seed", -1),
            ("seed", None),
            ("threads", 0),
            ("threads", True),
        ],
    )
    def test_a_number_out_of_range(self, key: str, bad: Any) -> None:
        with pytest.raises(SpecError, match="not a whole number in range") as error:
            self.search(self.space(), **{key: bad})
        assert error.value.key_path == key
