"""Probability that a point is feasible, learned from yes and no.

Gaussian-process classification by Polya-Gamma augmentation (`labels`): exact in the points up to
`few.EXACT_LIMIT` labels, through inducing points beyond. Measured against the Dirichlet classifier
(`dirichlet`) and regression on -1 and 1: docs/optimiser.md.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from bohwsw.errors import SpecError
from bohwsw.surrogates.few import EXACT_LIMIT, inducing_rows, rows_of_each_kind
from bohwsw.surrogates.fit import MAX_ITERATIONS, default_hyperparameters, fit_hyperparameters
from bohwsw.surrogates.kernel import (
    Groups,
    Hyperparameters,
    checked_groups,
    lengths_of,
    scaled,
    self_correlation,
)
from bohwsw.surrogates.labels import (
    FIRST_SPREAD,
    LOGIT_SCALE,
    at_observations,
    log_probability,
    pseudo_observations,
    settle,
)
from bohwsw.surrogates.posterior import Posterior, condition
from bohwsw.surrogates.sparse_posterior import inducing_basis
from bohwsw.surrogates.threads import one_thread
from bohwsw.surrogates.transforms import require_finite

Values = npt.NDArray[np.float64]

TURNS = 2
"""How often pseudo-observations and hyperparameters take turns in a fit from the priors' modes."""

SETTLING = 3
"""Updates of the pseudo-observations between two fits, and before the posterior is built. Eight
change the held-out log loss of 150 labels by 0.002, of 40 by nothing."""

WARM_SETTLING = 2
"""So many are enough where an earlier fit is the start; one where they pass over many labels."""


@dataclass(frozen=True)
class FittedLabels:
    """What a fit of labels finds, and a later one can start from.

    Attributes:
        kernel: hyperparameters of the logit, in units of `labels.LOGIT_SCALE`.
        spread: the numbers c of the labels ``[n]``, in their order.
    """

    kernel: Hyperparameters
    spread: tuple[float, ...]


