"""The recipe of Shi et al. ("Learned hardware/software co-design", arXiv:2010.02075, section 4).

A Gaussian process with a linear kernel and noise on features (here the raw encoding), a pool of
150 random valid points, the lower confidence bound with kappa = 1, weighted by the probability
of feasibility of a Gaussian-process classifier. How the paper weighs a bound that may have any
sign is not written; here it is the gain over the worst value seen.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from sklearn.gaussian_process import GaussianProcessClassifier
from sklearn.gaussian_process.kernels import RBF, ConstantKernel

from benchmarks.optimizers.method import Candidate, Method
from benchmarks.optimizers.problem import Evaluation, Problem
from bohwsw.space import Point

Values = npt.NDArray[np.float64]


class Paper(Method):
    """Linear model, random pool, confidence bound; knows yes or no only."""

    packages = ("scikit-learn",)
    settings: ClassVar[Mapping[str, Any]] = {"pool": 150, "kappa": 1.0, "initial": 5}

    def __init__(self, problem: Problem, seed: int) -> None:
        self._space = problem.space
        self._rng = np.random.default_rng(seed)
        self._points: list[Point] = []
        self._values: list[float | None] = []
        warnings.filterwarnings("ignore", module="sklearn")

    def suggest(self) -> Candidate:
        """The best of the pool."""
        if len(self._points) < self.settings["initial"]:
            return Candidate(self._space.sample(1, self._rng)[0])
        rows = self._space.sample_rows(self.settings["pool"], self._rng)
        x = self._space.encode_rows(rows)
        known = self._space.encode(self._points)
        worth = self._probability(known, x)
        feasible = np.array([value is not None for value in self._values])
        if feasible.any():
            y = np.array([value for value in self._values if value is not None])
            scale = y.std() or 1.0
            scaled = (y - y.mean()) / scale
            mean, spread = linear_posterior(known[feasible], scaled, x)
            bound = mean - self.settings["kappa"] * spread
            worth = worth * np.maximum(scaled.max() - bound, 1e-9)
        return Candidate(self._space.point(rows[int(np.argmax(worth))]))

    def observe(self, candidate: Candidate, evaluation: Evaluation) -> None:
        """Keep the objective if feasible."""
        assert candidate.point is not None
        self._points.append(candidate.point)
        self._values.append(evaluation.objective if evaluation.feasible else None)

    def _probability(self, known: Values, x: Values) -> Values:
        labels = np.array([value is not None for value in self._values])
        if labels.all() or not labels.any():
            return np.ones(len(x))
        classifier = GaussianProcessClassifier(ConstantKernel(1.0) * RBF(1.0), random_state=0)
        probability: Values = classifier.fit(known, labels).predict_proba(x)[:, 1]
        return probability


def linear_posterior(known: Values, y: Values, x: Values) -> tuple[Values, Values]:
    """Mean and spread ``[m]`` of Bayesian linear regression with evidence-maximising noise.

    C. M. Bishop, "Pattern recognition and machine learning", 2006, equations 3.53, 3.54 and 3.86;
    the ratio of noise to weights is the best of a grid.

    Args:
        known: inputs ``[n, d]``.
        y: standardised values ``[n]``.
        x: where to predict ``[m, d]``.
    """
    a, b = (np.hstack([np.ones((len(v), 1)), v]) for v in (known, x))
    n = len(y)
    best: tuple[float, Values, Values] | None = None
    for noise in 10.0 ** np.arange(-4.0, 1.5, 0.5):
        covariance = a @ a.T + noise * np.eye(n)
        factor = np.linalg.cholesky(covariance)
        whitened = np.linalg.solve(factor, y)
        scale = max(float(whitened @ whitened) / n, 1e-12)
        evidence = -0.5 * n * np.log(scale) - np.log(np.diag(factor)).sum()
        if best is None or evidence > best[0]:
            cross = np.linalg.solve(factor, a @ b.T)
            variance = np.maximum((b**2).sum(1) - (cross**2).sum(0), 0.0) + noise
            best = (evidence, cross.T @ whitened, np.sqrt(scale * variance))
    assert best is not None
    return best[1], best[2]
