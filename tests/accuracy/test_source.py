"""Accuracy sources: asked, checked, and added from outside."""

from __future__ import annotations

import math

import pytest

from bohwsw.accuracy import (
    AccuracySource,
    CallableSource,
    FidelitySource,
    Measurement,
    accuracy_source,
    fidelities_of,
    measure,
    register_accuracy_source,
)
from bohwsw.errors import SpecError
from bohwsw.testing import AccuracySourceConformance


def test_a_number_and_a_pair_are_figures() -> None:
    assert measure(CallableSource(lambda knobs: 90.0 + knobs["width"]), {"width": 2}).figures == {
        "accuracy_percent": 92.0
    }
    found = measure(CallableSource(lambda _: (91.5, 0.25)), {})
    assert found.figures == {"accuracy_percent": 91.5}
    assert found.standard_errors == {"accuracy_percent": 0.25}


def test_several_figures_come_by_name() -> None:
    source = CallableSource(
        lambda _: {"accuracy_percent": 70.0, "perplexity": (21.3, None)},
        figures=("accuracy_percent", "perplexity"),
    )
    found = measure(source, {})
    assert found == Measurement(
        {"accuracy_percent": 70.0, "perplexity": 21.3}, {}, seconds=found.seconds
    )


@pytest.mark.parametrize(
    "answer",
    [math.nan, math.inf, 101.0, -0.5, None, "good", (90.0, -1.0), [1, 2, 3], {}, {"acc": 90.0}],
)
def test_a_broken_answer_names_the_figure(answer: object) -> None:
    with pytest.raises(SpecError, match="accuracy_percent"):
        measure(CallableSource(lambda _: answer), {})


def test_a_figure_that_is_not_the_sources_is_refused_with_the_nearest() -> None:
    source = CallableSource(lambda _: {"accuracy_percent": 90.0, "accuracy_precent": 91.0})
    with pytest.raises(SpecError, match=r"nearest:  accuracy_percent"):
        measure(source, {})


def test_names_are_known_and_taken_once() -> None:
    with pytest.raises(SpecError, match="nearest:  table"):
        accuracy_source("tabel")
    with pytest.raises(SpecError, match="exists"):
        register_accuracy_source("table", CallableSource)
    with pytest.raises(SpecError, match="options of the accuracy source"):
        accuracy_source("callable", fnction=abs)


class Epochs:
    """Better with each epoch; says itself what training has cost."""

    name = "epochs"
    figures = ("accuracy_percent",)

    def __init__(self, best: float = 90.0) -> None:
        self.best = best
        self.fidelities = {"epochs": (1, 4, 16), "seeds": (1, 3)}

    def measure(self, knobs, fidelity=None):  # type: ignore[no-untyped-def]
        asked = fidelity or {"epochs": 16, "seeds": 3}
        found = {"accuracy_percent": self.best - 1.0 / asked["epochs"]}
        spread = {"accuracy_percent": 0.1}
        return Measurement(found, spread, 0.0, asked["seeds"], 2.0 * asked["seeds"])


def test_a_cheaper_answer_can_be_asked_for() -> None:
    source = Epochs()
    assert isinstance(source, FidelitySource)
    assert fidelities_of(source)["epochs"] == (1, 4, 16)
    found = measure(source, {}, {"epochs": 4})
    assert found.figures == {"accuracy_percent": 89.75}
    assert found.standard_errors == {"accuracy_percent": 0.1}
    assert (found.fidelity, found.trainings) == ({"epochs": 4, "seeds": 3}, 3)
    assert found.training_seconds == 6.0
    assert measure(source, {}).fidelity == {"epochs": 16, "seeds": 3}


def test_a_fidelity_that_is_not_offered_is_refused() -> None:
    assert fidelities_of(CallableSource(lambda _: 90.0)) == {}
    with pytest.raises(SpecError, match="has one fidelity only"):
        measure(CallableSource(lambda _: 90.0), {}, {"epochs": 1})
    with pytest.raises(SpecError, match="nearest:  epochs"):
        measure(Epochs(), {}, {"epoch": 1})
    with pytest.raises(SpecError, match="expected: one of 1, 4, 16"):
        measure(Epochs(), {}, {"epochs": 2})


def test_what_a_source_counts_itself_is_checked_alike() -> None:
    with pytest.raises(SpecError, match="accuracy_percent"):
        measure(Epochs(best=102.0), {})


def by_width(knobs: dict[str, float]) -> tuple[float, float]:
    return 80.0 + knobs["width"], 0.1


class TestFunction(AccuracySourceConformance):
    points = ({"width": 1.0}, {"width": 2.0})

    def source(self) -> AccuracySource:
        return CallableSource(by_width)


class TestFidelities(AccuracySourceConformance):
    points = ({"width": 1.0},)

    def source(self) -> AccuracySource:
        return Epochs()
