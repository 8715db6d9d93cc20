"""Probability that a point is feasible, learned from yes and no.

Gaussian-process classification by Polya-Gamma augmentation (`polya_gamma`): exact in the points up
to `inducing_points.EXACT_LIMIT` labels, through inducing points beyond. Measured against a
Dirichlet classifier and regression on -1 and 1: docs/optimiser.md.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
from torch import Tensor

from bohwsw.arrays import Indices, Labels, Values
from bohwsw.surrogates.covariance import (
    Groups,
    Hyperparameters,
    checked_groups,
    lengths_of,
    scaled,
    self_covariance,
)
from bohwsw.surrogates.fit import MAX_ITERATIONS, default_hyperparameters, fit_hyperparameters
from bohwsw.surrogates.inducing_points import (
    EXACT_LIMIT,
    inducing_rows,
    labels_to_fit,
    leave_one_out_rows,
)
from bohwsw.surrogates.polya_gamma import (
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
from bohwsw.surrogates.transforms import checked_data, fitted

ALTERNATIONS = 2
"""How often pseudo-observations and hyperparameters are fitted in turn from the priors' modes."""

SETTLING = 3
"""Updates of the pseudo-observations between two fits, and before the posterior is built. Eight
change the held-out log loss of 150 labels by 0.002, of 40 by nothing."""


LEAST_SIGNAL = 0.5
"""Floor of the variance of the logit, in units of `polya_gamma.LOGIT_SCALE` squared."""

SHRINKING, MAX_SHRINKS = 0.75, 8
"""Length-scales are shortened by this factor, so many times at most, until each label is explained;
reactor, 10 seeds: regret 1.2 with it, and 7 of 10 runs without a feasible point without."""

MOST_EXPLAINED = 200
"""Not with more labels than this: borders are well known then."""

WARM_SETTLING = 2
"""So many are enough where an earlier fit is the start; one where they pass over many labels."""


@dataclass(frozen=True)
class FittedLabels:
    """What a fit of labels finds, and a later one can start from."""

    kernel: Hyperparameters  # hyperparameters of the logit, in units of `polya_gamma.LOGIT_SCALE`
    spread: tuple[float, ...]  # the numbers c of the labels ``[n]``, in their order


