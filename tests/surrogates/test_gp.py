"""Regression: it learns, and it stays sane on nasty data."""

import numpy as np
import pytest

from bohwsw.errors import SpecError
from bohwsw.surrogates import GaussianProcess


def grid(n, d=3, seed=0):
    return np.random.default_rng(seed).integers(0, 8, (n, d)) / 7


def smooth(x):
    return np.sin(3 * x[:, 0]) + x[:, 1] ** 2


def test_it_predicts_better_than_the_mean_and_knows_how_well():
    x, new = grid(50), grid(200, seed=1)
    model = GaussianProcess().fit(x, smooth(x))
    mean, variance = model.predict(new)
    error = mean - smooth(new)
    assert np.sqrt((error**2).mean()) < 0.1 * smooth(new).std()
    assert 0.3 < np.sqrt((error**2 / variance).mean()) < 3.0


def test_units_are_those_of_the_observations():
    x, new = grid(30), grid(20, seed=1)
    mean, variance = GaussianProcess().fit(x, smooth(x)).predict(new)
    mean2, variance2 = GaussianProcess().fit(x, 1000 * smooth(x) + 7).predict(new)
    np.testing.assert_allclose(mean2, 1000 * mean + 7, rtol=1e-6)
    np.testing.assert_allclose(variance2, 1e6 * variance, rtol=1e-5)


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (grid(1), np.array([3.0])),
        (grid(2), np.array([3.0, 3.0])),
        (grid(20), np.full(20, -1e9)),
        (grid(20), np.full(20, 0.0)),
        (np.zeros((15, 3)), np.arange(15.0)),
        (np.repeat(grid(5), 4, axis=0), np.random.default_rng(0).normal(size=20)),
        (grid(40), 10.0 ** np.linspace(-5, 10, 40)),
        (grid(40), 1e150 * np.linspace(-1, 1, 40)),
        (grid(40), 1e-150 * np.linspace(-1, 1, 40)),
        (grid(40), 1.0 + 1e-15 * np.arange(40)),
        (grid(12, d=1), np.eye(12)[3] * 1e12),
    ],
)
def test_nasty_data_give_finite_answers(x, y):
    mean, variance = GaussianProcess().fit(x, y).predict(np.vstack([x, grid(10, x.shape[1], 9)]))
    assert np.isfinite(mean).all()
    assert np.isfinite(variance).all()
    assert (variance >= 0).all()
    assert abs(mean - y.mean()).max() <= 3 * max(np.ptp(y), 1e-9 * abs(y).max(), 1e-300)


def test_more_observations_without_a_fit():
    x = grid(30)
    model = GaussianProcess().fit(x[:20], smooth(x[:20]))
    more = model.with_observations(x[20:], smooth(x[20:]))
    assert more.hyperparameters == model.hyperparameters
    before, after = model.predict(x[20:])[1], more.predict(x[20:])[1]
    assert (after < before).all()
    np.testing.assert_allclose(more.predict(x[20:])[0], smooth(x[20:]), atol=0.1)


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_refused_by_name(wrong):
    y = smooth(grid(5))
    y[3] = wrong
    with pytest.raises(SpecError, match="observation must be finite") as error:
        GaussianProcess().fit(grid(5), y)
    assert error.value.key_path == "[3]"
    x = grid(5)
    x[0, 0] = wrong
    with pytest.raises(SpecError, match="encoded point must be finite"):
        GaussianProcess().fit(x, smooth(grid(5)))


def test_shapes_are_checked_and_a_fit_comes_first():
    with pytest.raises(SpecError, match="do not match"):
        GaussianProcess().fit(grid(5), np.zeros(4))
    with pytest.raises(SpecError, match="do not match"):
        GaussianProcess().fit(np.zeros((0, 3)), np.zeros(0))
    with pytest.raises(SpecError, match="not been fitted"):
        GaussianProcess().predict(grid(5))


def test_columns_of_a_group_share_a_length_scale():
    x, new = grid(40, 5), grid(50, 5, seed=1)
    model = GaussianProcess(np.array([0, 1, 1, 1, 0])).fit(x, smooth(x))
    assert len(model.hyperparameters.lengthscales) == 2
    # Columns of one group may change places.
    swapped = GaussianProcess(np.array([0, 1, 1, 1, 0])).fit(x[:, [4, 2, 3, 1, 0]], smooth(x))
    order = [4, 2, 3, 1, 0]
    np.testing.assert_allclose(model.predict(new)[0], swapped.predict(new[:, order])[0], atol=1e-4)
    alone = GaussianProcess(np.arange(5)).fit(x, smooth(x))
    np.testing.assert_allclose(
        alone.predict(new)[0], GaussianProcess().fit(x, smooth(x)).predict(new)[0], atol=1e-6
    )


