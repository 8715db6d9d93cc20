"""Several networks on one chip and several objectives: what a machine scores."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from small_space import CONV, NETWORK, small_space

from bohwsw.codesign import (
    Design,
    FirstLook,
    HardwareSpace,
    MappedNetwork,
    NetworkMapper,
    Networks,
    Problem,
    Rejection,
    best_recipe,
    limited,
    space_from_dict,
)
from bohwsw.errors import SpecError
from bohwsw.mapper.annealing import AnnealingMapper
from bohwsw.mapper.mapper import Mapper
from bohwsw.mapper.random_search import RandomMapper
from bohwsw.strategies import TrialState
from bohwsw.workload import network_from_dict

OTHER = network_from_dict({"name": "other", "layers": [{"name": "fc", "K": 64, "C": 16}]})
BOTH = Networks((NETWORK, OTHER), (3, 1))


def problem(space: HardwareSpace | None = None, **changes: Any) -> Problem:
    made = Problem(
        space or space_from_dict(small_space()),
        BOTH,
        recipe=replace(best_recipe().at(0), evaluations=400, final_gap=None),
    )
    return replace(made, **changes)


def alone(one: Problem) -> list[Design]:
    designs = []
    for network in one.networks.networks:
        single = Problem(one.hardware_space, network, recipe=one.recipe)
        found = single.evaluate(one.hardware_space.spec.baseline.point)[1]
        assert isinstance(found, Design)
        designs.append(found)
    return designs


def scored(one: Problem) -> tuple[dict[str, float], Design]:
    outcome, found = one.evaluate(one.hardware_space.spec.baseline.point)
    assert outcome.state is TrialState.COMPLETED
    assert isinstance(found, Design)
    return outcome.values, found


def test_what_is_told_is_the_weighted_sum_of_logarithms() -> None:
    values, chip = scored(problem())
    first, second = alone(problem())
    expected = 0.75 * math.log(first.edp_pj_cycles) + 0.25 * math.log(second.edp_pj_cycles)
    assert values == {"objective": pytest.approx(expected, rel=1e-12)}
    assert math.log(chip.objective("edp")) == pytest.approx(expected, rel=1e-12)
    assert [network.name for network in chip.networks] == ["two layers", "other"]


def test_each_network_is_mapped_as_if_it_were_alone() -> None:
    chip = scored(problem())[1]
    for design, single in zip(chip.each(), alone(problem()), strict=True):
        assert [layer.mapping for layer in design.layers] == [x.mapping for x in single.layers]
    assert chip.evaluations == sum(single.evaluations for single in alone(problem()))


def test_the_ratio_of_two_chips_does_not_depend_on_scale() -> None:
    chip = scored(problem())[1]
    free = problem().map_finally(problem().hardware_space.baseline())
    assert isinstance(free, Design)
    expected = math.prod(
        (a.edp_pj_cycles / b.edp_pj_cycles) ** w
        for a, b, w in zip(free.each(), chip.each(), (0.75, 0.25), strict=True)
    )
    assert free.ratio_to(chip, "edp") == pytest.approx(expected)
    assert free.ratio_to(chip, "area") == 1.0
    assert 0.0 <= chip.gap("edp") < 0.5
    assert chip.lower_bound <= chip.objective("edp")


def looking_first(one: Problem, evaluations: int = 100, within: float = 0.5) -> Problem:
    look = FirstLook(evaluations, within)
    return replace(one, recipe=replace(one.recipe, mapper=AnnealingMapper(), first_look=look))


def test_a_machine_that_promises_too_little_gets_the_first_look_alone() -> None:
    one = looking_first(problem())
    point = one.hardware_space.spec.baseline.point
    first, chip = problem(recipe=one.recipe.changed(evaluations=100)).evaluate(point)
    assert first.objective is not None
    assert isinstance(chip, Design)
    assert chip.evaluations == 3 * 100
    near = first.objective - math.log(1.5)
    for best, looks in ((near - 1e-9, True), (near + 1e-9, False), (math.inf, False)):
        outcome, found = one.evaluate(point, best=best)
        assert isinstance(found, Design)
        assert found.evaluations == 3 * (100 if looks else 400)
        assert outcome.objective is not None
        assert outcome.objective <= first.objective
        if looks:
            assert found.mappings() == chip.mappings()


@pytest.mark.parametrize("mapper", [AnnealingMapper(), RandomMapper()])
def test_what_is_left_of_the_search_never_ends_worse_than_the_first_look(mapper: Mapper) -> None:
    space = space_from_dict(small_space())
    recipe = replace(looking_first(problem()).recipe, mapper=mapper)
    big = network_from_dict({"name": "big", "layers": [{**CONV, "K": 64, "C": 96, "P": 30}]})
    for evaluations in (1, 7, 500, 3_000):
        recipe = replace(recipe, evaluations=3_001, first_look=FirstLook(evaluations, 0.5))
        one = problem(space, networks=Networks((big,)), recipe=recipe)
        first = replace(one, recipe=recipe.changed(evaluations=evaluations))
        values, chip = scored(one)
        assert values["objective"] <= scored(first)[0]["objective"]
        assert chip.evaluations == 3_001


def test_a_budget_as_small_as_the_first_look_is_spent_at_once() -> None:
    for evaluations in (400, 500):
        one = looking_first(problem(), evaluations=evaluations)
        whole = problem(recipe=one.recipe.changed(evaluations=400))
        point = one.hardware_space.spec.baseline.point
        assert one.evaluate(point, best=-math.inf)[0] == whole.evaluate(point)[0]


def test_with_several_objectives_no_machine_promises_too_little() -> None:
    one = looking_first(problem(objectives=("energy", "latency")))
    found = one.evaluate(one.hardware_space.spec.baseline.point, best=-math.inf)[1]
    assert isinstance(found, Design)
    assert found.evaluations == 3 * 400


def test_limits_hold_after_the_first_look() -> None:
    slow = scored(problem())[1].each()[0].latency_ms(500.0)
    one = looking_first(problem(networks=Networks((NETWORK,))))
    one = replace(one, hardware_space=limited(one.hardware_space, {"latency_ms": slow / 2}))
    for best in (-math.inf, math.inf):
        outcome, found = one.evaluate(one.hardware_space.spec.baseline.point, best=best)
        assert isinstance(found, Rejection)
        assert outcome.state is TrialState.INFEASIBLE
        assert found.reason.startswith("latency_ms")


def test_several_objectives_are_metrics_by_their_logarithms() -> None:
    one = problem(objectives=("energy", "latency", "area"))
    assert one.mapped_for == "edp"
    values, chip = scored(one)
    assert values == {
        "ln_energy_pj": pytest.approx(math.log(chip.objective("energy"))),
        "ln_latency_cycles": pytest.approx(math.log(chip.objective("latency"))),
        "ln_area_mm2": pytest.approx(math.log(chip.area_mm2 or 0.0)),
    }
    assert tuple(values) == one.measures


def test_the_area_alone_may_be_the_objective() -> None:
    values, chip = scored(problem(objectives=("area",)))
    assert values == {"objective": pytest.approx(math.log(chip.area_mm2 or 0.0))}


def test_the_area_needs_a_technology_that_knows_it() -> None:
    space = space_from_dict(small_space() | {"technology": "timeloop-pat"})
    with pytest.raises(SpecError, match="a technology with areas"):
        problem(space, objectives=("edp", "area"))
    problem(space, objectives=("edp", "energy"))


def test_a_machine_is_infeasible_if_a_layer_of_any_network_is() -> None:
    space = space_from_dict(small_space())
    point = space.with_point({"row_whole": True, "entries": 4})
    assert isinstance(problem(space, networks=Networks((OTHER,))).evaluate(point)[1], Design)
    for suite in (BOTH, Networks((OTHER, NETWORK), (1, 1))):
        outcome, found = problem(space, networks=suite).evaluate(point)
        assert outcome.state is TrialState.INFEASIBLE
        assert isinstance(found, Rejection)
        assert (found.network, found.layer) == ("two layers", "conv")
        assert "network 'two layers': layer 'conv' has no valid mapping" in found.reason
        assert found.reason == outcome.reason


def test_each_network_keeps_to_the_limits() -> None:
    space = space_from_dict(small_space())
    slow, fast = (design.latency_ms(500.0) for design in scored(problem())[1].each())
    assert slow > fast
    between = limited(space, {"latency_ms": (slow + fast) / 2})
    found = problem(between).evaluate(space.spec.baseline.point)[1]
    assert isinstance(found, Rejection)
    assert found.network == "two layers"
    assert found.reason.startswith("network 'two layers': latency_ms")
    alone = problem(between, networks=Networks((OTHER,)))
    assert isinstance(alone.evaluate(space.spec.baseline.point)[1], Design)


def test_a_finalist_over_a_limit_keeps_the_mappings_of_the_search(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = problem(networks=Networks((network_from_dict({"name": "conv", "layers": [CONV]}),)))
    hardware = one.hardware_space.baseline(free=True)
    searched = scored(one)[1]
    power = searched.power_mw(500.0)
    one = replace(one, hardware_space=limited(one.hardware_space, {"power_mw": power * 1.001}))
    real = NetworkMapper.map_network

    def hungrier(self: NetworkMapper, hardware: Any, _: Any = ()) -> MappedNetwork:
        found = real(self, hardware)
        assert isinstance(found, MappedNetwork)
        layers = [
            replace(
                x, evaluation=replace(x.evaluation, energy_pj=2 * (x.evaluation.energy_pj or 0))
            )
            for x in found.layers
        ]
        return replace(found, layers=tuple(layers))

    monkeypatch.setattr(NetworkMapper, "map_finally", hungrier)
    one = replace(one, recipe=replace(one.recipe, final_gap=0.02))
    finalist = one.map_finally(hardware, searched.mappings())
    assert isinstance(finalist, Design)
    assert finalist.objective("edp") == searched.objective("edp")


def test_a_baseline_that_only_its_better_mappings_take_over_a_limit_keeps_to_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = problem(networks=Networks((network_from_dict({"name": "conv", "layers": [CONV]}),)))
    hardware = one.hardware_space.baseline(free=True)
    searched = one.map_finally(hardware)
    assert isinstance(searched, Design)
    power = searched.power_mw(500.0)
    real = NetworkMapper.map_network

    def twice_as_fast(self: NetworkMapper, hardware: Any) -> MappedNetwork:
        found = real(self, hardware)
        assert isinstance(found, MappedNetwork)
        layers = [replace(x, entry=replace(x.entry, count=1)) for x in found.layers]
        cycles = layers[0].evaluation.latency_cycles or 0
        faster = replace(layers[0].evaluation, latency_cycles=cycles // 2)
        return replace(found, layers=(replace(layers[0], evaluation=faster),))

    monkeypatch.setattr(NetworkMapper, "map_finally", twice_as_fast)
    recipe = replace(one.recipe, final_gap=0.02)
    for share, over in ((1.001, ()), (0.999, ("power_mw",))):
        space = limited(one.hardware_space, {"power_mw": power * share})
        found = replace(one, hardware_space=space, recipe=recipe).map_finally(hardware)
        assert isinstance(found, Design)
        assert tuple(violation.constraint for violation in found.violations) == over
        is_kept = found.power_mw(500.0) == pytest.approx(power)
        assert is_kept is not bool(over)
