"""What trials showed, as training data of a model, with the hyperparameters that fit it.

One object a modelled quantity: it grows by a tell at a time and answers with a model of all it has
seen. A fit that starts where the last one ended is better and cheaper than one from the priors, but
it would make a suggestion depend on every fit before it, and a resumed run could not repeat it. So
fits start from checkpoints at fixed numbers of observations, each fitted from the one before: a
chain that the history alone determines, and that a resumed run redoes in a few fits.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from bohwsw.arrays import Labels, Values
from bohwsw.surrogates import (
    BotorchRegression,
    FeasibilityClassifier,
    FittedLabels,
    GaussianProcess,
    Hyperparameters,
    Warping,
    default_hyperparameters,
    rank_correlation,
    trend_coefficients,
    warped_variances,
)

Groups = npt.NDArray[np.int64]
Regression = GaussianProcess | BotorchRegression
H = TypeVar("H")
M = TypeVar("M", GaussianProcess, FeasibilityClassifier)

FIRST_CHECKPOINT, CHECKPOINT_GROWTH = 4, 1.5
COLD_ITERATIONS, WARM_ITERATIONS = 50, 30
"""Caps on the iterations of a fit from the priors, and from a checkpoint."""

KEPT = 64
EVERY = 16
"""Observations after which not every one of them leads to a fit of its own."""


JUDGED_FROM, JUDGED_EVERY = 16, 8
"""Observations from which on, and after how many more of them, a model is judged."""

BY_CHANCE = 1.28
"""A model knows nothing where the rank correlation of predictions with what was left out is less
than this many of its standard deviations, 1 / sqrt(n - 1), by chance: one of ten is more. From 16
observations of networks, flags and trees on it was 0.47 to 0.99."""


class TrainingData(ABC, Generic[M, H]):
    """Points and what was seen there.

    Args:
        groups: of the encoded columns, ``[width]``.
    """

    def __init__(self, groups: Groups) -> None:
        self._groups = groups
        self._x: list[Values] = []
        self._y: list[float] = []
        self._fits: dict[int, H] = {}

    def __len__(self) -> int:
        return len(self._y)

    def x(self, n: int | None = None) -> Values:
        """The first ``n`` encoded points ``[n, width]``, all of them if None."""
        return np.array(self._x[:n])

    def y(self, n: int | None = None) -> Values:
        """The first ``n`` observations ``[n]``, all of them if None."""
        return np.array(self._y[:n], dtype=np.float64)

    def hyperparameters(self, n: int) -> H:
        """Those for the first ``n`` observations, fitted to these or to a few less."""
        n = fitted_at(n)
        if n not in self._fits:
            self._fits[n] = self._chained(n)
            if len(self._fits) > KEPT:
                chain = checkpoints(n)
                self._fits = {key: fit for key, fit in self._fits.items() if key in chain}
        return self._fits[n]

    def _chained(self, n: int) -> H:
        before = checkpoints(n)[1:]
        if not before:
            return self._fit(n, None, COLD_ITERATIONS)
        if before[0] not in self._fits:
            self._fits[before[0]] = self._chained(before[0])
        return self._fit(n, self._fits[before[0]], WARM_ITERATIONS)

    def _fit(self, n: int, start: H | None, iterations: int) -> H:
        """Hyperparameters fitted to the first ``n`` observations; depends on nothing else."""
        found: Any = self._fitted(n, start, iterations).hyperparameters
        hyperparameters: H = found
        return hyperparameters

    def model(self) -> M:
        """A model of everything observed; there must be something."""
        return self._fitted(len(self), self.hyperparameters(len(self)), 0)

    @abstractmethod
    def _fitted(self, n: int, start: H | None, iterations: int) -> M:
        """A model of the first ``n`` observations."""


class OutcomeData(TrainingData[GaussianProcess, Hyperparameters]):
    """A measured number, modelled by a Gaussian process after a monotone warping.

    Args:
        groups: of the encoded columns, ``[width]``.
        warping: finds the warping for all observations ``[n]`` and the median of the standard
            deviations that were reported.
        prior_mean: see `GaussianProcess`; of what is measured, so nothing is warped then.
        basis: functions ``[n, k]`` of encoded points whose weighted sum is a trend beside the
            model; see `trend_coefficients`.
        relevant: see `GaussianProcess`.
    """

    def __init__(
        self,
        groups: Groups,
        warping: Callable[[Values, float], Warping],
        prior_mean: Callable[[Values], Values] | None = None,
        basis: Callable[[Values], Values] | None = None,
        relevant: Labels | Values | None = None,
    ) -> None:
        super().__init__(groups)
        self._basis = basis
        self._relevant = relevant
        self._warping = warping if prior_mean is None else _unwarped
        self._prior_mean = prior_mean
        self._deviations: list[float] = []
        self._judged = (0, False)

    def add(self, x: Values, value: float, deviation: float | None = None) -> None:
        """One more observation at an encoded point ``[width]``, with its standard deviation."""
        self._x.append(x)
        self._y.append(value)
        self._deviations.append(math.nan if deviation is None else deviation)

    def warped(self, n: int | None = None) -> Values:
        """The first ``n`` observations as the model sees them ``[n]``."""
        return self._warping_of(n)(self.y(n))

    @property
    def warping(self) -> Warping:
        """From what was measured to what the model sees."""
        return self._warping_of(None)

    def _warping_of(self, n: int | None) -> Warping:
        reported = [each for each in self._deviations[:n] if not math.isnan(each)]
        return self._warping(self.y(n), float(np.median(reported)) if reported else 0.0)

    def unwarped(self, values: Values) -> Values:
        """Values ``[k]`` of the model in the units of the measurements.

        By the inverse of the monotone warping, from the pairs that it made of the observations:
        between two of them a straight line, and beyond the outermost that of the nearest two.
        """
        y, t = self.y(), self.warped()
        order = np.argsort(y, kind="stable")
        t, first = np.unique(t[order], return_index=True)
        y = y[order][first]
        if len(t) < 2:
            return np.asarray(y[0] + values - t[0])
        k = np.clip(np.searchsorted(t, values), 1, len(t) - 1)
        share = (values - t[k - 1]) / (t[k] - t[k - 1])
        with np.errstate(over="ignore", invalid="ignore"):  # the largest numbers there are
            return np.asarray((1.0 - share) * y[k - 1] + share * y[k])

    def noise(self, n: int | None = None) -> Values | None:
        """Variances of the first ``n`` of these ``[n]``, if any is known; `warped_variances`."""
        deviations = np.array(self._deviations[:n])
        return warped_variances(self._warping_of(n), self.y(n), deviations)

    @property
    def knows_nothing(self) -> bool:
        """Whether the model of these foretells nothing of what it has not seen."""
        n = len(self) - len(self) % JUDGED_EVERY
        if n < JUDGED_FROM:
            return False
        if self._judged[0] != n:
            rows, mean, _ = self._fitted(n, self.hyperparameters(n), 0).leave_one_out()
            correlation = rank_correlation(self.warped(n)[rows], mean)
            self._judged = n, correlation < BY_CHANCE / math.sqrt(n - 1)
        return self._judged[1]

    def plug_in(self, model: Regression, most: float = math.inf) -> Values:
        """What the function probably is at the observed points ``[n]``, as the model sees it.

        The observations, or, where these are noisy, the model's means: of many noisy observations
        the lowest is the luckiest rather than the best (V. Picheny, T. Wagner and D. Ginsbourger,
        "A benchmark of kriging-based infill criteria for noisy optimization", 2013, section 3.1:
        plug-in).

        Args:
            model: of all observations.
            most: the largest fitted noise variance, relative to that of the observations, at which
                they count as exact. Noise that is known always counts.
        """
        if model.noise is None and model.fitted_noise <= most:
            return self.warped()
        return model.predict_mean(self.x())

    def _fitted(self, n: int, start: Hyperparameters | None, iterations: int) -> GaussianProcess:
        y, noise = self.warped(n), self.noise(n)
        trend = self._prior_mean or self._trend(n, y, noise, start)
        gp = GaussianProcess(self._groups, trend, self._relevant)
        return gp.fit(self.x(n), y, noise=noise, start=start, max_iterations=iterations)

    def _trend(
        self, n: int, y: Values, noise: Values | None, start: Hyperparameters | None
    ) -> Callable[[Values], Values] | None:
        """The trend by which the hyperparameters that a fit starts from explain most."""
        basis = self._basis
        if basis is None:
            return None
        x = self.x(n)
        known = start or default_hyperparameters(int(self._groups.max()) + 1)
        seen = x if self._relevant is None else x * self._relevant
        coefficients = trend_coefficients(seen, y, basis(x), noise, known, self._groups)
        return lambda points: np.asarray(basis(points) @ coefficients)


def _unwarped(_: Values, __: float) -> Warping:
    return np.copy


class FeasibilityData(TrainingData[FeasibilityClassifier, FittedLabels]):
    """Class labels, feasible or not, modelled by a classifier."""

    def add(self, x: Values, feasible: bool) -> None:
        """One more label at an encoded point ``[width]``."""
        self._x.append(x)
        self._y.append(float(feasible))

    @property
    def all_feasible(self) -> bool:
        """Whether there is nothing to learn."""
        return all(self._y)

    def _fitted(self, n: int, start: FittedLabels | None, iterations: int) -> FeasibilityClassifier:
        classifier = FeasibilityClassifier(self._groups)
        return classifier.fit(self.x(n), self.y(n) > 0.5, start=start, max_iterations=iterations)


def fitted_at(n: int) -> int:
    """The largest number of observations, at most ``n``, at which hyperparameters are fitted.

    Every number up to `EVERY`, then steps that grow with the number: one more observation among
    hundreds changes hyperparameters less than a fit costs.
    """
    return n - n % max(1, n // EVERY)


def checkpoints(n: int) -> list[int]:
    """``n`` and the checkpoints below it, in falling order."""
    below, checkpoint = [n], FIRST_CHECKPOINT
    while checkpoint < n:
        below.insert(1, checkpoint)
        checkpoint = int(checkpoint * CHECKPOINT_GROWTH) + 1
    return below
