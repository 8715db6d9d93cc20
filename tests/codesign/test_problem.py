"""The co-design problem: what a machine scores, and why one is infeasible."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from small_space import CONV, NETWORK, changed_space, small_space

from bohwsw.codesign import (
    Design,
    HardwareSpace,
    Problem,
    Rejection,
    best_recipe,
    load_space,
    space_from_dict,
)
from bohwsw.errors import SpecError
from bohwsw.mapper.annealing import AnnealingMapper
from bohwsw.mapper.mapper import Objective
from bohwsw.mapper.random_search import RandomMapper
from bohwsw.mapping.validity import violations
from bohwsw.strategies import TrialState
from bohwsw.workload import network_from_dict
from bohwsw.workload.network import Network


def problem_of(space: HardwareSpace, network: Network = NETWORK, **options: Any) -> Problem:
    recipe = best_recipe().changed(evaluations=options.pop("evaluations", 400))
    if "mapper" in options:
        recipe = replace(recipe, mapper=options.pop("mapper"))
    return Problem(space, network, recipe=recipe, **options)


def design_of(result: Design | Rejection) -> Design:
    assert isinstance(result, Design)
    return result


def rejection_of(space: HardwareSpace, network: Network = NETWORK, **changes: Any) -> Rejection:
    outcome, found = problem_of(space, network).evaluate(space.with_point(changes))
    assert isinstance(found, Rejection)
    assert outcome.state is TrialState.INFEASIBLE
    assert outcome.objective is None
    assert outcome.reason == found.reason
    return found


def test_the_networks_edp_is_sum_of_energies_times_sum_of_cycles() -> None:
    space = space_from_dict(small_space())
    design = design_of(problem_of(space).map_networks(space.baseline()))
    energies = [layer.evaluation.energy_pj or 0.0 for layer in design.layers]
    cycles = [layer.evaluation.latency_cycles or 0 for layer in design.layers]
    assert [layer.entry.count for layer in design.layers] == [3, 2]
    assert design.energy_pj == pytest.approx(3 * energies[0] + 2 * energies[1])
    assert design.latency_cycles == 3 * cycles[0] + 2 * cycles[1]
    assert design.edp_pj_cycles == pytest.approx(design.energy_pj * design.latency_cycles)
    assert design.edp_pj_cycles > sum(e * c for e, c in zip(energies, cycles, strict=True))
    # pJ a cycle at 500 MHz: 1 pJ x 5e8 / s = 0.5 mW.
    assert design.power_mw(500.0) == pytest.approx(0.5 * design.energy_pj / design.latency_cycles)


@pytest.mark.parametrize("objective", ["edp", "energy", "latency"])
def test_the_outcome_is_the_logarithm_of_the_objective(objective: Objective) -> None:
    space = space_from_dict(small_space())
    problem = problem_of(space, objectives=objective)
    outcome, found = problem.evaluate(space.spec.baseline.point)
    design = design_of(found)
    figures = (design.edp_pj_cycles, design.energy_pj, design.latency_cycles)
    value = figures[("edp", "energy", "latency").index(objective)]
    assert outcome.state is TrialState.COMPLETED
    assert outcome.objective == pytest.approx(math.log(value))
    assert design.objective(objective) == value


def test_every_layer_keeps_to_the_machine_and_its_dataflow() -> None:
    space = space_from_dict(small_space())
    for hardware in (space.baseline(), space.baseline(free=True)):
        for layer in design_of(problem_of(space).map_networks(hardware)).layers:
            assert not violations(layer.entry.layer, hardware.architecture, layer.mapping)
            register = layer.mapping.levels[2]
            assert "Weights" in register.keep
            allowed = hardware.dataflow.levels["Register"].temporal
            loops = {dim for dim, factor in register.temporal if factor > 1}
            assert allowed is None or loops <= allowed


@pytest.mark.parametrize("name", ["eyeriss-168", "gemmini-like"])
def test_the_restricted_baseline_is_no_better_than_the_free_one(name: str) -> None:
    space = load_space(name)
    network = network_from_dict({"name": "net", "layers": [CONV]})
    problem = problem_of(space, network, evaluations=20_000)
    restricted = design_of(problem.map_networks(space.baseline()))
    free = design_of(problem.map_networks(space.baseline(free=True)))
    # Both searches are heuristic: the larger space may be searched a little less well.
    assert free.edp_pj_cycles < 1.02 * restricted.edp_pj_cycles


def test_the_result_depends_on_the_seed_and_not_on_the_threads() -> None:
    space = space_from_dict(small_space())
    results = [
        design_of(
            problem_of(space, mapper=RandomMapper(), seed=seed, threads=threads).map_networks(
                space.baseline()
            )
        )
        for seed, threads in ((0, 1), (0, 2), (0, 1), (1, 2))
    ]
    mappings = [[layer.mapping for layer in design.layers] for design in results]
    assert mappings[0] == mappings[1] == mappings[2]
    assert mappings[0] != mappings[3]
    assert results[0].edp_pj_cycles == results[1].edp_pj_cycles


def test_a_larger_budget_and_another_mapper() -> None:
    space = space_from_dict(small_space())
    proven = design_of(problem_of(space).map_finally(space.baseline()))
    few, many = (
        design_of(
            problem_of(space, mapper=AnnealingMapper(), evaluations=evaluations).map_networks(
                space.baseline()
            )
        )
        for evaluations in (20, 20_000)
    )
    assert proven.edp_pj_cycles <= 1.02 * many.edp_pj_cycles
    assert many.edp_pj_cycles < few.edp_pj_cycles
    assert 0.0 < proven.lower_bound <= proven.edp_pj_cycles
    assert many.lower_bound == 0.0
    random = problem_of(space, mapper=RandomMapper())
    assert design_of(random.map_networks(space.baseline())).edp_pj_cycles > 0


def test_a_machine_over_the_area_limit_is_infeasible_with_value_limit_and_ratio() -> None:
    area_mm2 = space_from_dict(small_space()).baseline().area_mm2
    assert area_mm2
    space = space_from_dict(small_space() | {"limits": {"area_mm2": area_mm2 / 2}})
    found = rejection_of(space)
    assert found.layer is None
    assert found.reason == f"area_mm2 {area_mm2:.4g} of at most {area_mm2 / 2:g} (2 times)"
    at_limit = space_from_dict(small_space() | {"limits": {"area_mm2": area_mm2}})
    outcome, _ = problem_of(at_limit).evaluate(at_limit.spec.baseline.point)
    assert outcome.state is TrialState.COMPLETED


def test_a_machine_over_the_power_limit_is_infeasible() -> None:
    plain = space_from_dict(small_space())
    design = design_of(problem_of(plain).evaluate(plain.spec.baseline.point)[1])
    power_mw = design.power_mw(500.0)
    space = space_from_dict(small_space() | {"limits": {"power_mw": power_mw / 4}})
    assert rejection_of(space).reason == (
        f"power_mw {power_mw:.4g} of at most {power_mw / 4:g} (4 times)"
    )
    space = space_from_dict(small_space() | {"limits": {"power_mw": power_mw}})
    assert problem_of(space).evaluate(space.spec.baseline.point)[0].objective is not None


def test_a_layer_without_a_mapping_is_infeasible_with_level_value_limit_and_ratio() -> None:
    found = rejection_of(space_from_dict(small_space()), row_whole=True, entries=4)
    assert found.layer == "conv"
    (violation,) = found.violations
    assert (violation.constraint, violation.level, violation.data_space) == (
        "capacity",
        "Register",
        "Weights",
    )
    assert (violation.value, violation.limit, violation.ratio) == (5, 4, 1.25)
    assert "'conv' has no valid mapping" in found.reason
    assert "Register Weights: capacity 5 of at most 4 words (1.25 times)" in found.reason


def test_enough_room_for_the_row_makes_it_feasible() -> None:
    space = space_from_dict(small_space())
    point = space.with_point({"row_whole": True, "entries": 5})
    assert isinstance(problem_of(space).evaluate(point)[1], Design)


def test_a_dimension_without_a_place_is_infeasible_not_an_error() -> None:
    tree = changed_space("dataflow.DRAM", {"temporal": {"C": True, "P": "flow == 'weights'"}})
    tree["dataflow"]["Buffer"] |= {"temporal": ["K", "Q", "R", "S"]}
    tree["dataflow"]["Register"] |= {"temporal": []}
    tree["dataflow"]["Buffer"]["spatial_y"] = []
    space = space_from_dict(tree)
    outcome, _ = problem_of(space).evaluate(space.with_point({"flow": "weights"}))
    assert outcome.state is TrialState.COMPLETED
    found = rejection_of(space, flow="outputs")
    assert found.layer == "conv"
    assert "no place for dimension P" in found.reason


def test_a_point_that_is_none_is_an_error_of_the_caller() -> None:
    space = space_from_dict(small_space())
    point = {**space.spec.baseline.point, "entries": 99}
    with pytest.raises(SpecError, match="not in the space"):
        problem_of(space).evaluate(point)


def test_seeds_and_threads_may_be_of_numpy_and_have_limits() -> None:
    space = space_from_dict(small_space())
    problem = Problem(space, NETWORK, seed=np.int64(3), threads=np.int32(2))
    assert [type(x) for x in (problem.seed, problem.threads)] == [int, int]
    assert problem == Problem(space, NETWORK, seed=3, threads=2)
    for wrong in ({"seed": -1}, {"seed": 2**70}, {"threads": 0}, {"threads": True}):
        (key,) = wrong
        with pytest.raises(SpecError) as caught:
            Problem(space, NETWORK, **wrong)
        assert caught.value.key_path == key
