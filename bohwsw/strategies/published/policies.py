"""What a policy gradient moves: a table of logits, or a recurrent network that gives them.

Both draw a row part by part (`Choices`), so that what constraints forbid has no probability, and
both take a step along the gradient of the logarithm of what they have drawn.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from bohwsw.arrays import Values
from bohwsw.strategies.base import Rows
from bohwsw.strategies.published.choices import Choices

Rng = np.random.Generator
Allowed = Sequence[npt.NDArray[np.bool_]] | None
"""Which combinations of each part may be drawn ``[m]``, one at least; all if it is None."""


class Policy(ABC):
    """A distribution over the rows of a space.

    Args:
        choices: of the space.
        rate: of learning.
    """

    def __init__(self, choices: Choices, rate: float) -> None:
        self.choices, self.rate = choices, rate

    @abstractmethod
    def draw(self, n: int, rng: Rng, temperature: float = 1.0, allowed: Allowed = None) -> Rows:
        """``n`` rows ``[n, n_columns]`` with replacement; high temperatures make them alike."""

    @abstractmethod
    def log_probability(self, rows: Rows) -> Values:
        """Of rows ``[n, n_columns]``: ``[n]``."""

    @abstractmethod
    def step(self, rows: Rows, weights: Values) -> None:
        """Make rows likelier by their weights ``[n]``, or less likely where these are negative.

        A table takes a step by each, a network, whose gradients cost more, one by them all.
        """


class TablePolicy(Policy):
    """A logit for each value, whatever the others are.

    Attributes:
        logits: ``[n_logits]``.
    """

    def __init__(self, choices: Choices, rate: float) -> None:
        super().__init__(choices, rate)
        self.logits = np.zeros(choices.n_logits)

    def draw(self, n: int, rng: Rng, temperature: float = 1.0, allowed: Allowed = None) -> Rows:
        """See `Policy`."""
        return self.choices.draw(self.logits / temperature, n, rng, allowed)

    def log_probability(self, rows: Rows) -> Values:
        """See `Policy`."""
        return self.choices.log_probability(self.logits, rows)

    def step(self, rows: Rows, weights: Values) -> None:
        """See `Policy`."""
        for row, weight in zip(rows, self.rate * weights, strict=True):
            self.logits = self.logits + weight * self.choices.gradient(self.logits, row)
