"""The classifier: it learns a hidden boundary, is calibrated, and sane on one kind of label."""

import numpy as np
import pytest

from bohwsw.errors import SpecError
from bohwsw.surrogates import FeasibilityClassifier


def lattice(n, d=8, seed=0):
    return np.random.default_rng(seed).integers(0, 8, (n, d)) / 7


def hidden(x):
    return x[:, 0] + x[:, 1] * x[:, 2] < 0.9


def log_loss(probability, label):
    return -np.log(np.where(label, probability, 1 - probability)).mean()


def test_it_learns_a_hidden_boundary_and_its_probabilities_can_be_trusted():
    x, new = lattice(100), lattice(1000, seed=1)
    probability = FeasibilityClassifier().fit(x, hidden(x)).predict(new)
    share = hidden(x).mean()
    base = -(share * np.log(share) + (1 - share) * np.log(1 - share))
    assert log_loss(probability, hidden(new)) < 0.35 * base
    for low in (0.1, 0.3, 0.5, 0.7):
        inside = (probability >= low) & (probability < low + 0.2)
        assert abs(hidden(new)[inside].mean() - (low + 0.1)) < 0.3


@pytest.mark.parametrize("label", [True, False])
@pytest.mark.parametrize("n", [1, 30])
def test_labels_of_one_kind(label, n):
    x = np.full((n, 8), 0.5) + 0.01 * lattice(n)
    model = FeasibilityClassifier().fit(x, np.full(n, label))
    near, far = model.predict(np.vstack([x[:1], np.zeros((1, 8))]))
    assert 0.0 < near < 1.0
    assert (near > 0.7) if label else (near < 0.3)
    assert abs(far - 0.5) < abs(near - 0.5)


def test_one_of_each():
    x = np.vstack([np.zeros(8), np.ones(8)])
    got = FeasibilityClassifier().fit(x, np.array([True, False])).predict(x)
    assert got[0] > 0.6 > 0.4 > got[1]


def test_contradicting_labels_at_one_point():
    x = np.full((10, 8), 0.5)
    labels = np.arange(10) % 2 == 0
    assert FeasibilityClassifier().fit(x, labels).predict(x[:1])[0] == pytest.approx(0.5, abs=0.1)


def test_logarithms_are_those_of_the_probabilities():
    x = lattice(60)
    model = FeasibilityClassifier().fit(x, hidden(x))
    got = model.log_predict(x)
    assert (got <= 0).all()
    np.testing.assert_allclose(np.exp(got), model.predict(x))


def test_bad_input_is_refused():
    with pytest.raises(SpecError, match="do not match"):
        FeasibilityClassifier().fit(lattice(4), np.array([True]))
    with pytest.raises(SpecError, match="finite"):
        FeasibilityClassifier().fit(np.full((2, 2), np.nan), np.array([True, False]))
    with pytest.raises(SpecError, match="not been fitted"):
        FeasibilityClassifier().predict(lattice(4))


def test_one_feasible_point_is_not_chance():
    x = np.random.default_rng(0).random((40, 6))
    feasible = np.arange(40) == 7
    probability = FeasibilityClassifier().fit(x, feasible).predict(x)
    assert probability[7] > 0.5
    assert np.delete(probability, 7).max() < 0.5
