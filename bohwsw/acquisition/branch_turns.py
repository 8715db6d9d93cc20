"""Where to look when the models alone are no guide: in the middle, and in other branches in turn.

A branch is a set of conditional parameters that have values together. What a model learns in one
of them says little of the parameters of another, so it takes these to matter little, and a search
that follows it polishes the first good branch. Branches take turns like the arms of a bandit: the
next one is that whose best value could be lowest (P. Auer, N. Cesa-Bianchi and P. Fischer,
"Finite-time Analysis of the Multiarmed Bandit Problem", 2002, with the best in place of the mean).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bohwsw.arrays import Values
from bohwsw.space import Conditional, Space

Rows = npt.NDArray[np.int32]

CENTRAL_ROWS = 8
"""The first trials of a branch in which nothing is feasible are the most central of so many."""

MOST_BRANCHES = 16
"""Beyond, they are combinations of many choices, and no model takes long to relate them."""

BRANCH_PERIOD, BRANCH_TURN = 4, 2
"""Each fourth trial is in another branch than the best one."""

BRANCH_WEIGHT = 1.0
"""How far a branch's best value could fall, in standard deviations of what was seen."""


def most_central(space: Space, rows: Rows) -> Rows:
    """The row ``[d]`` of the first few ``[n, d]`` that is nearest to the middle, as encoded."""
    rows = rows[:CENTRAL_ROWS]
    away = space.positions(space.encode_rows(rows)) - 0.5
    nearest: Rows = rows[int(np.argmin((away**2).sum(axis=1)))]
    return nearest


@dataclass(frozen=True)
class Branch:
    """A branch and what was seen in it."""

    name: bytes  # see `Branches.names`
    rows: Rows  # its feasible trials ``[n, d]``, best first
    values: Values  # theirs ``[n]``


class Branches:
    """The branches of a space; none unless parameters of it are conditional."""

    def __init__(self, space: Space) -> None:
        places = np.cumsum([0, *(parameter.n_columns for parameter in space.parameters)])
        pairs = zip(places, space.parameters, strict=False)
        found = [(k, p.columns[0].inactive) for k, p in pairs if isinstance(p, Conditional)]
        self._columns = np.array([k for k, _ in found], dtype=np.intp)
        self._inactive = np.array([code for _, code in found], dtype=np.int32)

    def are_due(self, begun: int) -> bool:
        """Whether there are any, and it is their turn after so many trials told or pending."""
        return len(self._columns) > 0 and begun % BRANCH_PERIOD == BRANCH_TURN

    def names(self, rows: Rows) -> list[bytes]:
        """That of the branch of each row ``[n, d]``."""
        return [mask.tobytes() for mask in rows[:, self._columns] != self._inactive]

    def next(self, told: Rows, values: Values, there: Rows) -> Branch | None:
        """The branch whose turn it is; None if there is but one, or if they are very many.

        Args:
            told: the trials ``[n, d]``.
            values: theirs ``[n]``, to be minimised; NaN of those that have none.
            there: other rows ``[m, d]``, of all branches that there are.
        """
        branches, seen = self.names(told), values[~np.isnan(values)]
        names = dict.fromkeys([*branches, *self.names(there)])
        if not 1 < len(names) <= MOST_BRANCHES or not len(seen):
            return None
        names.pop(branches[int(np.nanargmin(values))])
        trials = {name: values[[branch == name for branch in branches]] for name in names}

        def hope(name: bytes) -> float:
            own = trials[name]
            best = np.nanmin(own) if not np.isnan(own).all() else seen.mean()
            radius = np.sqrt(np.log(len(values)) / max(len(own), 0.5))
            return float(best - BRANCH_WEIGHT * seen.std() * radius)

        name = min(names, key=hope)
        order = [k for k in np.argsort(values) if branches[k] == name and not np.isnan(values[k])]
        return Branch(name, told[order], values[order])
