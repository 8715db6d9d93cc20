"""Limits on top of those of a space, and the designs that are over one."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from dataclasses import replace

import pytest
from small_space import CONV, NETWORK, small_space

from bohwsw.codesign import (
    FIGURES,
    Design,
    Figure,
    HardwareSpace,
    Networks,
    Problem,
    Rejection,
    UnmappedLayer,
    best_recipe,
    limited,
    over_limits,
    register_figure,
    space_from_dict,
)
from bohwsw.errors import SpecError
from bohwsw.strategies import Outcome, TrialState
from bohwsw.workload import network_from_dict

CLOCK_MHZ = 500.0
OTHER = network_from_dict({"name": "other", "layers": [{**CONV, "K": 16}]})


def evaluated(space: HardwareSpace) -> Design | Rejection:
    recipe = best_recipe().changed(evaluations=400)
    problem = Problem(space, Networks((NETWORK,)), recipe=recipe)
    outcome, found = problem.evaluate(space.spec.baseline.point)
    state = TrialState.INFEASIBLE if isinstance(found, Rejection) else TrialState.COMPLETED
    assert outcome.state is state
    return found


def figures(space: HardwareSpace) -> dict[str, float]:
    found = evaluated(space)
    assert isinstance(found, Design)
    design = found
    return {
        "area_mm2": design.area_mm2 or 0.0,
        "power_mw": design.power_mw(CLOCK_MHZ),
        "latency_ms": design.latency_cycles / (CLOCK_MHZ * 1e6) * 1e3,
    }


@pytest.mark.parametrize("name", ["area_mm2", "power_mw", "latency_ms"])
def test_a_design_over_a_limit_is_infeasible_with_value_limit_and_ratio(name: str) -> None:
    space = space_from_dict(small_space())
    value = figures(space)[name]
    in_file = space_from_dict(small_space() | {"limits": {name: value / 4}})
    for limits in (limited(space, {name: value / 4}), in_file):
        found = evaluated(limits)
        assert isinstance(found, Rejection)
        (violation,) = found.violations
        assert violation.constraint == name
        assert violation.value == pytest.approx(value)
        assert violation.limit == value / 4
        assert violation.ratio == pytest.approx(4.0)
        assert found.reason == f"{name} {value:.4g} of at most {value / 4:g} (4 times)"
    assert isinstance(evaluated(limited(space, {name: value * 1.000001})), Design)


def test_every_limit_that_a_design_is_over_is_named() -> None:
    space = space_from_dict(small_space())
    values = figures(space)
    tight = limited(space, {name: value / 2 for name, value in values.items()})
    chip = evaluated(space)
    assert isinstance(chip, Design)
    area, running = over_limits(chip, tight.spec.limits)
    assert [v.constraint for v in (*area.violations, *running.violations)] == list(values)
    assert all(word in running.reason for word in ("power_mw", "; latency_ms", "(2 times)"))
    rejected = evaluated(limited(space, {x: values[x] / 2 for x in ("power_mw", "latency_ms")}))
    assert isinstance(rejected, Rejection)
    assert rejected.violations == running.violations
    (network,) = chip.networks
    half = replace(network, unmapped=(UnmappedLayer(NETWORK.unique_layers()[0], "none"),))
    assert over_limits(replace(chip, networks=(half,)), tight.spec.limits) == (area,)
    both = replace(chip, networks=(network, replace(network, name="other")))
    named = over_limits(both, tight.spec.limits)
    assert [over.network for over in named] == [None, NETWORK.name, "other"]


def test_of_two_limits_the_stricter_one_holds() -> None:
    space = space_from_dict(small_space() | {"limits": {"area_mm2": 5.0, "power_mw": 10}})
    both = limited(space, {"area_mm2": 7.0, "power_mw": 8, "latency_ms": 2})
    assert both.spec.limits == {"area_mm2": 5.0, "power_mw": 8.0, "latency_ms": 2.0}
    assert limited(space, {}) is space


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"area": 3}, "nearest:  area_mm2"),
        ({"power_mw": 0}, "above 0"),
        ({"latency_ms": -1}, "above 0"),
        ({"latency_ms": float("nan")}, "latency_ms"),
        ({"latency_ms": "much"}, "a number above 0"),
    ],
)
def test_what_is_no_limit_is_refused(limits: dict[str, float], words: str) -> None:
    with pytest.raises(SpecError, match=words):
        limited(space_from_dict(small_space()), limits)


def test_a_limit_on_an_area_that_nobody_knows_is_refused() -> None:
    space = space_from_dict(small_space() | {"technology": "timeloop-pat"})
    with pytest.raises(SpecError, match="a technology with areas"):
        limited(space, {"area_mm2": 3.0})
    limited(space, {"power_mw": 3.0})


@pytest.fixture
def own_figures() -> Iterator[None]:
    """Figures that a user registers: of a network, of the machine, and one that is maximised."""
    before = dict(FIGURES)
    register_figure(Figure("macs_per_nj", "1/nJ", _macs_per_nj, maximised=True))
    register_figure(Figure("fan_out", "", _fan_out, mapped_for=None))
    register_figure(Figure("slack_ms", "ms", _slack_ms, logarithmic=False, maximised=True))
    yield
    FIGURES.clear()
    FIGURES.update(before)


def _macs_per_nj(design: Design) -> float:
    macs = sum(mapped.entry.count * mapped.entry.layer.macs for mapped in design.layers)
    return 1000.0 * macs / design.energy_pj


def _fan_out(design: Design) -> float:
    return float(design.hardware.architecture.macs)


def _slack_ms(design: Design) -> float:
    return 0.01 - design.latency_ms(CLOCK_MHZ)


@pytest.mark.usefixtures("own_figures")
@pytest.mark.parametrize("name", ["macs_per_nj", "fan_out", "slack_ms", "energy_pj"])
def test_a_registered_figure_is_limited_in_a_file_and_beside_it(name: str) -> None:
    space = space_from_dict(small_space())
    chip = evaluated(space)
    assert isinstance(chip, Design)
    figure, value = FIGURES[name], chip.figure(name)
    assert value
    worse = value + abs(value) / 4 if figure.maximised else value / 4
    in_file = space_from_dict(small_space() | {"limits": {name: worse}})
    for limits in (limited(space, {name: worse}), in_file):
        found = evaluated(limits)
        assert isinstance(found, Rejection)
        assert found.measured[name] == value
        most = "at least" if figure.maximised else "at most"
        assert found.reason.startswith(f"{name} {value:.4g} of {most} {worse:g} (")
    assert isinstance(evaluated(limited(space, {name: value})), Design)


@pytest.mark.usefixtures("own_figures")
def test_a_floor_is_stricter_when_it_is_higher() -> None:
    space = limited(space_from_dict(small_space()), {"macs_per_nj": 2.0, "slack_ms": -1.0})
    both = limited(space, {"macs_per_nj": 1.0, "slack_ms": 0.0})
    assert both.spec.limits == {"macs_per_nj": 2.0, "slack_ms": 0.0}
    with pytest.raises(SpecError, match="above 0"):
        limited(space, {"macs_per_nj": 0.0})


@pytest.mark.usefixtures("own_figures")
def test_a_process_that_does_not_know_a_limited_figure_learns_it_with_the_problem() -> None:
    space = limited(space_from_dict(small_space()), {"macs_per_nj": 1e9})
    sent = pickle.dumps(Problem(space, Networks((NETWORK,))))
    figure = FIGURES.pop("macs_per_nj")
    again = pickle.loads(sent)
    assert FIGURES["macs_per_nj"] == figure
    assert again.hardware_space.spec.limits == {"macs_per_nj": 1e9}


def told(space: HardwareSpace, *networks: object, objectives: str = "edp") -> Outcome:
    recipe = best_recipe().changed(evaluations=400)
    problem = Problem(space, list(networks), objectives, recipe)  # type: ignore[arg-type]
    outcome, _ = problem.evaluate(space.spec.baseline.point)
    problem.searcher().tell(space.spec.baseline.point, problem.told(outcome))  # has all values
    return outcome


def test_limited_figures_are_measured_values_of_all_trials() -> None:
    space = space_from_dict(small_space())
    assert told(space, NETWORK).metrics == {}
    values = figures(space)
    limits = {"area_mm2": 2 * values["area_mm2"], "power_mw": 2 * values["power_mw"]}
    within = told(limited(space, {**limits, "latency_ms": 1e3}), NETWORK)
    assert within.state is TrialState.COMPLETED
    assert within.metrics == pytest.approx({x: values[x] for x in ("power_mw", "latency_ms")})
    over = told(limited(space, {**limits, "latency_ms": values["latency_ms"] / 2}), NETWORK)
    assert over.state is TrialState.INFEASIBLE
    objective = told(space, NETWORK).objective
    assert within.objective == objective
    assert over.metrics == pytest.approx({**within.metrics, "ln_edp_pj_cycles": objective})


@pytest.mark.parametrize("objectives", ["edp", "energy,area"])
def test_the_objective_of_a_single_network_over_a_limit_is_learned_from(objectives: str) -> None:
    space = limited(space_from_dict(small_space()), {"latency_ms": 1e-9})
    outcome = told(space, NETWORK, objectives=objectives)
    problem = Problem(space, [NETWORK], objectives)
    strategy, learned = problem.searcher(), problem.told(outcome)
    assert (outcome.state, learned.state) == (TrialState.INFEASIBLE, TrialState.COMPLETED)
    strategy.tell(space.spec.baseline.point, learned)
    (history,) = strategy.history
    assert not history.is_feasible
    assert set(problem.measures) <= set(history.outcome.values)
    several = told(space, NETWORK, OTHER, objectives=objectives)
    assert problem.told(several) == several


def test_of_several_networks_the_worst_is_told() -> None:
    space = space_from_dict(small_space())
    each = [told(limited(space, {"latency_ms": 1e3}), x).metrics for x in (NETWORK, OTHER)]
    both = told(limited(space, {"latency_ms": 1e3}), NETWORK, OTHER)
    assert both.metrics == {"latency_ms": max(x["latency_ms"] for x in each)}


@pytest.mark.usefixtures("own_figures")
def test_an_objective_may_be_limited_too() -> None:
    space = limited(space_from_dict(small_space()), {"slack_ms": -1e3, "energy_pj": 1e12})
    outcome = told(space, NETWORK, OTHER, objectives="slack_ms,energy")
    assert outcome.state is TrialState.COMPLETED
    assert set(outcome.metrics) == {"slack_ms", "energy_pj", "minimised_slack_ms", "ln_energy_pj"}


def test_strategies_are_told_limits_but_for_the_area() -> None:
    space = space_from_dict(small_space() | {"limits": {"area_mm2": 50.0}})
    assert not Problem(space, Networks((NETWORK,))).searcher().goals.constraints
    both = Problem(limited(space, {"power_mw": 8.5e-05}), Networks((NETWORK,))).searcher()
    (condition,) = both.goals.constraints
    assert condition.violation({"power_mw": 2.0}) == 2.0 - 8.5e-05
