"""Objectives over scenarios and neighbours: how they are written, and what they come to."""

import pickle
from dataclasses import replace

import pytest
from small_space import NETWORK, small_space

from bohwsw.api import codesign_network
from bohwsw.codesign import (
    FIGURES,
    Design,
    Problem,
    ScenarioFigure,
    accuracy_figures,
    best_recipe,
    figure_of,
    read_objectives,
    space_from_dict,
)
from bohwsw.codesign.objectives import scenario_data
from bohwsw.errors import SpecError
from bohwsw.mapper.random_search import RandomMapper
from bohwsw.workload import network_from_dict

OTHER = network_from_dict({"name": "other", "layers": [{"name": "fc", "K": 64, "C": 16}]})
RECIPE = replace(
    best_recipe().at(0), mapper=RandomMapper(), evaluations=40, final_gap=None, trials=4
)


def problem(objective, networks=(NETWORK, OTHER), strategy="bayesian"):
    recipe = replace(RECIPE, strategy=strategy, options={}, prior_mean=strategy == "bayesian")
    return Problem(space_from_dict(small_space()), list(networks), objective, recipe)


def design(objective="edp"):
    one = problem(objective)
    found = one.evaluate(one.hardware_space.spec.baseline.point)[1]
    assert isinstance(found, Design)
    return found


def test_texts_are_read_with_their_commas():
    accuracy_figures(["accuracy_percent", "noisy_accuracy_percent"])
    text = "worst( accuracy,noisy_accuracy ), edp, cvar(energy, alpha=0.5)"
    expected = ("worst(accuracy, noisy_accuracy)", "edp", "cvar(energy, 0.5)")
    assert read_objectives(text) == expected
    assert read_objectives(list(expected)) == expected
    worst, cvar = figure_of(expected[0]), figure_of(expected[2])
    assert worst.name == "worst_accuracy_percent_noisy_accuracy_percent"
    assert (worst.maximised, worst.measured, worst.unit) == (True, True, "%")
    assert (cvar.name, cvar.mapped_for) == ("cvar_0_5_energy_pj", "energy")
    assert not set(FIGURES) & {worst.name, cvar.name}
    assert pickle.loads(pickle.dumps(worst)).objective == worst.objective
    robust = figure_of("robust(accuracy, neighbours, min)")
    assert robust.objective == "robust(accuracy, neighbours, worst)"
    assert (robust.name, robust.of) == ("accuracy_percent", FIGURES["accuracy_percent"].of)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("wurst(edp, energy)", "nearest:  worst"),
        ("worst(edp", "not an objective"),
        ("worst()", "not an objective"),
        ("worst(edp, worst(edp))", "not an objective"),
        ("worst(edp, enrgy)", "nearest:  energy"),
        ("worst(edp, edp)", "different figures"),
        ("worst(edp, energy)", "cannot be compared with edp"),
        ("cvar(edp, 1.5)", r"cvar\(edp, 1.5\)\.cvar"),
        ("cvar(edp)", r"\(0, 1\]"),
        ("quantile(edp, 2)", r"\[0, 1\]"),
        ("robust(edp)", "neighbours, mean"),
        ("robust(edp, neighbour, mean)", "neighbours, mean"),
        ("robust(edp, neighbours, min)", "best of these"),
        ("robust(edp, neighbours, quantile=1.1)", r"\[0, 1\]"),
        ("robust(edp, neighbours, maen)", "nearest:  mean"),
    ],
)
def test_bad_texts_are_named(text, told):
    with pytest.raises(SpecError, match=r"(?s)" + told):
        read_objectives(text)


def test_scenarios_are_networks_and_the_worst_is_named():
    found = design("worst(latency)")
    each = [one.latency_cycles for one in found.each()]
    assert found.objective("worst(latency)") == max(each)
    assert found.objective("cvar(latency, 1)") == pytest.approx(sum(each) / 2)
    assert found.objective("quantile(latency, 1)") == min(each)
    figure = figure_of("worst(latency)")
    assert isinstance(figure, ScenarioFigure)
    worst = found.networks[each.index(max(each))].name
    assert figure.binding(found) == worst
    told = scenario_data(found, ["worst(latency)", "edp"])
    assert told == {"worst_latency_cycles": max(each), "binding": {"worst(latency)": worst}}
    with pytest.raises(SpecError, match="one scenario only"):
        problem("worst(latency)", [NETWORK])


def test_a_search_for_the_worst_network_tells_which_it_is():
    result = codesign_network(
        space_from_dict(small_space()), [NETWORK, OTHER], objective="worst(latency)", recipe=RECIPE
    )
    data = result.to_data()
    names = {network.name for network in result.best.networks}
    assert data["best"]["binding"]["worst(latency)"] in names
    assert data["best"]["worst_latency_cycles"] == result.best.objective("worst(latency)")


def test_neighbours_choose_the_strategy():
    assert problem("edp").searcher().__class__.__name__ == "BayesianStrategy"
    chosen = problem("robust(edp, neighbours, quantile=0.25)").searcher()
    assert chosen.__class__.__name__ == "RobustStrategy"
    assert [str(x) for x in chosen.aggregates] == ["quantile=0.25"]
    counted = problem("robust(edp, neighbours, worst)", strategy="neighbourhood_random").searcher()
    assert str(counted.aggregate) == "worst"
    with pytest.raises(SpecError, match="does not know neighbours"):
        problem("robust(edp, neighbours, mean)", strategy="random").searcher()


def test_a_robust_search_of_machines_ends_with_what_it_believes_in():
    space = space_from_dict(small_space())
    objective = "robust(edp, neighbours, mean)"
    recipe = replace(RECIPE, trials=12, options={"pool": 30}, prior_mean=False)
    result = codesign_network(space, NETWORK, objective=objective, recipe=recipe)
    assert result.objectives == (objective,)
    assert result.to_data()["best"]["edp_pj_cycles"] == result.best.edp_pj_cycles
