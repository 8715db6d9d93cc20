"""The sequential mapper: ask and tell over the mappings of one layer."""

from __future__ import annotations

import math
from dataclasses import replace
from statistics import median
from typing import Any, cast

import numpy as np
import pytest

from bohwsw.arch import Architecture, MacArray, StorageLevel
from bohwsw.errors import NoValidMappingError, SpecError
from bohwsw.mapper.goal import Goal
from bohwsw.mapper.mapper import OBJECTIVES, TRACE_POINTS, Mapper, MapperResult, Objective
from bohwsw.mapping.dataflow import Dataflow, LevelDataflow
from bohwsw.mapping.mapspace import MapSpace
from bohwsw.mapping.nest import Mapping
from bohwsw.mapping.validity import violations
from bohwsw.mapping_search import MappingSpace, SequentialMapper, sequential_mapper
from bohwsw.mapping_search.sequential_mapper import EvenMappingSpace
from bohwsw.simulator.costs import Costs
from bohwsw.simulator.reference import simulate
from bohwsw.strategies import Outcome, Strategy, TrialState
from bohwsw.tech.technology import StorageCost
from bohwsw.testing.small_map_spaces import costs, machine, tiny_space, valid_mappings
from bohwsw.workload import DATA_SPACES, Layer

LAYER = Layer("conv", K=16, C=12, P=14, Q=14, R=3, S=3)
SPACE = MapSpace(LAYER, machine(glb=400, spad=12, mesh=(4, 4)))
SETTLED_KEEPS = Dataflow(
    {
        "GLB": LevelDataflow(keep=frozenset({"Inputs", "Outputs"}), bypass=frozenset({"Weights"})),
        "Spad": LevelDataflow(bypass=frozenset({"Inputs"})),
    }
)
TINY = tiny_space(SETTLED_KEEPS, Layer("tiny", K=4, P=3))
COSTS = costs(3)
MAPPER: Mapper = SequentialMapper()


def search(mapper: Mapper = MAPPER, space: MapSpace = SPACE, **settings: Any) -> MapperResult:
    return mapper.search(space, COSTS, **{"evaluations": 30, **settings})


@pytest.fixture(scope="module")
def usual() -> MapperResult:
    return search()


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Mapping, Outcome]]:
    """What strategies were told in a test."""
    found: list[tuple[Mapping, Outcome]] = []
    tell = Strategy.tell

    def recording(self: Strategy, point: Any, outcome: Outcome) -> None:
        assert isinstance(self.space, MappingSpace)
        found.append((self.space.mapping_of(point), outcome))
        tell(self, point, outcome)

    monkeypatch.setattr(Strategy, "tell", recording)
    return found


# -- what every mapper does -------------------------------------------------------------------


def test_its_default_budget_and_options_are_the_papers() -> None:
    mapper = SequentialMapper()
    assert (mapper.name, mapper.strategy) == ("sequential", "linear")
    assert (mapper.pool, mapper.kappa) == (150, 1.0)
    assert mapper.known_capacity
    assert mapper.even


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_the_result_is_valid_and_costs_what_the_scalar_simulator_says(objective: Objective) -> None:
    result = search(objective=objective)
    assert violations(LAYER, SPACE.architecture, result.mapping) == ()
    assert result.evaluation == simulate(LAYER, SPACE.architecture, result.mapping, COSTS)
    assert result.evaluations == 30
    assert result.valid_share == 1.0
    assert result.lower_bound == 0.0
    assert result.gap == math.inf
    assert result.trace[-1] == pytest.approx(Goal(objective).of(result.evaluation), rel=1e-9)


def test_same_seed_same_result() -> None:
    first, again, other = search(seed=4), search(seed=4, threads=3), search(seed=2**40)
    assert first.mapping == again.mapping
    assert first.evaluation == again.evaluation
    np.testing.assert_array_equal(first.trace, again.trace)
    assert not np.array_equal(first.trace, other.trace)


@pytest.mark.parametrize("budget", [1, 3, TRACE_POINTS + 9])
def test_the_trace_falls_to_the_result(budget: int, told: list[tuple[Mapping, Outcome]]) -> None:
    result = search(evaluations=budget)
    assert len(told) == result.evaluations == budget
    assert len(result.trace) == min(TRACE_POINTS, budget)
    assert (np.diff(result.trace) <= 0.0).all()
    first, best = told[0][1].objective, min(outcome.objective or math.inf for _, outcome in told)
    assert first is not None
    assert result.trace[0] == pytest.approx(math.exp(first))
    assert result.trace[-1] == pytest.approx(math.exp(best))


