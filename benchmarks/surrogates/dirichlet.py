"""Dirichlet classifier of feasibility: exact regression on transformed labels.

D. Milios, R. Camoriano, P. Michiardi, L. Rosasco and M. Filippone, "Dirichlet-based Gaussian
Processes for Large-scale Calibrated Classification", NeurIPS 2018: labels become log-normal
pseudo-observations with known noise of one latent function a class. `FeasibilityClassifier` was
chosen over it (docs/optimiser.md, benchmarks/surrogates); it remains as the yardstick.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from bohwsw.errors import SpecError
from bohwsw.surrogates.fit import MAX_ITERATIONS, default_hyperparameters, fit_hyperparameters
from bohwsw.surrogates.polya_gamma import LOGIT_SCALE, log_probability
from bohwsw.surrogates.posterior import Posterior, condition
from bohwsw.surrogates.threads import one_thread
from bohwsw.surrogates.transforms import checked_data

Values = npt.NDArray[np.float64]

ALPHA = 0.01


class DirichletClassifier:
    """Exact classifier of yes or no, one latent function each.

    Args:
        alpha: concentration of a class that was not observed (alpha_epsilon in the paper).
    """

    def __init__(self, alpha: float = ALPHA) -> None:
        seen, seen_noise = _pseudo_observation(1.0 + alpha)
        unseen, unseen_noise = _pseudo_observation(alpha)
        self._half = (seen - unseen) / 2.0
        self._noises = (seen_noise / self._half**2, unseen_noise / self._half**2)
        self._posteriors: tuple[Posterior, Posterior] | None = None

    def fit(
        self, x: Values, feasible: npt.NDArray[np.bool_], *, max_iterations: int = MAX_ITERATIONS
    ) -> DirichletClassifier:
        """Fit to labels.

        Args:
            x: encoded points ``[n, d]``, ``n >= 1``.
            feasible: bool ``[n]``.
            max_iterations: cap on the optimiser's iterations.

        Returns:
            Itself.

        Raises:
            SpecError: shapes do not match or a coordinate is not finite.
        """
        x, numbers = checked_data(x, feasible)
        feasible = numbers > 0.5
        points, yes = torch.from_numpy(x.copy()), torch.from_numpy(feasible.copy())
        iterations = max_iterations if feasible.any() and not feasible.all() else 0
        with one_thread(), torch.no_grad():
            self._posteriors = (
                self._latent(points, ~yes, iterations),
                self._latent(points, yes, iterations),
            )
        return self

    def _latent(self, x: Tensor, seen: Tensor, iterations: int) -> Posterior:
        # Scaled to -1 for a class that was not seen and 1 for one that was.
        y = 2.0 * seen.to(torch.float64) - 1.0
        of_seen, of_unseen = self._noises
        noise = of_unseen + (of_seen - of_unseen) * seen.to(torch.float64)
        found = default_hyperparameters(x.shape[1])
        if iterations:
            found = fit_hyperparameters(x, y, noise, found, iterations)
        return condition(x, y, noise, found)

    def predict(self, x: Values) -> Values:
        """The probability that each point ``[m, d]`` is feasible: ``[m]``."""
        if self._posteriors is None:
            raise SpecError("the Dirichlet classifier has not been fitted")
        points = torch.from_numpy(np.array(x, dtype=np.float64))
        with one_thread(), torch.no_grad():
            (mean_no, var_no), (mean_yes, var_yes) = (p.predict(points) for p in self._posteriors)
            # The softmax of two Gaussians is the sigmoid of their difference.
            unit = self._half / LOGIT_SCALE
            logs = log_probability(unit * (mean_yes - mean_no), unit**2 * (var_no + var_yes))
        result: Values = np.exp(logs)
        return result


def _pseudo_observation(alpha: float) -> tuple[float, float]:
    """Mean and variance of the log-normal that matches a Gamma(alpha, 1) variable."""
    variance = math.log1p(1.0 / alpha)
    return math.log(alpha) - variance / 2.0, variance
