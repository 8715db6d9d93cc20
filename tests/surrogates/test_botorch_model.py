"""Our model as BoTorch's predicts what ours predicts."""

import numpy as np
import torch

from bohwsw.surrogates.botorch_model import to_botorch
from bohwsw.surrogates.gp import GaussianProcess


def test_predictions_are_equal():
    rng = np.random.default_rng(0)
    x = rng.random((30, 3))
    y = np.sin(4 * x[:, 0]) + x[:, 1]
    ours = GaussianProcess().fit(x, y)
    model = to_botorch(x, (y - y.mean()) / y.std(), ours.hyperparameters)
    model.eval()
    points = rng.random((12, 3))
    with torch.no_grad():
        posterior = model.posterior(torch.tensor(points)[:, None, :])
    mean, variance = ours.predict(points)
    np.testing.assert_allclose(
        mean, y.mean() + y.std() * posterior.mean.numpy()[:, 0, 0], atol=1e-6
    )
    np.testing.assert_allclose(
        variance, y.var() * posterior.variance.numpy()[:, 0, 0], rtol=1e-3, atol=1e-9
    )
