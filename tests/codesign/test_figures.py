"""Figures by name, own ones among them, and what layers are mapped for when there are several."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console

from bohwsw.api import codesign_network
from bohwsw.cli.result_views import result_views
from bohwsw.codesign import (
    FIGURES,
    Design,
    Figure,
    best_recipe,
    mapped_for,
    read_objectives,
    register_figure,
)
from bohwsw.errors import SpecError
from bohwsw.study.codesign_result import CodesignResult


def test_objectives_are_a_text_or_a_list() -> None:
    assert read_objectives("edp") == ("edp",)
    assert read_objectives("energy, latency,area") == ("energy", "latency", "area")
    assert read_objectives(["area", "edp"]) == ("area", "edp")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("enrgy", "nearest:  energy"),
        ("edp,", "unknown objective"),
        ("", "unknown objective"),
        ("edp,edp", "distinct"),
        ([], "distinct"),
        ([3], "unknown objective"),
        (3, "not objectives"),
    ],
)
def test_what_is_no_objective_is_refused(given: Any, words: str) -> None:
    with pytest.raises(SpecError, match=words):
        read_objectives(given)


@pytest.mark.parametrize(
    ("objectives", "expected"),
    [
        ("edp", "edp"),
        ("energy", "energy"),
        ("latency", "latency"),
        ("area", "edp"),
        ("energy,area", "energy"),
        ("area,latency", "latency"),
        ("energy,latency", "edp"),
        ("edp,energy", "edp"),
        ("energy,latency,area", "edp"),
    ],
)
def test_layers_are_mapped_for_one_figure(objectives: str, expected: str) -> None:
    assert mapped_for(read_objectives(objectives)) == expected


@pytest.fixture
def own_figures() -> Iterator[None]:
    """Figures that a user registers: a product of figures, sizes of the machine, a share."""
    before = dict(FIGURES)
    register_figure(Figure("ed2p_pj_cycles2", "pJ x cycles^2", _ed2p, objective="ed2p"))
    register_figure(Figure("glb_words", "words", _glb_words, mapped_for=None))
    register_figure(Figure("utilisation", "", _utilisation, logarithmic=False, maximised=True))
    yield
    FIGURES.clear()
    FIGURES.update(before)


def _ed2p(design: Design) -> float:
    return design.energy_pj * design.latency_cycles**2


def _glb_words(design: Design) -> float:
    return float(design.hardware.architecture.levels[1].entries or 0)


def _utilisation(design: Design) -> float:
    return min(layer.evaluation.utilisation or 0.0 for layer in design.layers)


def searched(objective: str, *models: str) -> CodesignResult:
    recipe = replace(best_recipe().changed(trials=5, evaluations=200), final_gap=None)
    return codesign_network(
        "eyeriss-168", list(models or ("mlp",)), recipe=recipe, objective=objective, threads=1
    )


def shown(result: CodesignResult) -> str:
    console = Console(width=200)
    with console.capture() as capture:
        for view in result_views(result.to_data()):
            console.print(view)
    return capture.get()


@pytest.mark.usefixtures("own_figures")
def test_a_registered_figure_is_searched_for_and_shown() -> None:
    result = searched("ed2p")
    best, data = result.best, result.to_data()
    assert best.objective("ed2p") == best.energy_pj * best.latency_cycles**2
    told = [trial.objective for trial in result.trials if trial.objective is not None]
    assert min(told) == pytest.approx(math.log(best.objective("ed2p")))
    assert data["best"]["ed2p_pj_cycles2"] == best.objective("ed2p_pj_cycles2")
    assert data["trials"][0]["metrics"]["glb_words"] > 0.0
    assert result.improvement == 1 - best.ratio_to(result.baseline, "ed2p")  # type: ignore[arg-type]
    text = shown(result)
    assert "ed2p pJ x cycles^2" in text
    assert f"{best.objective('ed2p'):.4g}" in text


@pytest.mark.usefixtures("own_figures")
def test_several_registered_figures_and_networks() -> None:
    result = searched("utilisation,glb_words", "mlp", "dqn")
    assert result.mapped_for == "edp"
    first = result.best
    shares = [one.objective("utilisation") for one in first.each()]
    assert first.objective("utilisation") == pytest.approx(sum(shares) / 2)
    assert first.minimised("utilisation") == -first.objective("utilisation")
    assert first.objective("glb_words") == _glb_words(first)
    pairs = [(-x.objective("utilisation"), x.objective("glb_words")) for x in result.designs]
    assert pairs == sorted(pairs)
    assert "glb_words" in shown(result)


def test_two_figures_do_not_share_a_name() -> None:
    with pytest.raises(SpecError, match="one name"):
        register_figure(Figure("cost_usd", "$", _ed2p, objective="edp"))


def test_a_figure_without_a_logarithm_is_refused() -> None:
    figure = Figure("slack", "", _ed2p)
    with pytest.raises(SpecError, match="no logarithm"):
        figure.minimised([0.0], [1.0])
    assert figure.minimised([2.0, 8.0], [0.5, 0.5]) == pytest.approx(math.log(4.0))
    assert replace(figure, logarithmic=False).mean([2.0, 8.0], [0.25, 0.75]) == 6.5


def test_power_and_time_are_figures_too() -> None:
    result = searched("power,time")
    figures = result.best.figures()
    hardware = result.best.hardware
    assert hardware.clock_mhz is not None
    assert figures["power_mw"] == result.best.power_mw(hardware.clock_mhz)
    assert figures["latency_ms"] == result.best.latency_ms(hardware.clock_mhz)