def test_more_budget_is_never_worse() -> None:
    ends = [search(evaluations=budget, seed=3).trace[-1] for budget in (1, 2, 9, 30)]
    assert (np.diff(ends) <= 0.0).all()


def test_an_unknown_objective() -> None:
    with pytest.raises(SpecError, match="unknown objective") as error:
        search(objective=cast(Objective, "enrgy"))
    assert error.value.nearest == "energy"


@pytest.mark.parametrize(
    ("key", "bad"), [("evaluations", 0), ("evaluations", 1.5), ("seed", -1), ("threads", True)]
)
def test_a_number_out_of_range(key: str, bad: object) -> None:
    with pytest.raises(SpecError, match="not a whole number in range") as error:
        search(**{key: bad})
    assert error.value.key_path == key


@pytest.mark.parametrize(
    ("field", "bad", "message"),
    [
        ("strategy", "linaer", "unknown strategy"),
        ("encoding", "pictures", "unknown encoding"),
        ("pool", 0, "out of its range"),
    ],
)
def test_a_field_that_is_not_valid(field: str, bad: object, message: str) -> None:
    mapper = SequentialMapper(**cast(dict[str, Any], {field: bad}))
    with pytest.raises(SpecError, match=message):
        search(mapper)


@pytest.mark.parametrize("known", [True, False])
def test_no_valid_mapping(known: bool) -> None:
    rule = LevelDataflow(whole=frozenset({"R"}), keep=frozenset({"Weights"}))
    space = MapSpace(Layer("row", R=9), machine(spad=8), Dataflow({"Spad": rule}))
    with pytest.raises(NoValidMappingError, match="Spad Weights: capacity 9 of at most 8"):
        search(SequentialMapper(known_capacity=known), space)


# -- what it tells and learns -----------------------------------------------------------------


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_it_tells_the_logarithm_of_the_objective(
    objective: Objective, told: list[tuple[Mapping, Outcome]]
) -> None:
    search(objective=objective, evaluations=8)
    for mapping, outcome in told:
        value = Goal(objective).of(simulate(LAYER, SPACE.architecture, mapping, COSTS))
        assert outcome.state is TrialState.COMPLETED
        assert outcome.objective == pytest.approx(math.log(value), rel=1e-12)


def test_the_objective_matters() -> None:
    found = {name: search(objective=name, seed=1) for name in OBJECTIVES}  # type: ignore[arg-type]
    edp, latency, energy = (found[name].evaluation for name in ("edp", "latency", "energy"))
    assert latency.latency_cycles is not None
    assert edp.latency_cycles is not None
    assert latency.latency_cycles < edp.latency_cycles
    assert energy.energy_pj is not None
    assert latency.energy_pj is not None
    assert energy.energy_pj < latency.energy_pj


def test_a_machine_whose_actions_are_free_has_mappings() -> None:
    free = Costs((StorageCost(0.0, 0.0, 0.0, None),) * 3, (0.0,) * 3, 0.0)
    result = SequentialMapper().search(SPACE, free, objective="edp", evaluations=8)
    assert result.trace[-1] == result.evaluation.edp_pj_cycles == 0.0


def test_unknown_capacity_shows_in_evaluations(told: list[tuple[Mapping, Outcome]]) -> None:
    result = search(SequentialMapper(known_capacity=False), evaluations=30)
    fits = [not violations(LAYER, SPACE.architecture, mapping) for mapping, _ in told]
    states = [outcome.state for _, outcome in told]
    assert states == [TrialState.COMPLETED if fit else TrialState.INFEASIBLE for fit in fits]
    assert result.valid_share == sum(fits) / 30 < 1.0
    assert result.evaluation.valid


def test_none_of_those_tried_fits() -> None:
    """Without knowing the capacities a small budget can end with nothing."""
    keep = LevelDataflow(keep=frozenset({"Weights", "Inputs"}))
    space = MapSpace(LAYER, machine(glb=200, spad=2), Dataflow({"Spad": keep}))
    blind = SequentialMapper(known_capacity=False)
    with pytest.raises(NoValidMappingError, match="none of the 3 mappings") as error:
        search(blind, space, evaluations=3)
    assert error.value.violations
    assert search(space=space, evaluations=3).evaluation.valid


def test_it_beats_random_search() -> None:
    ends = {
        name: [search(SequentialMapper(strategy=name), seed=seed).trace[-1] for seed in range(5)]
        for name in ("linear", "random")
    }
    assert median(ends["linear"]) < 0.8 * median(ends["random"])


