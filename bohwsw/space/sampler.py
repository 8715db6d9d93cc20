"""Random valid rows of a component.

A component whose valid rows can be listed is listed once, and every row is then equally likely. A
larger one is sampled parameter by parameter, each among the values that the constraints leave
open. That alone favours rows with few alternatives (the first shares of a sum take too much), so
more rows are drawn than needed and thinned with weights 1 / (probability of the draw), which makes
all valid rows about equally likely: sampling-importance-resampling (D. B. Rubin, "Using the SIR
algorithm to simulate posterior distributions", 1988). The same weights estimate how many valid
rows there are (D. E. Knuth, "Estimating the efficiency of backtrack programs", 1975).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from bohwsw.errors import SpecError
from bohwsw.space.component import Codes, Component
from bohwsw.space.search import search

TABLE_ROWS = 2_000_000
TABLE_CELLS = 30_000_000
"""A table of valid rows is built within these; about half a second and 8 bytes a cell of a row."""

OVERSAMPLING = 4
MAX_ROUNDS = 12
STEP_CELLS = 1_000_000
WIDE_DOMAIN = 4096
"""Above this many values, a parameter that decides no constraint is drawn from a random subset."""


@dataclass
class Sampler:
    """Draws valid rows of one component and keeps account of what was thrown away.

    Attributes:
        component: what is sampled; propagated, and known not to be empty.
        table_rows: the most rows a table may have; 0 never builds one.
        drawn: rows begun so far.
        rejected: rows that met a dead end.
    """

    component: Component
    table_rows: int = TABLE_ROWS
    drawn: int = 0
    rejected: int = 0
    _table: Codes | None = field(default=None, repr=False)
    _table_tried: bool = field(default=False, repr=False)

    def table(self) -> Codes | None:
        """All valid rows, or None if they are too many to list."""
        if not self._table_tried:
            self._table_tried = True
            if self.table_rows and self._is_worth_listing():
                found = search(self.component, max_rows=self.table_rows, max_cells=TABLE_CELLS)
                self._table = found.rows if found.complete else None
        return self._table

    def _is_worth_listing(self) -> bool:
        """Whether a quick estimate says that the table would stay small enough."""
        sizes = [len(codes) for codes in self.component.allowed]
        if np.prod(sizes, dtype=np.float64) <= self.table_rows:
            return True
        return self.estimate() <= 1.5 * self.table_rows

    def estimate(self) -> float:
        """An estimate of the number of valid rows; not exact, but the same each time."""
        rng = np.random.default_rng(0)
        _, log_weight = _draw(self.component, 400, rng)
        return float(np.exp(log_weight).sum() / 400)

    def sample(self, n: int, rng: np.random.Generator) -> Codes:
        """``n`` valid rows ``[n, n_parameters]``, drawn with replacement.

        Raises:
            SpecError: no valid row turned up within the budget, though none was ruled out.
        """
        table = self.table()
        if table is not None:
            self.drawn += n
            return table[rng.integers(len(table), size=n)]
        rows, log_weight = self._candidates(n, rng)
        if not len(rows):
            rows = self._by_search(n, rng)
            return rows[rng.integers(len(rows), size=n)]
        # The largest Gumbel-perturbed log weights are a weighted draw without replacement.
        order = np.argsort(-(log_weight + rng.gumbel(size=len(rows))), kind="stable")
        # Only a component that nearly always dead-ends leaves fewer candidates than rows asked.
        return rows[np.resize(order, n)]

    def _candidates(
        self, n: int, rng: np.random.Generator
    ) -> tuple[Codes, npt.NDArray[np.float64]]:
        """About ``OVERSAMPLING * n`` valid rows with their log weights; fewer if they are rare."""
        found: list[Codes] = []
        weights: list[npt.NDArray[np.float64]] = []
        n_found, wanted = 0, OVERSAMPLING * n
        for round_ in range(MAX_ROUNDS):
            # Several orders of the parameters share a call, none of them is special.
            batch = max(64, -(-wanted // 8))
            for _ in range(8):
                rows, log_weight = _draw(self.component, batch, rng)
                self.drawn += batch
                self.rejected += batch - len(rows)
                found.append(rows)
                weights.append(log_weight)
                n_found += len(rows)
                if n_found >= wanted:
                    return np.concatenate(found), np.concatenate(weights)
            if round_ >= 2 and (n_found >= n or not n_found):
                break
        return np.concatenate(found), np.concatenate(weights)

    def _by_search(self, n: int, rng: np.random.Generator) -> Codes:
        """Rows by complete search in a random order, where drawing always met dead ends."""
        found = search(
            self.component, max_rows=n, max_cells=TABLE_CELLS, rng=rng, block_cells=20_000
        )
        if not len(found.rows):
            raise SpecError(
                "no valid point was found, though none of the constraints rules out all",
                got="; ".join(c.text for c in self.component.constraints),
                expected="constraints that leave more points, or fewer values a parameter",
            )
        return found.rows


def _draw(
    component: Component, n: int, rng: np.random.Generator
) -> tuple[Codes, npt.NDArray[np.float64]]:
    """Draw ``n`` rows parameter by parameter, in one random order; dead ends are dropped.

    Returns:
        The rows that got to the end and, for each, minus the log of its probability.
    """
    width = len(component.parameters)
    order = [int(column) for column in rng.permutation(width)]
    rows = np.zeros((n, width), dtype=np.int32)
    log_weight = np.zeros(n)
    for depth, column in enumerate(order):
        narrowed, factor = _narrowed(component, order[:depth], column, rng)
        codes = narrowed.allowed[column]
        picks, counts = [], []
        step = max(1, STEP_CELLS // len(codes))
        for start in range(0, len(rows), step):
            mask = narrowed.extend(rows[start : start + step], order[:depth], column)
            running = np.cumsum(mask, axis=1)
            count = running[:, -1]
            target = np.floor(rng.random(len(mask)) * count)
            picks.append(np.argmax(running > target[:, None], axis=1))
            counts.append(count)
        count = np.concatenate(counts)
        rows[:, column] = codes[np.concatenate(picks)]
        alive = count > 0
        rows = rows[alive]
        log_weight = log_weight[alive] + np.log(count[alive] * factor)
        if not len(rows):
            break
    return rows, log_weight


def _narrowed(
    component: Component, chosen: list[int], column: int, rng: np.random.Generator
) -> tuple[Component, float]:
    """The component with a random part of a very wide domain, and how many times wider it was."""
    codes = component.allowed[column]
    if len(codes) <= WIDE_DOMAIN or component.decides(chosen, column):
        return component, 1.0
    part = np.sort(rng.choice(codes, size=WIDE_DOMAIN, replace=False))
    allowed = tuple(part if j == column else c for j, c in enumerate(component.allowed))
    return (
        Component(component.parameters, component.constraints, allowed),
        len(codes) / WIDE_DOMAIN,
    )
