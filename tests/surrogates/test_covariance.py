"""The kernel against its formula, the flat posterior against the textbook's."""

import math

import numpy as np
import torch

from bohwsw.space import Categorical, Conditional, Integer, Real, Space
from bohwsw.surrogates.covariance import (
    Hyperparameters,
    correlation,
    lengths_of,
    scaled,
    self_covariance,
)
from bohwsw.surrogates.posterior import condition

H = Hyperparameters((0.3, 0.9), 1.7, 0.01, 0.4, 0.3)


def covariance(x1, x2, given):
    lengths = lengths_of(given, None)
    a, b = (x1 - 0.5) / lengths, (x2 - 0.5) / lengths
    trend = given.trend * 12.0 * math.exp(2.0 * math.sqrt(2.0)) * a @ b.mT
    return given.signal_variance * (correlation(scaled(x1, lengths), scaled(x2, lengths)) + trend)


def test_kernel_is_the_formula():
    rng = np.random.default_rng(0)
    x1, x2 = rng.random((40, 2)), rng.random((30, 2))
    got = covariance(torch.tensor(x1), torch.tensor(x2), H).numpy()
    for i, j in [(0, 0), (3, 17), (39, 29)]:
        r = np.sqrt(5.0 * (((x1[i] - x2[j]) / H.lengthscales) ** 2).sum())
        tilt = ((x1[i] - 0.5) * (x2[j] - 0.5) / np.square(H.lengthscales)).sum()
        trend = 0.3 * 12 * np.exp(2 * np.sqrt(2)) * tilt
        assert np.isclose(got[i, j], 1.7 * ((1 + r + r**2 / 3) * np.exp(-r) + trend), rtol=1e-9)


def test_posterior_is_the_textbooks():
    rng = np.random.default_rng(1)
    x, y = torch.tensor(rng.random((25, 2))), torch.tensor(rng.random(25))
    noise = torch.full((25,), 0.01, dtype=torch.float64)
    points = torch.tensor(rng.random((8, 2)))
    mean, variance = condition(x, y, noise, H).predict(points)
    inverse = torch.linalg.inv(covariance(x, x, H) + torch.diag(noise))
    cross = covariance(points, x, H)
    expected = covariance(points, points, H) - cross @ inverse @ cross.mT
    np.testing.assert_allclose(mean, 0.4 + cross @ inverse @ (y - 0.4), rtol=1e-8)
    np.testing.assert_allclose(variance, expected.diagonal(), rtol=1e-6)


def test_equal_points_without_noise_do_not_break_the_factor():
    x = torch.zeros((6, 2), dtype=torch.float64)
    y = torch.arange(6, dtype=torch.float64)
    mean, variance = condition(x, y, torch.zeros(6, dtype=torch.float64), H).predict(x)
    assert torch.isfinite(mean).all()
    assert (variance > 0).all()


def mixed_space(names):
    return Space(
        [
            *(Categorical(f"op_{i}", names) for i in range(3)),
            Categorical("cache", ["none", "banked"]),
            Conditional(Integer("banks", 1, 9), "cache == 'banked'"),
            Real("volts", 0.6, 1.1),
        ]
    )


def covariances(space, rows, banks=0.4):
    x, groups = torch.from_numpy(space.encode_rows(rows)), space.encoding_groups
    lengths = np.random.default_rng(1).uniform(0.2, 2.0, int(groups.max()) + 1)
    lengths[space.encoding_names.index("banks")] = banks
    found = Hyperparameters(tuple(lengths.tolist()), 1.3, 0.0, 0.0, trend=0.2)
    return self_covariance(scaled(x, lengths_of(found, groups)), found).numpy()


def test_over_categories_conditions_and_counts_it_is_symmetric_and_positive_semidefinite():
    space = mixed_space(["skip", "conv", "pool"])
    matrix = covariances(space, space.sample_rows(60, np.random.default_rng(0)))
    np.testing.assert_allclose(matrix, matrix.T, atol=1e-12)
    assert np.linalg.eigvalsh(matrix).min() > -1e-10


def test_names_and_order_of_categories_do_not_matter():
    space, other = mixed_space(["skip", "conv", "pool"]), mixed_space(["c", "a", "b"])
    renamed = {"skip": "a", "conv": "b", "pool": "c"}
    points = space.sample(20, np.random.default_rng(0))
    rows = [np.array([space.row(point) for point in points])]
    moved = [{k: renamed.get(v, v) for k, v in point.items()} for point in points]
    rows.append(np.array([other.row(point) for point in moved]))
    np.testing.assert_allclose(covariances(space, rows[0]), covariances(other, rows[1]), atol=1e-12)


def test_what_is_inactive_on_both_sides_does_not_count():
    space = mixed_space(["skip", "conv", "pool"])
    points = space.sample(30, np.random.default_rng(0))
    is_active = np.array([point["banks"] is not None for point in points])
    rows = np.array([space.row(point) for point in points])
    short, long = covariances(space, rows, 0.3), covariances(space, rows, 3.0)
    without = np.ix_(~is_active, ~is_active)
    np.testing.assert_allclose(short[without], long[without], rtol=1e-12)
    assert not np.isclose(
        short[np.ix_(is_active, ~is_active)], long[np.ix_(is_active, ~is_active)]
    ).all()
