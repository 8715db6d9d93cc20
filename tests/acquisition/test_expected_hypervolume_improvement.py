"""Expected hypervolume improvement against BoTorch and against sampling."""

import numpy as np
import pytest
import torch
from botorch.acquisition.multi_objective.analytic import ExpectedHypervolumeImprovement
from botorch.utils.multi_objective.box_decompositions import FastNondominatedPartitioning
from botorch.utils.multi_objective.hypervolume import Hypervolume
from botorch.utils.testing import MockModel, MockPosterior

from bohwsw.acquisition.expected_hypervolume_improvement import (
    log_expected_hypervolume_improvement,
    reference_point,
)


@pytest.mark.parametrize("m", [2, 3])
def test_it_equals_botorch(m):
    rng = np.random.default_rng(m)
    seen, reference = rng.random((6, m)), np.full(m, 1.1)
    mean, variance = rng.random((5, m)), 0.02 + 0.1 * rng.random((5, m))
    ours = log_expected_hypervolume_improvement(mean, variance, seen, reference)
    for k in range(5):
        posterior = MockPosterior(
            mean=-torch.as_tensor(mean[k][None, None]),
            variance=torch.as_tensor(variance[k][None, None]),
        )
        theirs = ExpectedHypervolumeImprovement(
            MockModel(posterior),
            ref_point=(-reference).tolist(),
            partitioning=FastNondominatedPartitioning(
                ref_point=-torch.as_tensor(reference), Y=-torch.as_tensor(seen)
            ),
        )
        value = float(theirs(torch.zeros(1, 1, m, dtype=torch.float64)))
        assert np.exp(ours[k]) == pytest.approx(value, rel=1e-6)


def test_it_is_the_mean_gain_of_samples():
    rng = np.random.default_rng(0)
    seen, reference = np.array([[0.2, 0.8], [0.6, 0.3]]), np.array([1.0, 1.0])
    mean, variance = np.array([[0.4, 0.4]]), np.array([[0.01, 0.02]])
    volume = Hypervolume(-torch.as_tensor(reference))
    before = volume.compute(-torch.as_tensor(seen))
    draws = mean + np.sqrt(variance) * rng.standard_normal((4000, 2))
    gains = [
        volume.compute(-torch.as_tensor(_front(np.vstack([seen, draw])))) - before for draw in draws
    ]
    ours = np.exp(log_expected_hypervolume_improvement(mean, variance, seen, reference))[0]
    assert ours == pytest.approx(np.mean(gains), abs=4 * np.std(gains) / np.sqrt(4000))


def test_it_ranks_points_whose_gain_underflows():
    seen, reference = np.array([[0.0, 0.0]]), np.array([1.0, 1.0])
    mean = np.array([[3.0, 3.0], [4.0, 4.0]])
    near, far = log_expected_hypervolume_improvement(mean, np.full((2, 2), 1e-4), seen, reference)
    assert np.isfinite([near, far]).all()
    assert near > far


def test_the_reference_lies_behind_the_front():
    front = np.array([[0.0, 4.0], [2.0, 0.0]])
    assert reference_point(front) == pytest.approx([2.2, 4.4])
    assert reference_point(np.vstack([front, [3.0, 9.0]])) == pytest.approx([3.0, 8.0])
    assert (reference_point(np.array([[1.0, 2.0]])) > [1.0, 2.0]).all()


def _front(values):
    keep = [not any((other <= v).all() and (other < v).any() for other in values) for v in values]
    return values[keep]
