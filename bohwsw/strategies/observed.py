"""What trials showed, as training data, with the hyperparameters that fit it.

One object a modelled quantity: it grows by a tell at a time and answers with a model of all it has
seen. Hyperparameters come from `WarmStarts`, so they depend on the observations alone and not on
when a model was asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

from bohwsw.strategies.warm_starts import WarmStarts
from bohwsw.surrogates.feasibility import FeasibilityClassifier, FittedLabels
from bohwsw.surrogates.gp import GaussianProcess
from bohwsw.surrogates.kernel import Hyperparameters

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
        transform: of all observations at once, ``[n]`` to ``[n]``; monotone.
    """

    def __init__(self, groups: Groups, transform: Callable[[Values], Values]) -> None:
        super().__init__(self._fit)
        self._groups = groups
        self._transform = transform

    def transformed(self, n: int | None = None) -> Values:
        """The first ``n`` observations as the model sees them ``[n]``."""
        return self._transform(self.y(n))

    def model(self) -> GaussianProcess:
        """A Gaussian process of everything observed; there must be something."""
        start = self._fits.at(len(self))
        gp = GaussianProcess(groups=self._groups)
        return gp.fit(self.x(), self.transformed(), start=start, max_iterations=0)

    def _fit(self, n: int, start: Hyperparameters | None, iterations: int) -> Hyperparameters:
        gp = GaussianProcess(groups=self._groups)
        gp.fit(self.x(n), self.transformed(n), start=start, max_iterations=iterations)
        return gp.hyperparameters


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
