"""Random valid rows of a component.

A component whose valid rows can be listed is listed once, and every row is then equally likely. A
larger one is sampled column by column (`draw`). That alone favours rows with few alternatives, so
more rows are drawn than needed and thinned with weights 1 / (probability of the draw), which makes
all valid rows about equally likely: sampling-importance-resampling (D. B. Rubin, "Using the SIR
algorithm to simulate posterior distributions", 1988). The same weights estimate how many valid
rows there are (D. E. Knuth, "Estimating the efficiency of backtrack programs", 1975).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from bohwsw.errors import SpecError
from bohwsw.space.column import Codes
from bohwsw.space.component import Component
from bohwsw.space.draw import Drawn, draw
from bohwsw.space.search import search

TABLE_ROWS = 2_000_000
TABLE_CELLS = 30_000_000
"""A table of valid rows is built within these; about half a second and 8 bytes a cell of a row."""

MOST_CELLS = 100_000_000
"""Values tried one by one, after which rows that were found are drawn again: a few seconds."""

OVERSAMPLING = 4
MAX_ROUNDS = 12


@dataclass(frozen=True)
class Size:
    """How many valid points a space has."""

    count: int  # the number, if ``exact``; else a number that is known to be exceeded
    exact: bool  # whether it was counted to the end
    estimate: float  # equal to ``count`` if exact, else a statistical estimate

    def __str__(self) -> str:
        return f"{self.count:,}" if self.exact else f"about {self.estimate:.2g}"

    @classmethod
    def of_product(cls, sizes: Sequence[Size]) -> Size:
        """The size of a space whose components have these."""
        count = math.prod(size.count for size in sizes)
        if all(size.exact for size in sizes):
            return cls(count, True, float(count) if count < 10**300 else math.inf)
        return cls(count, False, math.prod(size.estimate for size in sizes))


@dataclass
class Sampler:
    """Draws valid rows of one component."""

    component: Component  # propagated, and known not to be empty
    table_rows: int = TABLE_ROWS  # the most rows a table may have; 0 never builds one

    @cached_property
    def table(self) -> Codes | None:
        """All valid rows, or None if they are too many to list."""
        sizes = [len(codes) for codes in self.component.allowed]
        if self._has_real or not self.table_rows:
            return None
        is_small = np.prod(sizes, dtype=np.float64) <= self.table_rows
        if not is_small and self.estimate() > 1.5 * self.table_rows:
            return None
        found = search(self.component, max_rows=self.table_rows, max_cells=TABLE_CELLS)
        return found.rows if found.complete else None

    @property
    def _has_real(self) -> bool:
        return len(self.component.listed) < len(self.component.columns)

    def estimate(self) -> float:
        """An estimate of the number of valid rows; not exact, but the same each time."""
        rng = np.random.default_rng(0)
        drawn = self._begun(400, rng)
        log_count = drawn.log_weight.copy()
        for j in set(range(len(self.component.columns))).difference(self.component.listed):
            # In a weight the whole range of a real counts as one value.
            low, high = (int(code) for code in self.component.allowed[j])
            is_inactive = drawn.rows[:, j] == self.component.columns[j].inactive
            log_count += np.where(is_inactive, 0.0, np.log(high - low + 1))
        with np.errstate(over="ignore"):
            return float(np.exp(log_count).sum() / 400)

    def size(self, limit: int) -> Size:
        """The number of valid rows; at most ``limit`` are counted one by one."""
        component = self.component
        if not component.constraints:
            (parameter,) = component.parameters
            n = component.columns[0].n_values
            n = math.factorial(n) if parameter.n_columns > 1 else n
            return Size(n, True, float(n))
        table = self.table
        if table is None or len(table) > limit:
            return Size(limit if table is not None else 1, False, self.estimate())
        return Size(len(table), True, float(len(table)))

    def sample(self, n: int, rng: np.random.Generator) -> Codes:
        """``n`` valid rows ``[n, n_columns]``, drawn with replacement.

        Raises:
            SpecError: no valid row turned up within the budget, though none was ruled out.
        """
        table = self.table
        if table is not None:
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
        found: list[Drawn] = []
        n_found, wanted, cells = 0, OVERSAMPLING * n, 0
        # Several orders of the parameters share a call, none of them is special.
        batch = max(64, -(-wanted // 8))
        for begun in range(1, 8 * MAX_ROUNDS + 1):
            found.append(self._begun(batch, rng))
            n_found += len(found[-1].rows)
            cells += found[-1].cells
            is_enough = n_found >= wanted or (n_found and cells > MOST_CELLS)
            if is_enough or (begun in range(24, 97, 8) and (n_found >= n or not n_found)):
                break
        weights = np.concatenate([drawn.log_weight for drawn in found])
        return np.concatenate([drawn.rows for drawn in found]), weights

    def _begun(self, n: int, rng: np.random.Generator) -> Drawn:
        return draw(self.component, np.zeros((n, len(self.component.columns)), np.int32), rng)

    def _by_search(self, n: int, rng: np.random.Generator) -> Codes:
        """Rows by complete search in a random order, where drawing always met dead ends."""
        part = self.component
        rows = search(part, max_rows=n, max_cells=TABLE_CELLS, rng=rng, block_cells=20_000).rows
        if len(rows) and self._has_real:
            rows = draw(part, np.resize(rows, (8 * n, rows.shape[1])), rng, part.listed).rows
        if not len(rows):
            problem = "no valid point was found, though none of the constraints rules out all"
            got = "; ".join(c.text for c in part.constraints)
            expected = "constraints that leave more points, or fewer values a parameter"
            raise SpecError(problem, got=got, expected=expected)
        return rows