class FeasibilityClassifier:
    """Classifier of yes or no with calibrated probabilities.

    With labels of one kind only no hyperparameters are fitted: near the data the answer is the
    label, far from it about one half.

    Args:
        groups: group of each encoded column ``[d]``, as in `GaussianProcess`.

    Attributes:
        labels: the labels ``[n]`` it was fitted to.
    """

    labels: Labels
    _fitted: FittedLabels | None = None
    _posterior: Posterior | None = None

    def __init__(self, groups: Groups | None = None) -> None:
        self._given_groups = groups

    @property
    def hyperparameters(self) -> FittedLabels:
        """What the fit found, once there is one; a later fit can start from it."""
        return fitted(self._fitted, "feasibility classifier")

    @property
    def posterior(self) -> Posterior:
        """That of the logit, in units of `polya_gamma.LOGIT_SCALE`, once there is a fit."""
        return fitted(self._posterior, "feasibility classifier")

    def fit(
        self,
        x: Values,
        feasible: Labels,
        *,
        start: FittedLabels | None = None,
        max_iterations: int = MAX_ITERATIONS,
    ) -> FeasibilityClassifier:
        """Fit to labels; returns itself.

        Args:
            x: encoded points ``[n, d]``, ``n >= 1``.
            feasible: bool ``[n]``.
            start: what an earlier fit found, best of the first of these labels; None starts from
                the priors' modes.
            max_iterations: cap on the optimiser's iterations; 0 keeps the kernel of ``start``.

        Raises:
            SpecError: shapes do not match or a coordinate is not finite.
        """
        x, numbers = checked_data(x, feasible)
        self.labels = numbers > 0.5
        self._groups = checked_groups(self._given_groups, x.shape[1])
        n_groups = int(self._groups.max()) + 1
        kernel = default_hyperparameters(n_groups) if start is None else start.kernel
        # The prior mean: the logit of the share of feasible labels, one of each kind added.
        yes = int(self.labels.sum())
        logit = math.log((yes + 1.0) / (len(x) - yes + 1.0))
        kernel = replace(kernel, noise_variance=0.0, mean=logit / LOGIT_SCALE)
        spread = torch.full((len(x),), FIRST_SPREAD, dtype=torch.float64)
        if start is not None:
            known = torch.tensor(start.spread[: len(x)], dtype=torch.float64)
            spread[: len(known)] = known
        self._x, labels = torch.from_numpy(x.copy()), torch.from_numpy(self.labels.copy())
        with one_thread(), torch.no_grad():
            if max_iterations > 0 and labels.any() and not labels.all():
                turns = ALTERNATIONS if start is None else 1
                kernel = self._fitted_kernel(labels, spread, kernel, max_iterations, turns)
                kernel, spread = self._explaining(labels, spread, kernel)
            self._condition(labels, spread, kernel, warm=start is not None)
        return self

    def leave_one_out(self) -> tuple[Indices, Values]:
        """The probability that each labelled point is feasible, from all other labels.

        Returns:
            Which labels ``[m]``, see `leave_one_out_rows`, and their probabilities ``[m]``.
        """
        rows = leave_one_out_rows(len(self.labels))
        found = self.hyperparameters
        with one_thread(), torch.no_grad():
            spread = torch.tensor(found.spread, dtype=torch.float64)[rows]
            latent, noise = pseudo_observations(torch.from_numpy(self.labels[rows]), spread)
            posterior = condition(self._x[rows], latent, noise, found.kernel, self._groups)
            mean, variance = posterior.leave_one_out(latent)
            # Of the logit itself, not of its noisy observation.
            return rows, np.exp(log_probability(mean, (variance - noise).clamp_min_(0.0)))

    def log_predict(self, x: Values) -> Values:
        """Logarithm of the probability that each point ``[m, d]`` is feasible: ``[m]``."""
        points = torch.from_numpy(np.array(x, dtype=np.float64))
        with one_thread(), torch.no_grad():
            return log_probability(*self.posterior.predict(points))

    def predict(self, x: Values) -> Values:
        """The probability that each point ``[m, d]`` is feasible: ``[m]``."""
        return np.asarray(np.exp(self.log_predict(x)))

    def _fitted_kernel(
        self, feasible: Tensor, spread: Tensor, kernel: Hyperparameters, iterations: int, turns: int
    ) -> Hyperparameters:
        x, rows = self._x, labels_to_fit(self.labels)
        if rows is not None:
            x, feasible, spread = x[rows], feasible[rows], spread[rows]
        mean, capped = kernel.mean, math.ceil(iterations / turns)
        for _ in range(turns):
            spread = self._settled(x, feasible, spread, kernel, SETTLING)
            latent, noise = pseudo_observations(feasible, spread)
            kernel = fit_hyperparameters(
                x, latent, noise, kernel, capped, self._groups, mean, LEAST_SIGNAL
            )
        return kernel

    def _explaining(
        self, feasible: Tensor, spread: Tensor, kernel: Hyperparameters
    ) -> tuple[Hyperparameters, Tensor]:
        """The kernel with length-scales so short that it takes no feasible point for chance.

        One feasible point among many that are not is likeliest to be an error, as far as the
        marginal likelihood goes; but an evaluator answers the same point the same way. Also the
        numbers c to go on with.
        """
        if len(self._x) > MOST_EXPLAINED:
            return kernel, spread
        known, found = spread, spread
        for _ in range(MAX_SHRINKS):
            mean, _ = self._at_labels(feasible, found, kernel)
            if bool((mean[feasible] > 0.0).all()):
                break
            kernel = replace(
                kernel, lengthscales=tuple(SHRINKING * length for length in kernel.lengthscales)
            )
            known = torch.full_like(spread, FIRST_SPREAD)
            found = known
        return kernel, known

    def _at_labels(
        self, feasible: Tensor, spread: Tensor, kernel: Hyperparameters
    ) -> tuple[Tensor, Tensor]:
        """Posterior mean and variance ``[n]`` of the logit at the labelled points."""
        prior = self_covariance(scaled(self._x, lengths_of(kernel, self._groups)), kernel)
        answer = partial(at_observations, prior, kernel.mean)
        spread = settle(feasible, spread, answer, SETTLING)
        return answer(*pseudo_observations(feasible, spread))

    def _settled(
        self, x: Tensor, feasible: Tensor, spread: Tensor, kernel: Hyperparameters, rounds: int
    ) -> Tensor:
        prior = self_covariance(scaled(x, lengths_of(kernel, self._groups)), kernel)
        return settle(feasible, spread, partial(at_observations, prior, kernel.mean), rounds)

    def _condition(
        self, feasible: Tensor, spread: Tensor, kernel: Hyperparameters, *, warm: bool
    ) -> None:
        x, groups = self._x, self._groups
        if len(x) <= EXACT_LIMIT:
            rounds = WARM_SETTLING if warm else SETTLING
            spread = self._settled(x, feasible, spread, kernel, rounds)
            self._posterior = condition(x, *pseudo_observations(feasible, spread), kernel, groups)
        else:
            inducing = inducing_rows(scaled(x, lengths_of(kernel, groups)), None)
            basis = inducing_basis(x, kernel, inducing, groups)
            rounds = 1 if warm else SETTLING
            spread = settle(feasible, spread, basis.at_observations, rounds)
            self._posterior = basis.condition(*pseudo_observations(feasible, spread))
        self._fitted = FittedLabels(kernel, tuple(spread.tolist()))