@pytest.mark.parametrize("groups", [[0, 1], [0, 2, 2], [1, 2, 3], [0, 1, -1]])
def test_wrong_groups_are_refused(groups):
    with pytest.raises(SpecError, match="groups do not match"):
        GaussianProcess(np.array(groups)).fit(grid(5), smooth(grid(5)))


def test_known_noise_is_believed():
    x = np.repeat(grid(8), 2, axis=0)
    y = smooth(x) + np.tile([0.0, 3.0], 8)
    model = GaussianProcess().fit(x, y, noise=np.tile([1e-4, 100.0], 8))
    np.testing.assert_allclose(model.predict(x[::2])[0], y[::2], atol=0.1)
    more = model.with_observations(x[:1], y[1:2], noise=np.array([1e-6]))
    assert more.predict(x[:1])[0] > model.predict(x[:1])[0]
    with pytest.raises(SpecError, match="noise variances"):
        GaussianProcess().fit(x, y, noise=-np.ones(16))
    with pytest.raises(SpecError, match="cannot be for later"):
        GaussianProcess().fit(x, y).with_observations(x, y, noise=np.ones(16))


def test_the_mean_alone_is_the_mean():
    x = grid(30)
    model = GaussianProcess().fit(x, smooth(x))
    np.testing.assert_allclose(model.predict_mean(x), model.predict(x)[0])


def test_many_observations_are_learned_through_few():
    x, new = grid(900, 5), grid(200, 5, seed=1)
    model = GaussianProcess().fit(x, smooth(x))
    mean, variance = model.predict(new)
    error = mean - smooth(new)
    assert np.sqrt((error**2).mean()) < 0.02 * smooth(new).std()
    assert np.isfinite(variance).all()
    more = model.with_observations(new[:1], smooth(new[:1]) + 1.0)
    assert more.predict_mean(new[:1]) > mean[:1]


def test_a_length_scale_at_its_floor_is_doubted():
    rng = np.random.default_rng(0)
    x = rng.integers(0, 8, (8, 100, 30)) / 7
    y = np.sin(3 * x[..., 0]) + x[..., 1] * x[..., 2] + np.arange(8)[:, None] * x[..., 3] / 8
    for k in (2, 4):
        lengths = GaussianProcess().fit(x[k], y[k]).hyperparameters.lengthscales
        assert min(lengths) > 0.3


def steep(x):
    """What is known beforehand of the function below, up to a constant."""
    return 30.0 * np.floor(7 * x[:, 0]) % 11


def test_with_a_prior_mean_it_is_a_model_of_what_is_left():
    x, new = grid(40), grid(30, seed=1)
    y = smooth(x) + steep(x) + 5.0
    model = GaussianProcess(prior_mean=steep).fit(x, y)
    left = GaussianProcess().fit(x, y - steep(x))
    mean, variance = model.predict(new)
    np.testing.assert_allclose(mean, left.predict(new)[0] + steep(new))
    np.testing.assert_allclose(variance, left.predict(new)[1])
    np.testing.assert_allclose(model.predict_mean(new), mean)
    np.testing.assert_allclose(model.observations[1], y)
    error = mean - (smooth(new) + steep(new) + 5.0)
    without = GaussianProcess().fit(x, y).predict_mean(new) - (smooth(new) + steep(new) + 5.0)
    assert np.abs(error).mean() < 0.5 * np.abs(without).mean()


def test_a_prior_mean_stays_with_copies():
    x, new = grid(40), grid(30, seed=1)
    y = smooth(x) + steep(x)
    model = GaussianProcess(prior_mean=steep).fit(x[:30], y[:30])
    more = model.with_observations(x[30:], y[30:])
    np.testing.assert_allclose(more.observations[1], y)
    np.testing.assert_allclose(more.predict(x[30:])[0], y[30:], atol=0.2)
    fewer = more.restricted(np.arange(30))
    np.testing.assert_allclose(fewer.predict(new)[0], model.predict(new)[0], atol=1e-9)


def test_left_out_predictions_are_in_the_units_of_the_observations():
    x = grid(40)
    y = smooth(x) + steep(x) + 100.0
    rows, mean, _ = GaussianProcess(prior_mean=steep).fit(x, y).leave_one_out()
    np.testing.assert_allclose(mean, y[rows], atol=1.0)
