"""Probabilities over the choices of a space, drawn so that what known constraints forbid has none.

A number (a logit) belongs to each value of each parameter. Parameters that constraints tie together
are drawn as one: a combination has the softmax of the sum of its values' logits among all that are
valid. So nothing invalid is ever drawn, and the gradient is that of this very distribution.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bohwsw.arrays import Values
from bohwsw.space import Space
from bohwsw.strategies.base import Rows

Index = npt.NDArray[np.intp]

MOST_VALUES = 32
"""Of one parameter; neighbours share a logit where there are more."""
MOST_COMBINATIONS = 4096
"""Of tied parameters; where there are more, so many random ones stand for them."""
DRAWN = 1024


@dataclass(frozen=True)
class Part:
    """Parameters that are drawn as one.

    Attributes:
        columns: of a row of codes, ``[k]``.
        rows: all combinations that are valid, ``[m, k]`` codes.
        logits: where the logits of their values stand, ``[m, k]``.
    """

    columns: Index
    rows: Rows
    logits: Index


class Choices:
    """The choices of a space.

    Args:
        space: whose points are drawn.
        seed: of the combinations where there are too many.
    """

    def __init__(self, space: Space, seed: int = 0) -> None:
        self.space = space
        sizes = np.array([c.n_values for p in space.parameters for c in p.columns])
        self._kept = np.minimum(sizes, MOST_VALUES)
        self._sizes = sizes
        self._starts = np.concatenate([[0], np.cumsum(self._kept)])
        self.n_logits = int(self._starts[-1])
        drawn = space.sample_rows(DRAWN, np.random.default_rng([seed, 5]))
        self.parts: list[Part] = []
        self._last: tuple[Values, list[Values]] | None = None
        for k, columns in enumerate(space.group_columns):
            listed = space.group_rows(k, MOST_COMBINATIONS if len(columns) > 1 else MOST_VALUES)
            rows = np.unique(drawn[:, columns], axis=0) if listed is None else listed
            self.parts.append(Part(columns, rows, self._places(rows, columns)))

    def places(self, row: Rows) -> Index:
        """Where the logits of a row's values stand ``[n_columns]``."""
        return np.asarray(self.all_places(row[None])[0])

    def all_places(self, rows: Rows) -> Index:
        """The same of rows ``[n, n_columns]``: ``[n, n_columns]``."""
        return self._places(rows, np.arange(self.space.n_columns))

    def probabilities(self, logits: Values) -> list[Values]:
        """Of the combinations of each part ``[m]``; those of the same array are not made again."""
        if self._last is None or self._last[0] is not logits:
            found = [_softmax(logits[part.logits].sum(axis=1)) for part in self.parts]
            self._last = logits, found
        return self._last[1]

    def draw(
        self,
        logits: Values,
        n: int,
        rng: np.random.Generator,
        allowed: Sequence[npt.NDArray[np.bool_]] | None = None,
    ) -> Rows:
        """``n`` rows ``[n, n_columns]``, drawn with replacement.

        Args:
            allowed: which combinations of each part may be drawn ``[m]``; all if it is None.
        """
        rows = np.empty((n, self.space.n_columns), np.int32)
        for k, (part, chances) in enumerate(
            zip(self.parts, self.probabilities(logits), strict=True)
        ):
            if allowed is not None:
                chances = _softmax(np.where(allowed[k], logits[part.logits].sum(axis=1), -np.inf))
            drawn = np.searchsorted(np.cumsum(chances)[:-1], rng.random(n), side="right")
            rows[:, part.columns] = part.rows[drawn]
        return rows

    def gradient(self, logits: Values, row: Rows) -> Values:
        """Of the logarithm of a row's probability ``[n_logits]``: its values less the expected.

        R. J. Williams, "Simple statistical gradient-following algorithms for connectionist
        reinforcement learning", 1992.
        """
        found = np.bincount(self.places(row), minlength=self.n_logits).astype(np.float64)
        return found - self.expected(logits)

    def expected(self, logits: Values) -> Values:
        """The chance of each value ``[n_logits]``."""
        found = np.zeros(self.n_logits)
        for part, chances in zip(self.parts, self.probabilities(logits), strict=True):
            spread = np.repeat(chances, part.logits.shape[1])
            found += np.bincount(part.logits.ravel(), spread, self.n_logits)
        return found

    def entropy(self, logits: Values) -> float:
        """In nats."""
        chances = np.concatenate(self.probabilities(logits))
        return float(-(chances * np.log(np.maximum(chances, 1e-300))).sum())

    def log_probability(self, logits: Values, rows: Rows) -> Values:
        """Of rows ``[n, n_columns]``: ``[n]``."""
        places = self.all_places(rows)
        totals = [np.logaddexp.reduce(logits[part.logits].sum(axis=1)) for part in self.parts]
        return np.asarray(logits[places].sum(axis=1) - sum(totals))

    def _places(self, rows: Rows, columns: Index | Sequence[int]) -> Index:
        kept, sizes = self._kept[columns], self._sizes[columns]
        return np.asarray(self._starts[:-1][columns] + rows.astype(np.int64) * kept // sizes)


def _softmax(values: Values) -> Values:
    powers = np.exp(values - values.max())
    return np.asarray(powers / powers.sum())
