"""Which values of a very wide column partial rows can take, without looking at each.

The values are divided into blocks. Bounds (`intervals`) say of most blocks that no value
can follow, or that all can; only of the others is every value tried. With ``a + b == 100000`` and a
known, one block in 400 is left.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bohwsw.expressions import Interval
from bohwsw.space.column import Codes
from bohwsw.space.component import Component
from bohwsw.space.propagators import ExpressionPropagator
from bohwsw.space.tabulation import Leaf

BLOCK = 256
"""Values of a block."""

OPEN_AT_ONCE = 1500
"""Blocks whose values are tried in one step: the temporaries then stay in a few MB."""

Places = npt.NDArray[np.int64]


class Ranges(NamedTuple):
    """Ranges of values ``[n]``, sorted by row."""

    row: Places  # whose they are
    start: Places  # position of the first among the allowed codes of the column
    length: Places

    def pick(self, group: Places, n_rows: int, rng: np.random.Generator) -> tuple[Places, Places]:
        """One of the values of a row at random, for each of the rows ``group``.

        Returns:
            Positions ``[m]`` among the allowed codes, 0 where there is none; and how many values
            each row has ``[m]``.
        """
        totals = np.bincount(self.row, weights=self.length, minlength=n_rows).astype(np.int64)
        count, ends = totals[group], np.cumsum(self.length)
        place = np.floor(rng.random(len(group)) * count).astype(np.int64)
        if not len(self.row):
            return place, count
        # The values of all rows in one list: those of a row start at the sum of the counts before.
        place = np.minimum(place, np.maximum(count - 1, 0)) + (np.cumsum(totals) - totals)[group]
        at = np.minimum(np.searchsorted(ends, place, side="right"), len(ends) - 1)
        picked = self.start[at] + place - (ends - self.length)[at]
        return np.where(count > 0, picked, 0), count


def open_ranges(
    component: Component, rows: Codes, chosen: Sequence[int], column: int
) -> Ranges | None:
    """The values that `Component.extend` gives, predicates not asked, as ranges of codes.

    None where blocks tell too little: it is then faster to try all values.
    """
    codes = component.allowed[column]
    first = np.arange(0, len(codes), BLOCK)
    size = np.diff([*first, len(codes)])

    def over_blocks(leaf: Leaf) -> Interval:
        is_mine = leaf.column == column
        return component.block_bounds(leaf, BLOCK) if is_mine else component.bounds(leaf)

    conditions: list[ExpressionPropagator] = []
    could = np.ones((len(rows), len(first)), dtype=bool)
    sure = could.copy()
    for condition in component.propagators_of[column]:
        if condition.is_opaque:
            continue
        if not isinstance(condition, ExpressionPropagator):
            return None
        certain, possible = condition.truth(condition.at(rows, chosen), over_blocks)
        could &= possible
        sure &= certain if not condition.tabulated.undefined else False
        conditions.append(condition)
    row, block = np.nonzero(could & ~sure)
    if 2 * len(row) > could.size:
        return None
    all_row, all_block = np.nonzero(could & sure)
    parts = [(all_row, first[all_block], size[all_block])]
    for begin in range(0, len(row), OPEN_AT_ONCE):
        some = slice(begin, begin + OPEN_AT_ONCE)
        # The values of these blocks are tried one by one.
        place = (first[block[some]][:, None] + np.arange(BLOCK)).ravel()
        inside = place < len(codes)
        place, mine = place[inside], np.repeat(row[some], BLOCK)[inside]
        for condition in conditions:
            at = {j: rows[mine, j] for j in condition.columns.intersection(chosen)}
            at[column] = codes[place]
            keep = np.broadcast_to(condition.can_hold(at, column, component.bounds), len(mine))
            place, mine = place[keep], mine[keep]
        parts.append((mine, place, np.ones(len(mine), dtype=np.int64)))
    row, start, length = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    order = np.argsort(row, kind="stable")
    return Ranges(row[order], start[order], length[order])
