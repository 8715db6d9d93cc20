"""The predictor of perplexities: known ends of its range, and what it does not know."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bohwsw.accuracy import AccuracySource, PerplexitySource, measure
from bohwsw.accuracy.perplexity import one_hot
from bohwsw.errors import SpecError
from bohwsw.testing import AccuracySourceConformance
from bohwsw.workload import load_model


def point(width: int, layers: int, ratio: int, heads: int) -> dict[str, Any]:
    found: dict[str, Any] = {"width": width, "layers": layers}
    for layer in range(12):
        found[f"ratio_{layer}"] = ratio if layer < layers else 2
        found[f"heads_{layer}"] = heads if layer < layers else 4
    return found


def perplexity(*sizes: int, bias: bool = True) -> float:
    return measure(PerplexitySource(bias), point(*sizes)).figures["perplexity"]


def test_the_ends_of_the_space_are_as_published() -> None:
    assert perplexity(768, 12, 4, 12) == pytest.approx(21.30, abs=0.01)
    assert perplexity(192, 10, 2, 4) == pytest.approx(42.98, abs=0.01)
    assert perplexity(192, 10, 2, 4, bias=False) == pytest.approx(43.02, abs=0.01)


def test_wider_and_deeper_networks_are_less_perplexed() -> None:
    by_width = [perplexity(width, 12, 4, 12) for width in (192, 384, 768)]
    by_ratio = [perplexity(768, 12, ratio, 12) for ratio in (2, 3, 4)]
    assert by_width == sorted(by_width, reverse=True)
    assert by_ratio == sorted(by_ratio, reverse=True)


def test_every_choice_has_a_place_of_its_own() -> None:
    found = one_hot(point(384, 11, 3, 8), bias=True)
    assert np.flatnonzero(found[:6]).tolist() == [1, 4]
    assert found[6:42].reshape(12, 3).argmax(1)[:11].tolist() == [1] * 11
    assert found[42:78].reshape(12, 3).sum(1).tolist() == [1.0] * 11 + [0.0]
    assert found[78:].tolist() == [1.0, 0.0]


def test_every_network_of_the_model_file_has_a_perplexity() -> None:
    space = load_model("gpt2").space
    assert space is not None
    for knobs in space.sample(20, np.random.default_rng(0)):
        assert 20 < measure(PerplexitySource(), knobs).figures["perplexity"] < 45


def test_what_the_predictor_does_not_know_is_refused() -> None:
    with pytest.raises(SpecError, match="width: the predictor does not know"):
        measure(PerplexitySource(), {**point(768, 12, 4, 12), "width": 1024})
    with pytest.raises(SpecError, match="unknown knob of the predictor"):
        measure(PerplexitySource(), {"width": 768, "layers": 12})


class TestPerplexity(AccuracySourceConformance):
    points = (point(384, 11, 3, 8), point(768, 12, 4, 12))

    def source(self) -> AccuracySource:
        return PerplexitySource()