@pytest.mark.parametrize("name", ["random", "evolutionary", "bayesian", "space_filling"])
def test_other_strategies_have_no_pool(name: str) -> None:
    result = search(SequentialMapper(strategy=name, pool=-1, initial=-1), evaluations=8)
    assert result.evaluations == 8
    assert result.evaluation.valid


@pytest.mark.parametrize("options", [{"encoding": "raw"}, {"even": False}, {"kappa": 0.0}])
def test_options_matter(options: dict[str, Any], usual: MapperResult) -> None:
    assert not np.array_equal(search(SequentialMapper(**options)).trace, usual.trace)


# -- small map spaces -------------------------------------------------------------------------


def settled(mapping: Mapping) -> Mapping:
    """The same mapping with the loops of its innermost level, whose order is free, in one order."""
    *outer, last = mapping.levels
    return Mapping((*outer, replace(last, temporal=tuple(sorted(last.temporal)))))


def test_a_small_space_is_searched_to_its_end_and_the_best_found_early(
    told: list[tuple[Mapping, Outcome]],
) -> None:
    result = search(space=TINY, evaluations=20_000)
    size = MappingSpace(TINY.layer, TINY.architecture, TINY.dataflow).size()
    assert size.exact
    assert result.evaluations == len(told) == size.count > 100
    mappings = valid_mappings(TINY)
    assert {settled(mapping) for mapping, _ in told} == {settled(mapping) for mapping in mappings}
    best = min(
        Goal("edp").of(simulate(TINY.layer, TINY.architecture, mapping, COSTS))
        for mapping in mappings
    )
    assert result.trace[-1] == pytest.approx(best, rel=1e-12)
    early = [outcome.objective for _, outcome in told[:60] if outcome.objective is not None]
    assert min(early) == pytest.approx(math.log(best), rel=1e-12)


def test_a_space_of_one_mapping() -> None:
    flat = Architecture("flat", (StorageLevel("DRAM"),), MacArray())
    result = MAPPER.search(MapSpace(Layer("one"), flat), costs(1), evaluations=250)
    assert result.mapping.compute_cycles == 1
    assert (result.evaluations, result.valid_share) == (1, 1.0)
    assert result.trace.tolist() == [result.evaluation.edp_pj_cycles]


def test_a_space_with_no_free_choice() -> None:
    everything = frozenset(DATA_SPACES)
    inside = LevelDataflow(temporal=frozenset(), bypass=everything)
    between = LevelDataflow(frozenset(), frozenset(), frozenset(), bypass=everything)
    outer = LevelDataflow(temporal=frozenset("K"))
    dataflow = Dataflow({"DRAM": outer, "GLB": between, "Spad": inside})
    result = search(space=MapSpace(Layer("line", K=30), machine(), dataflow), objective="latency")
    assert result.mapping.levels[0].temporal == (("K", 30),)
    assert result.trace.tolist() == [result.evaluation.latency_cycles]


# -- even samples -----------------------------------------------------------------------------


def even_space(**options: Any) -> EvenMappingSpace:
    return EvenMappingSpace(
        TINY.layer, TINY.architecture, TINY.dataflow, **{"even": True, **options}
    )


@pytest.mark.parametrize("known", [True, False])
def test_all_points_are_equally_likely(known: bool) -> None:
    space = even_space(known_capacity=known)
    everything = space.all_rows(10_000)
    assert everything is not None
    expected = 50
    rows = space.sample_rows(expected * len(everything), np.random.default_rng(0))
    drawn, counts = np.unique(rows, axis=0, return_counts=True)
    assert len(drawn) == len(everything)
    chi_squared = ((counts - expected) ** 2 / expected).sum()
    freedom = len(everything) - 1
    assert abs(chi_squared - freedom) < 4 * math.sqrt(2 * freedom)


def test_even_samples_depend_on_the_generator_only() -> None:
    one, two = (even_space().sample_rows(9, np.random.default_rng(5)) for _ in range(2))
    np.testing.assert_array_equal(one, two)
    assert even_space().sample_rows(0, np.random.default_rng(5)).shape == (0, one.shape[1])


def test_where_nearly_all_draws_break_a_constraint_none_is_thrown_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sequential_mapper, "LEAST_SHARE", 1.5)
    space = even_space()
    rows = space.sample_rows(200, np.random.default_rng(0))
    np.testing.assert_array_equal(
        rows, MappingSpace.sample_rows(even_space(), 200, np.random.default_rng(0))
    )
    assert space.evaluate(rows, COSTS).valid.all()
