"""What each value of each parameter adds to what was told: a ridge regression on `Choices`."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from bohwsw.arrays import Values
from bohwsw.strategies.base import Rows
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

    Attributes:
        mean: of the targets; 0 if there are none.
        effects: of each value ``[n_logits]``; 0 where none was told.
    """

    def __init__(self, choices: Choices, rows: Rows, targets: Values, ridge: float = 0.1) -> None:
        self._choices = choices
        self.mean, self.effects = 0.0, np.zeros(choices.n_logits)
        if not len(rows):
            return
        rows, targets = rows[-MOST_ROWS:], targets[-MOST_ROWS:]
        found = self._found(rows)
        self.mean = float(targets.mean())
        alike = (found @ found.T).toarray() + ridge * np.eye(len(rows))
        self.effects = np.asarray(found.T @ np.linalg.solve(alike, targets - self.mean))

    def predict(self, rows: Rows) -> Values:
        """Of rows ``[n, n_columns]``: ``[n]``."""
        return np.asarray(self.mean + self._found(rows) @ self.effects)

    def _found(self, rows: Rows) -> csr_array:
        """Which values each row has ``[n, n_logits]``."""
        places = self._choices.all_places(rows).ravel()
        ends = np.arange(len(rows) + 1) * rows.shape[1]
        shape = len(rows), self._choices.n_logits
        return csr_array((np.ones(len(places)), places, ends), shape=shape)
