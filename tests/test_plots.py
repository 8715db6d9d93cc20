"""Figures for papers: what is drawn is what was found."""

from __future__ import annotations

import sys

import numpy as np
import pytest

import bohwsw
from bohwsw import plots
from bohwsw.errors import MissingExtraError, SpecError
from bohwsw.study import CodesignResult


def searched(objective: str) -> CodesignResult:
    return bohwsw.codesign_network(
        "eyeriss-168",
        "mlp",
        trials=4,
        evaluations=20,
        objective=objective,
        strategy="random",
        final_seconds=0.1,
        threads=1,
    )


@pytest.fixture(scope="module")
def result() -> CodesignResult:
    return searched("edp")


def test_a_course_is_the_best_so_far(result: CodesignResult) -> None:
    (axes,) = plots.course(result, result, names=["a", "b"]).axes
    line, _ = axes.lines
    values = [trial.metrics["edp_pj_cycles"] for trial in result.trials]
    assert line.get_ydata().tolist() == np.minimum.accumulate(values).tolist()
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["a", "b"]
    assert axes.get_yscale() == "log"
    with pytest.raises(SpecError, match="a name each"):
        plots.course(result, names=["a", "b"])


def test_energies_of_layers_add_up(result: CodesignResult) -> None:
    (axes,) = plots.energy(result.best).axes
    total = sum(bar.get_width() for bar in axes.patches)
    assert total == pytest.approx(result.best.energy_pj * 1e-6)


def test_a_front_has_what_none_dominates(result: CodesignResult) -> None:
    (axes,) = plots.front(searched("energy,area")).axes
    every, kept = (line.get_xydata() for line in axes.lines)
    for point in kept:
        assert not ((every <= point).all(axis=1) & (every < point).any(axis=1)).any()
    with pytest.raises(SpecError, match="several objectives"):
        plots.front(result)


def test_without_matplotlib_it_says_so(
    result: CodesignResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtraError, match=r"bohwsw\[plots\]"):
        plots.energy(result.best)
