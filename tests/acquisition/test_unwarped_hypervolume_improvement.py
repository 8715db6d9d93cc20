"""Expected volumes in the units of the measurements, against sampling and against the plain one."""

import numpy as np
import pytest
import torch
from botorch.utils.multi_objective.hypervolume import Hypervolume

from bohwsw.acquisition import UnwarpedHypervolumeImprovement, log_expected_hypervolume_improvement


def logarithm(values):
    with np.errstate(divide="ignore"):
        return np.log(np.maximum(values, 0.0))


@pytest.mark.parametrize("m", [2, 3, 4])
def test_without_a_warping_it_is_the_plain_one(m):
    rng = np.random.default_rng(m)
    seen, reference = rng.random((7, m)), np.full(m, 1.1)
    mean, variance = rng.random((9, m)), 0.005 * rng.random((9, m)) ** 2 + 1e-6
    plain = np.exp(log_expected_hypervolume_improvement(mean, variance, seen, reference))
    ours = UnwarpedHypervolumeImprovement(seen, reference, [np.copy] * m)(mean, variance)
    large = plain > 1e-6
    assert large.sum() >= 4
    ratio = ours[large] / plain[large]
    assert ratio == pytest.approx(ratio[0], rel=1e-3)  # a unit of its own


def test_it_is_the_mean_gain_of_samples_of_what_is_measured():
    rng = np.random.default_rng(0)
    seen = np.array([[1.0, 800.0], [3.0, 90.0], [9.0, 7.0]])
    reference = np.array([12.0, 1000.0])
    ours = UnwarpedHypervolumeImprovement(seen, reference, [np.copy, logarithm])
    means = np.array([[2.0, np.log(60.0)], [6.0, np.log(20.0)]])
    variances = np.array([[0.3, 0.5], [1.0, 0.05]])
    volume = Hypervolume(-torch.as_tensor(reference))
    before = volume.compute(-torch.as_tensor(seen))
    expected = []
    for mean, variance in zip(means, variances, strict=True):
        draws = mean + np.sqrt(variance) * rng.standard_normal((3000, 2))
        draws[:, 1] = np.exp(draws[:, 1])
        gains = [volume.compute(-torch.as_tensor(_front(np.vstack([seen, d])))) for d in draws]
        expected.append(np.mean(gains) - before)
    found = ours(means, variances)
    assert found[0] / found[1] == pytest.approx(expected[0] / expected[1], rel=0.1)


def test_what_cannot_improve_adds_nothing():
    ours = UnwarpedHypervolumeImprovement(np.zeros((1, 2)), np.ones(2), [np.copy] * 2)
    far, near = ours(np.array([[9.0, 9.0], [0.5, -0.1]]), np.full((2, 2), 1e-4))
    assert far == 0.0
    assert near > 0.01


def test_a_reference_may_lie_where_a_mirrored_logarithm_has_ended():
    """What is maximised, and positive so far: a reference behind the worst of it lies beyond 0."""
    ours = UnwarpedHypervolumeImprovement(
        np.array([[-2.0, 1.0], [-1.0, 0.5]]),
        np.array([0.1, 1.1]),
        [lambda values: -logarithm(-values), np.copy],
    )
    worse, better = ours(np.array([[1.6, 0.9], [1.6, 0.3]]), np.full((2, 2), 1e-3))
    assert 0.0 <= worse < 1e-3 < better


def _front(values):
    keep = [not any((other <= v).all() and (other < v).any() for other in values) for v in values]
    return values[keep]
