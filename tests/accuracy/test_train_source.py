"""Accuracies from training: counted, kept, averaged over seeds, cheaper with fewer epochs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bohwsw.accuracy import AccuracySource, FidelitySource, TrainSource, accuracy_source, measure
from bohwsw.errors import SpecError
from bohwsw.testing import AccuracySourceConformance

SMALL = {"width": 4, "depth": 1}


def source(folder: Path | None = None, **options: Any) -> TrainSource:
    found = accuracy_source("train", cache=folder, epochs=(1, 3), seeds=(1, 2), **options)
    assert isinstance(found, TrainSource)
    return found


def test_trainings_are_counted_and_not_repeated(tmp_path: Path) -> None:
    first = measure(source(tmp_path), SMALL)
    assert (first.trainings, first.fidelity) == (2, {"epochs": 3, "seeds": 2})
    assert first.training_seconds > 0
    assert 0 < first.standard_errors["accuracy_percent"] < 30
    again = measure(source(tmp_path), SMALL)
    assert (again.trainings, again.training_seconds) == (0, first.training_seconds)
    assert again.figures == first.figures
    fewer = measure(source(tmp_path), SMALL, {"seeds": 1})
    assert (fewer.trainings, fewer.standard_errors) == (0, {})
    cheaper = measure(source(tmp_path), SMALL, {"epochs": 1, "seeds": 1})
    assert cheaper.trainings == 1
    assert cheaper.training_seconds < first.training_seconds


def test_bits_and_pruning_come_after_training() -> None:
    trained = source()
    figures = {}
    for knobs in ({}, {"weight_bits": 2}, {"sparsity": 0.9}, {"pattern": "2:4"}, {"area": 3}):
        found = measure(trained, {**SMALL, **knobs}, {"seeds": 1})
        figures[str(knobs)] = found.figures["accuracy_percent"]
        assert found.trainings == (not knobs)
    plain, two_bits, sparse, pattern, other = figures.values()
    assert plain == other > max(two_bits, sparse)
    assert pattern != plain
    dense = trained.densities(SMALL)
    assert dense["conv0"] > trained.densities({**SMALL, "sparsity": 0.5})["conv0"] > 0
    assert trained.densities({**SMALL, "sparsity": 0.5})["fc"] <= 0.5


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"epochs": (3, 1)}, "epochs: not a fidelity"),
        ({"seeds": ()}, "seeds: not a fidelity"),
        ({"epochs": (0,)}, "epochs: not a whole number"),
        ({"sparsity": 2}, "not a sparsity"),
    ],
)
def test_options_that_are_none_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        TrainSource(**options)


def test_a_point_that_is_none_is_refused() -> None:
    with pytest.raises(SpecError, match="width"):
        measure(source(), {"width": 5})


class TestTraining(AccuracySourceConformance):
    points = (SMALL,)

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.path = tmp_path

    def source(self) -> AccuracySource:
        found = source(self.path)
        assert isinstance(found, FidelitySource)
        return found
