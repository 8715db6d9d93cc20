"""Accuracies of a trained network that is changed: no training, and refused where it is no part."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bohwsw.accuracy import AccuracySource, TrainedSource, TrainSource, accuracy_source, measure
from bohwsw.errors import SpecError
from bohwsw.testing import AccuracySourceConformance

WIDE = {"width": 8, "depth": 2}


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> TrainedSource:
    folder = tmp_path_factory.mktemp("trained")
    weights = TrainSource(epochs=(2,), seeds=(1,), cache=folder).weights(WIDE)
    np.savez(folder / "wide.npz", **{name: value.numpy() for name, value in weights.items()})
    return TrainedSource(
        "digits", "digits-cnn", folder / "wide.npz", WIDE, test_share=0.3, cache=folder
    )


def test_the_network_itself_is_as_good_as_when_it_was_trained(digits: TrainedSource) -> None:
    trained = measure(TrainSource(epochs=(2,), seeds=(1,), cache=digits.cache), WIDE)
    found = measure(digits, WIDE)
    assert found.figures == trained.figures
    assert (found.trainings, found.training_seconds) == (0, 0.0)


def test_fewer_bits_weights_and_channels_are_worse(digits: TrainedSource) -> None:
    whole = measure(digits, WIDE).figures["accuracy_percent"]
    for knobs in ({"weight_bits": 2}, {"sparsity": 0.9}, {"width": 4}):
        assert measure(digits, {**WIDE, **knobs}).figures["accuracy_percent"] < whole


def test_fine_tuning_is_counted_and_repairs_a_cut(digits: TrainedSource) -> None:
    options = {name: getattr(digits, name) for name in ("data", "model", "weights", "cache")}
    tuned = TrainedSource(**options, trained_at=WIDE, test_share=0.3, epochs=2)
    cut = {**WIDE, "width": 4}
    found = measure(tuned, cut)
    assert found.trainings == 1
    assert found.training_seconds > 0
    assert found.figures["accuracy_percent"] > measure(digits, cut).figures["accuracy_percent"] + 5
    assert measure(tuned, cut).trainings == 0


def test_no_part_of_the_trained_network_is_refused(digits: TrainedSource) -> None:
    with pytest.raises(SpecError, match="no part of the trained network"):
        measure(digits, {**WIDE, "width": 16})
    with pytest.raises(SpecError, match="nearest:  kws-ds-cnn"):
        measure(accuracy_source("trained", data="digits", weights="kws-dscnn"), {})
    with pytest.raises(SpecError, match="not weights that can be read"):
        measure(accuracy_source("trained", data="digits", weights="none.npz"), {})
    with pytest.raises(SpecError, match="expected: K=1 P=8 Q=8"):
        measure(accuracy_source("trained", data="digits"), {})


class TestKeywords(AccuracySourceConformance):
    points = ({"weight_bits": 4}, {"width": 32, "sparsity": 0.3})

    @pytest.fixture(autouse=True)
    def _features(self, tmp_path: Path) -> None:
        rng = np.random.default_rng(0)
        values: dict[str, Any] = {"x": rng.integers(0, 120, (12, 49, 10)), "y": np.arange(12)}
        np.savez(tmp_path / "features.npz", **values)
        self.path = tmp_path / "features.npz"

    def source(self) -> AccuracySource:
        return TrainedSource(str(self.path), zero=83.0, scale=0.585)


def test_a_network_trained_on_mnist_is_rounded_after_training(tmp_path: Path) -> None:
    training = TrainSource("mnist-cnn", "mnist", epochs=(1,), seeds=(1,), cache=tmp_path)
    trained = measure(training, {}).figures["accuracy_percent"]
    assert trained > 85
    weights = {name: value.numpy() for name, value in training.weights({}).items()}
    np.savez(tmp_path / "weights.npz", **weights)
    source = TrainedSource("mnist", "mnist-cnn", tmp_path / "weights.npz", test_share=0.3)
    found = [
        measure(source, {"weight_bits": bits}).figures["accuracy_percent"] for bits in (8, 3, 2)
    ]
    assert found[0] == trained > found[1] > found[2]
