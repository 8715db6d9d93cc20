"""Turned, paler and noisy digits, and what a trained network makes of them."""

import numpy as np
import pytest

from bohwsw.accuracy import accuracy_source
from bohwsw.accuracy.data_sets import load_data, read_shift, shift_name, shifted
from bohwsw.errors import SpecError

DATA = load_data("digits")


def test_only_the_examples_for_testing_are_shifted():
    same = shifted(DATA, {})
    assert np.allclose(same.x, DATA.x)
    for strengths in ({"rotate": 90}, {"contrast": 50}, {"noise": 20}):
        found = shifted(DATA, strengths)
        assert np.array_equal(found.x[DATA.training], DATA.x[DATA.training])
        assert not np.allclose(found.x[DATA.testing], DATA.x[DATA.testing])
        assert 0.0 <= found.x.min() <= found.x.max() <= 1.0
        assert np.array_equal(found.x, shifted(DATA, strengths).x)
    turned = shifted(DATA, {"rotate": 90}).x[DATA.testing[0], 0]
    assert np.allclose(turned, np.rot90(DATA.x[DATA.testing[0], 0]), atol=1e-6)
    pale = shifted(DATA, {"contrast": 50}).x[DATA.testing]
    assert np.allclose(pale - 0.5, 0.5 * (DATA.x[DATA.testing] - 0.5), atol=1e-6)


def test_shifts_are_figures_that_cost_no_training():
    source = accuracy_source(
        "train", epochs=[2], seeds=[1], cache=None, shifts=["rotate=25", "rotate=-10 noise=20"]
    )
    assert source.figures[1:] == (
        "rotate_25_accuracy_percent",
        "rotate_minus_10_noise_20_accuracy_percent",
    )
    found = source.measure({"width": 8, "depth": 1})
    assert found.trainings == 1
    clean, turned, both = found.figures.values()
    assert clean > max(turned, both) > 12.0


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("rotate", "such as rotate=15"),
        ("", "not a shift"),
        ("rotate=a", "not a shift"),
        ("rotat=1", "nearest:  rotate"),
    ],
)
def test_bad_texts_are_named(text, told):
    with pytest.raises(SpecError, match=told):
        accuracy_source("train", shifts=[text])


def test_bad_shifts_are_named():
    with pytest.raises(SpecError, match="nearest:  rotate"):
        shifted(DATA, {"rotat": 10})
    with pytest.raises(SpecError, match="from 0 to 100"):
        shifted(DATA, {"noise": 101})
    assert shift_name(read_shift("contrast=50 noise=0.5")) == "contrast_50_noise_0_5"