class FeasibilityClassifier:
    """Classifier of yes or no with calibrated probabilities.

    With labels of one kind only no hyperparameters are fitted: near the data the answer is the
    label, far from it about one half.

    Args:
        groups: group of each encoded column ``[d]``, as in `GaussianProcess`.
    """

    def __init__(self, groups: Groups | None = None) -> None:
        self._given_groups = groups
        self._groups: Tensor | None = None
        self._fitted: FittedLabels | None = None
        self._posterior: Posterior | None = None
        self._x = torch.zeros((0, 0), dtype=torch.float64)
        self._labels = torch.zeros(0, dtype=torch.bool)

    @property
    def hyperparameters(self) -> FittedLabels:
        """What the fit found; a later fit can start from it.

        Raises:
            SpecError: nothing was fitted yet.
        """
        if self._fitted is None:
            raise SpecError("the feasibility classifier has not been fitted")
        return self._fitted

    @property
    def posterior(self) -> Posterior:
        """That of the logit, in units of `labels.LOGIT_SCALE`.

        Raises:
            SpecError: nothing was fitted yet.
        """
        if self._posterior is None:
            raise SpecError("the feasibility classifier has not been fitted")
        return self._posterior

    def fit(
        self,
        x: Values,
        feasible: npt.NDArray[np.bool_],
        *,
        start: FittedLabels | None = None,
        max_iterations: int = MAX_ITERATIONS,
    ) -> FeasibilityClassifier:
        """Fit to labels.

        Args:
            x: encoded points ``[n, d]``, ``n >= 1``.
            feasible: bool ``[n]``.
            start: what an earlier fit found, best of the first of these labels; None starts from
                the priors' modes.
            max_iterations: cap on the optimiser's iterations; 0 keeps the kernel of ``start``.

        Returns:
            Itself.

        Raises:
            SpecError: shapes do not match or a coordinate is not finite.
        """
        x, feasible = checked_labels(x, feasible)
        d = x.shape[1]
        self._groups = None if self._given_groups is None else checked_groups(self._given_groups, d)
        n_groups = d if self._groups is None else int(self._groups.max()) + 1
        kernel = default_hyperparameters(n_groups) if start is None else start.kernel
        kernel = replace(kernel, noise_variance=0.0, mean=_base_logit(feasible) / LOGIT_SCALE)
        spread = torch.full((len(x),), FIRST_SPREAD, dtype=torch.float64)
        if start is not None:
            known = torch.tensor(start.spread[: len(x)], dtype=torch.float64)
            spread[: len(known)] = known
        inputs = torch.from_numpy(x.copy())
        labels = torch.from_numpy(feasible.copy())
        self._x, self._labels = inputs, labels
        with one_thread(), torch.no_grad():
            if max_iterations > 0 and feasible.any() and not feasible.all():
                turns = TURNS if start is None else 1
                kernel = self._fitted_kernel(inputs, labels, spread, kernel, max_iterations, turns)
            self._condition(inputs, labels, spread, kernel, warm=start is not None)
        return self

    @property
    def labels(self) -> npt.NDArray[np.bool_]:
        """The labels ``[n]`` it was fitted to."""
        result: npt.NDArray[np.bool_] = self._labels.numpy()
        return result

    def regression(self, rows: npt.NDArray[np.int64]) -> tuple[Posterior, Tensor, Tensor]:
        """The exact regression that stands for some of the labels.

        Args:
            rows: which of them, ``[m]``.

        Returns:
            Its posterior, its pseudo-observations ``[m]`` and their noise variances ``[m]``.
        """
        chosen = torch.from_numpy(rows)
        spread = torch.tensor(self.hyperparameters.spread, dtype=torch.float64)[chosen]
        latent, noise = pseudo_observations(self._labels[chosen], spread)
        kernel = self.hyperparameters.kernel
        return condition(self._x[chosen], latent, noise, kernel, self._groups), latent, noise

    def log_predict(self, x: Values) -> Values:
        """Logarithm of the probability that each point ``[m, d]`` is feasible: ``[m]``."""
        posterior = self.posterior
        points = torch.from_numpy(np.array(x, dtype=np.float64))
        with one_thread(), torch.no_grad():
            return log_probability(*posterior.predict(points))

    def predict(self, x: Values) -> Values:
        """The probability that each point ``[m, d]`` is feasible: ``[m]``."""
        result: Values = np.exp(self.log_predict(x))
        return result

    def _fitted_kernel(
        self,
        x: Tensor,
        feasible: Tensor,
        spread: Tensor,
        kernel: Hyperparameters,
        iterations: int,
        turns: int,
    ) -> Hyperparameters:
        rows = rows_of_each_kind(feasible.numpy())
        if rows is not None:
            x, feasible, spread = x[rows], feasible[rows], spread[rows]
        mean = kernel.mean
        for _ in range(turns):
            spread = self._settled(x, feasible, spread, kernel, SETTLING)
            latent, noise = pseudo_observations(feasible, spread)
            capped = math.ceil(iterations / turns)
            with torch.enable_grad():
                kernel = fit_hyperparameters(x, latent, noise, kernel, capped, self._groups, mean)
        return kernel

    def _settled(
        self, x: Tensor, feasible: Tensor, spread: Tensor, kernel: Hyperparameters, rounds: int
    ) -> Tensor:
        prior = self_correlation(scaled(x, lengths_of(kernel, self._groups)))
        prior.mul_(kernel.signal_variance)
        return settle(feasible, spread, partial(at_observations, prior, kernel.mean), rounds)

    def _condition(
        self, x: Tensor, feasible: Tensor, spread: Tensor, kernel: Hyperparameters, *, warm: bool
    ) -> None:
        if len(x) <= EXACT_LIMIT:
            rounds = WARM_SETTLING if warm else SETTLING
            spread = self._settled(x, feasible, spread, kernel, rounds)
            latent, noise = pseudo_observations(feasible, spread)
            self._posterior = condition(x, latent, noise, kernel, self._groups)
        else:
            few = inducing_rows(scaled(x, lengths_of(kernel, self._groups)), None)
            basis = inducing_basis(x, kernel, few, self._groups)
            rounds = 1 if warm else SETTLING
            spread = settle(feasible, spread, basis.at_observations, rounds)
            self._posterior = basis.condition(*pseudo_observations(feasible, spread))
        self._fitted = FittedLabels(kernel, tuple(spread.tolist()))


def _base_logit(feasible: npt.NDArray[np.bool_]) -> float:
    """The prior mean: the logit of the share of feasible labels, one of each kind added."""
    yes = int(feasible.sum())
    return math.log((yes + 1.0) / (len(feasible) - yes + 1.0))


def checked_labels(
    x: Values, feasible: npt.NDArray[np.bool_]
) -> tuple[Values, npt.NDArray[np.bool_]]:
    """Points ``[n, d]`` and labels ``[n]`` as arrays.

    Raises:
        SpecError: shapes do not match or a coordinate is not finite.
    """
    x, feasible = np.asarray(x, dtype=np.float64), np.asarray(feasible, dtype=bool)
    if x.ndim != 2 or feasible.shape != (len(x),) or not x.size:
        raise SpecError(
            "points and labels do not match",
            got=[list(x.shape), list(feasible.shape)],
            expected="x [n, d] and feasible [n], n >= 1",
        )
    require_finite(x, "an encoded point")
    return x, feasible
