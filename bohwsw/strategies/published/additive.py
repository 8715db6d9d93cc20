"""What each value of each parameter adds to what was told: a ridge regression on `Choices`.

Searches that know the cost of an operator before they train (the tables of HSCoNAS, HURRICANE and
NetAdapt) learn that table here, from how far all trials so far are over their limits.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_array

from bohwsw.arrays import Values
from bohwsw.strategies.base import Rows
from bohwsw.strategies.outcome import Told
from bohwsw.strategies.published.choices import Choices

MOST_ROWS = 1000
"""The newest are fitted; it is solved over rows, as a space may have far more values."""


class AdditiveModel:
    """A mean, and an effect of each value.

    Args:
        choices: of the space.
        rows: what was told of ``[n, n_columns]``.
        targets: what was told ``[n]``, finite.
        ridge: the weight of small effects against an exact fit.
        pairs: the weight of what two values together add; effects are those of one value alone.

    Attributes:
        mean: of the targets; 0 if there are none.
        effects: of each value ``[n_logits]``; 0 where none was told.
    """

    def __init__(
        self,
        choices: Choices,
        rows: Rows,
        targets: Values,
        ridge: float = 0.1,
        pairs: float = 0.0,
    ) -> None:
        self._choices, self._pairs = choices, pairs
        self.mean, self.effects = 0.0, np.zeros(choices.n_logits)
        self._weights: Values = np.zeros(0)
        if not len(rows):
            return
        rows, targets = rows[-MOST_ROWS:], targets[-MOST_ROWS:]
        self._told = self._found(rows)
        self.mean = float(targets.mean())
        alike = self._alike(self._told) + ridge * np.eye(len(rows))
        self._weights = np.asarray(np.linalg.solve(alike, targets - self.mean), np.float64)
        self.effects = np.asarray(self._told.T @ self._weights)

    def predict(self, rows: Rows) -> Values:
        """Of rows ``[n, n_columns]``: ``[n]``."""
        if not self._pairs or not len(self._weights):
            return np.asarray(self.mean + self.effects[self._choices.all_places(rows)].sum(axis=1))
        return np.asarray(self.mean + self._alike(self._found(rows)) @ self._weights)

    def _alike(self, found: csr_array) -> Values:
        """How many values ``[n]`` rows share with those told, and of pairs of values as weighed."""
        shared = (found @ self._told.T).toarray()
        return np.asarray(shared + self._pairs * shared * (shared - 1.0) / 2.0)

    def _found(self, rows: Rows) -> csr_array:
        """Which values each row has ``[n, n_logits]``."""
        places = self._choices.all_places(rows).ravel()
        ends = np.arange(len(rows) + 1) * rows.shape[1]
        shape = len(rows), self._choices.n_logits
        return csr_array((np.ones(len(places)), places, ends), shape=shape)


def fitted_trials(n: int) -> int:
    """How many of ``n`` trials a model is fitted to, so that it is not fitted anew at each."""
    return n - n % max(1, n // 25)


class LearnedLimits:
    """What designs are over their limits by, as the values that they have add up to it.

    Args:
        choices: of the space.
    """

    def __init__(self, choices: Choices) -> None:
        self._choices = choices
        self._models: tuple[int, list[AdditiveModel]] = (-1, [])

    def first(self, rows: Rows, told_rows: Sequence[Rows], history: Sequence[Told]) -> Rows:
        """The first of rows ``[n, n_columns]`` that should keep all limits, or the nearest to."""
        over = self.over(rows, told_rows, history)
        return np.asarray(rows[int(np.argmin(np.maximum(over, 0.0)))])

    def over(self, rows: Rows, told_rows: Sequence[Rows], history: Sequence[Told]) -> Values:
        """By how much rows should be over a limit ``[n]``: at most 0 where within all."""
        n = fitted_trials(len(history))
        if self._models[0] != n:
            self._models = n, self._fitted(told_rows[:n], history[:n])
        predicted = [model.predict(rows) for model in self._models[1]]
        return np.max(predicted, axis=0) if predicted else np.zeros(len(rows))

    def _fitted(self, told_rows: Sequence[Rows], history: Sequence[Told]) -> list[AdditiveModel]:
        known = [k for k, told in enumerate(history) if None not in told.violations]
        values = np.array([history[k].violations for k in known], np.float64)
        if not len(known) or not (values > 0.0).any():
            return []
        rows = np.array([told_rows[k] for k in known])
        missed = values.T[(values > 0.0).any(axis=0)]
        return [AdditiveModel(self._choices, rows, violation, 1e-2) for violation in missed]
