"""A complete graph that loses an edge a round.

T. Zhang et al., "AutoShrink: A Topology-aware NAS for Discovering Efficient Neural Architecture",
AAAI 2020; from memory, its code was not seen.

The paper's: a complete directed acyclic graph of nodes. Each round evaluates k candidates, each
with one more edge removed at random; that with the best accuracy less a weight of log10 MACs stays,
for good. Nodes that no longer lie between input and output go, with their edges.

Our reading: an edge is a parameter of which a value stands for "no edge"; its two nodes are the
last two numbers in its name (``edge_0_3``), where all edges have these. The first node is the
input, the last the output; what would part them is no candidate. The first graph, and each new one
once no candidate is left, has all edges, with operators and other parameters drawn at random. Where
a candidate misses its limits, what it is over them comes first. Known constraints are kept: what
they forbid is no candidate. A space without edges is searched at random.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from bohwsw.checks import real_option, whole_option
from bohwsw.space import Space
from bohwsw.strategies.base import Rows
from bohwsw.strategies.outcome import Told
from bohwsw.strategies.published.choices import MOST_VALUES
from bohwsw.strategies.published.learning import MAX_TRIES, LearningStrategy

Ends = tuple[int, int]

OFF = (False, 0, "none", "off")


class EdgeShrinkingStrategy(LearningStrategy):
    """Removes the edge that costs least, round by round.

    Args:
        off: values that stand for "no edge".
        candidates: of a round (k of the paper).
        cost: the measured value, such as MACs, whose logarithm counts; None for none.
        weight: of ``log10`` of the cost against the objective (the paper: 0.1, of accuracy in
            points or as a share; here in the unit of the objective).

    Attributes:
        rounds: edges that were removed by the choice among candidates, in all runs.
    """

    def __init__(
        self,
        space: Space,
        seed: int = 0,
        *,
        off: Sequence[object] = OFF,
        candidates: int = 10,
        cost: str | None = None,
        weight: float = 0.1,
        **common: Any,
    ) -> None:
        super().__init__(space, seed, **common)
        self.candidates, self.cost = whole_option("candidates", candidates), cost
        self.weight = real_option("weight", weight, "[0, inf)")
        self._off, self._ends = _edges(space, off)
        self.rounds = 0
        self._scores: dict[bytes, tuple[float, float]] = {}
        self._current: Rows | None = None
        self._options: list[Rows] = []

    @classmethod
    def supports(cls, space: Space) -> str | None:
        """Why this is nothing but a random search of a space; None if there are edges in it."""
        return None if _edges(space, OFF)[0] else f"no parameter has a value for no edge: {OFF}"

    @property
    def is_running(self) -> bool:
        """Whether the graph that was begun with has candidates left."""
        return self._current is not None

    def _suggest(self, rng: np.random.Generator) -> Rows:
        free = self._free(np.array(self._options).reshape(-1, self.space.n_columns))
        if len(free):
            return np.asarray(free[0])
        for row in self.space.sample_rows(MAX_TRIES, rng) if self._off else ():
            whole = self._completed(row, rng)
            if not self._is_taken(whole) and self.space.valid_rows(whole[None])[0]:
                return whole
        return self._fresh_row(rng)

    def _learn(self, row: Rows, told: Told, rng: np.random.Generator) -> None:
        over, objective = self._value(told)
        cost = told.outcome.values.get(self.cost, 0.0) if self.cost is not None else 0.0
        price = self.weight * math.log10(cost) if cost > 0.0 else 0.0
        self._scores[row.tobytes()] = over, objective + price
        if self._current is None:
            self._current = row
            self._options = self._removed(row, rng)
        while self._options and not any(self._is_open(option) for option in self._options):
            told_options = [o for o in self._options if o.tobytes() in self._scores]
            if not told_options:
                self._options = []
                break
            self._current = min(told_options, key=lambda option: self._scores[option.tobytes()])
            self.rounds += 1
            self._options = self._removed(self._current, rng)
        if not self._options:
            self._current = None

    def _is_open(self, row: Rows) -> bool:
        """Whether nothing is known of a candidate yet, and may be."""
        key = row.tobytes()
        return key not in self._scores and (key not in self._taken or key in self._pending)

    def _completed(self, row: Rows, rng: np.random.Generator) -> Rows:
        """The same with all edges on."""
        row = row.copy()
        for column, off in self._off.items():
            if row[column] == off:
                n = self.space.parameters[self._place(column)].columns[0].n_values
                row[column] = (off + 1 + rng.integers(n - 1)) % n
        return row

    def _place(self, column: int) -> int:
        """Which parameter a column belongs to."""
        starts = np.cumsum([0, *(p.n_columns for p in self.space.parameters)])
        return int(np.searchsorted(starts, column, side="right")) - 1

    def _removed(self, row: Rows, rng: np.random.Generator) -> list[Rows]:
        """Up to ``candidates`` rows with one edge less, and what is dead without it."""
        columns = [column for column, off in self._off.items() if row[column] != off]
        found = dict[bytes, Rows]()
        for column in rng.permutation(columns).tolist():
            option = row.copy()
            option[column] = self._off[column]
            if self._clean(option) and self.space.valid_rows(option[None])[0]:
                found[option.tobytes()] = option
        return list(found.values())[: self.candidates]

    def _clean(self, row: Rows) -> bool:
        """Turn off, in place, what is on no way from input to output; False if there is none."""
        if not self._ends:
            return True
        on = [column for column, off in self._off.items() if row[column] != off]
        nodes = [node for ends in self._ends.values() for node in ends]
        reached, reaching = {min(nodes)}, {max(nodes)}
        for column in sorted(on, key=lambda c: self._ends[c]):
            if self._ends[column][0] in reached:
                reached.add(self._ends[column][1])
        for column in sorted(on, key=lambda c: self._ends[c][::-1], reverse=True):
            if self._ends[column][1] in reaching:
                reaching.add(self._ends[column][0])
        for column in on:
            if not (self._ends[column][0] in reached and self._ends[column][1] in reaching):
                row[column] = self._off[column]
        return max(nodes) in reached


def _edges(space: Space, off: Sequence[object]) -> tuple[dict[int, int], dict[int, Ends]]:
    """The code of "no edge" by column, and the two nodes, if all edges have these."""
    codes, ends, column = dict[int, int](), dict[int, Ends](), 0
    for parameter in space.parameters:
        n = parameter.columns[0].n_values
        if parameter.n_columns == 1 and 1 < n <= MOST_VALUES:
            values = [parameter.value(np.array([code], np.int32)) for code in range(n)]
            found = [code for code, value in enumerate(values) if value in off]
            if found:
                codes[column] = found[0]
                numbers = [int(text) for text in re.findall(r"\d+", parameter.name)][-2:]
                if len(numbers) == 2 and numbers[0] < numbers[1]:
                    ends[column] = numbers[0], numbers[1]
        column += parameter.n_columns
    return codes, ends if len(ends) == len(codes) else {}
