"""What trials showed, as training data, with the hyperparameters that fit it.

One object a modelled quantity: it grows by a tell at a time and answers with a model of all it has
seen. Hyperparameters come from `WarmStarts`, so they depend on the observations alone and not on
when a model was asked for.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

from bohwsw.strategies.warm_starts import WarmStarts
from bohwsw.surrogates.feasibility import FeasibilityClassifier, FittedLabels
from bohwsw.surrogates.gp import GaussianProcess
from bohwsw.surrogates.kernel import Hyperparameters
from bohwsw.surrogates.known_noise import known_variances
from bohwsw.surrogates.transforms import Transform

Values = npt.NDArray[np.float64]
Groups = npt.NDArray[np.int64]
H = TypeVar("H")


class Observed(Generic[H]):
    """Points and what was seen there.

    Args:
        fit: fits hyperparameters to the first ``n`` observations, as `WarmStarts` needs it.
    """

    def __init__(self, fit: Callable[[int, H | None, int], H]) -> None:
        self._x: list[Values] = []
        self._y: list[float] = []
        self._fits = WarmStarts(fit)

    def __len__(self) -> int:
        return len(self._y)

    def add(self, x: Values, value: float) -> None:
        """One more observation ``value`` at an encoded point ``[width]``."""
        self._x.append(x)
        self._y.append(value)

    def x(self, n: int | None = None) -> Values:
        """The first ``n`` encoded points ``[n, width]``, all of them if None."""
        return np.array(self._x[:n])

    def y(self, n: int | None = None) -> Values:
        """The first ``n`` observations ``[n]``, all of them if None."""
        return np.array(self._y[:n], dtype=np.float64)


class ObservedValues(Observed[Hyperparameters]):
    """A measured number, modelled by a Gaussian process after a monotone transformation.

    Args:
        groups: of the encoded columns, ``[width]``.
        transformation: finds a monotone transformation for all observations ``[n]``.
        prior_mean: see `GaussianProcess`; of what is measured, so there is no transformation then.
    """

    def __init__(
        self,
        groups: Groups,
        transformation: Callable[[Values], Transform],
        prior_mean: Callable[[Values], Values] | None = None,
    ) -> None:
        super().__init__(self._fit)
        self._groups = groups
        self._transformation = transformation if prior_mean is None else _none
        self._prior_mean = prior_mean
        self._deviations: list[float] = []

    def add(self, x: Values, value: float, deviation: float | None = None) -> None:
        """One more observation; ``deviation`` is its standard deviation if it is known."""
        super().add(x, value)
        self._deviations.append(math.nan if deviation is None else deviation)

    def transformed(self, n: int | None = None) -> Values:
        """The first ``n`` observations as the model sees them ``[n]``."""
        y = self.y(n)
        return self._transformation(y)(y)

    def noise(self, n: int | None = None) -> Values | None:
        """Variances of the first ``n`` of these ``[n]``, if any is known; see `known_variances`."""
        y = self.y(n)
        return known_variances(self._transformation(y), y, np.array(self._deviations[:n]))

    def believed(self, model: GaussianProcess, most: float = math.inf) -> Values:
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
        if model.noise is None and model.hyperparameters.noise_variance <= most:
            return self.transformed()
        return model.predict_mean(self.x())

    def model(self) -> GaussianProcess:
        """A Gaussian process of everything observed; there must be something."""
        return self._fitted(len(self), self._fits.at(len(self)), 0)

    def _fit(self, n: int, start: Hyperparameters | None, iterations: int) -> Hyperparameters:
        return self._fitted(n, start, iterations).hyperparameters

    def _fitted(self, n: int, start: Hyperparameters | None, iterations: int) -> GaussianProcess:
        gp = GaussianProcess(self._groups, self._prior_mean)
        y, noise = self.transformed(n), self.noise(n)
        return gp.fit(self.x(n), y, noise=noise, start=start, max_iterations=iterations)


def _none(_: Values) -> Transform:
    return np.copy


class ObservedLabels(Observed[FittedLabels]):
    """Feasible or not, modelled by a classifier.

    Args:
        groups: of the encoded columns, ``[width]``.
    """

    def __init__(self, groups: Groups) -> None:
        super().__init__(self._fit)
        self._groups = groups

    @property
    def all_feasible(self) -> bool:
        """Whether there is nothing to learn."""
        return all(self._y)

    def model(self) -> FeasibilityClassifier:
        """A classifier of everything observed; there must be something."""
        start = self._fits.at(len(self))
        classifier = FeasibilityClassifier(groups=self._groups)
        return classifier.fit(self.x(), self.y() > 0.5, start=start, max_iterations=0)

    def _fit(self, n: int, start: FittedLabels | None, iterations: int) -> FittedLabels:
        classifier = FeasibilityClassifier(groups=self._groups)
        classifier.fit(self.x(n), self.y(n) > 0.5, start=start, max_iterations=iterations)
        return classifier.hyperparameters
