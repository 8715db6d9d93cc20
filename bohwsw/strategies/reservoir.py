"""Random valid rows in stock.

Where constraints tie many parameters, drawing valid points costs more than a model's answer on
them. So rows are drawn in blocks that serve several suggestions, each of which looks at its own
random part. A block is a function of the space and the seed alone, so a resumed run finds the same.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bohwsw.space import Space

Rows = npt.NDArray[np.int32]

BLOCK_ROWS = 4096
BLOCK_TRIALS = 16
"""After this many trials the next block is drawn."""


class Reservoir:
    """Blocks of random valid rows.

    Args:
        space: what is sampled.
        seed: of all draws.
    """

    def __init__(self, space: Space, seed: int) -> None:
        self._space = space
        self._seed = seed
        self._block: Rows | None = None
        self._number = -1

    def draw(self, n: int, n_trials: int, rng: np.random.Generator) -> Rows:
        """``n`` random valid rows ``[n, n_columns]``.

        Args:
            n: how many; above half a block they are drawn anew.
            n_trials: trials so far, which say which block serves.
            rng: chooses from it.
        """
        if 2 * n > BLOCK_ROWS:
            return self._space.sample_rows(n, rng)
        number = n_trials // BLOCK_TRIALS
        if self._block is None or number != self._number:
            block_rng = np.random.default_rng([self._seed, 1, number])
            self._block = self._space.sample_rows(BLOCK_ROWS, block_rng)
            self._number = number
        return self._block[rng.choice(BLOCK_ROWS, size=n, replace=False)]
