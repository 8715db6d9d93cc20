"""Labels as regression: the updates settle, and the link is the expected sigmoid."""

import numpy as np
import pytest
import torch

from bohwsw.surrogates.polya_gamma import (
    LOGIT_SCALE,
    at_observations,
    log_probability,
    pseudo_observations,
    settle,
)

COVARIANCE = torch.tensor([[1.0, 0.6, 0.1], [0.6, 1.0, 0.3], [0.1, 0.3, 1.0]], dtype=torch.float64)
LABELS = torch.tensor([True, True, False])


@pytest.mark.parametrize("logit", [-12.0, -3.0, 0.0, 1.5, 8.0])
@pytest.mark.parametrize("deviation", [0.1, 2.0, 16.0])
def test_link_is_the_expected_sigmoid(logit, deviation):
    grid = np.linspace(-9, 9, 4001)
    density = np.exp(-(grid**2) / 2)
    exact = (density / (1 + np.exp(-(logit + deviation * grid)))).sum() / density.sum()
    mean, variance = (
        torch.tensor([logit / LOGIT_SCALE]),
        torch.tensor([deviation**2 / LOGIT_SCALE**2]),
    )
    got = np.exp(log_probability(mean.double(), variance.double()))[0]
    assert got == pytest.approx(exact, abs=2e-3)
    assert got == pytest.approx(exact, rel=0.1)


def test_posterior_at_the_observations_is_the_textbooks():
    y = torch.tensor([0.3, -1.0, 2.0], dtype=torch.float64)
    noise = torch.tensor([0.1, 0.5, 2.0], dtype=torch.float64)
    inverse = torch.linalg.inv(COVARIANCE + torch.diag(noise))
    mean, variance = at_observations(COVARIANCE, 0.2, y, noise)
    np.testing.assert_allclose(mean, 0.2 + COVARIANCE @ inverse @ (y - 0.2), rtol=1e-10)
    exact = (COVARIANCE - COVARIANCE @ inverse @ COVARIANCE).diagonal()
    np.testing.assert_allclose(variance, exact, rtol=1e-10)


def test_updates_settle_where_the_spread_is_that_of_the_posterior():
    def believed(y, noise):
        return at_observations(COVARIANCE, 0.0, y, noise)

    first = torch.full((3,), 8.0, dtype=torch.float64)
    spread = settle(LABELS, first, believed, 500)
    mean, variance = believed(*pseudo_observations(LABELS, spread))
    np.testing.assert_allclose(spread, (mean**2 + variance).sqrt() * LOGIT_SCALE, rtol=0.05)
    assert (mean[:2] > 0).all()
    assert mean[2] < 0
