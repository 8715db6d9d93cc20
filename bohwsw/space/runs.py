"""Which values of a very wide column partial rows can take, without looking at each.

The values are divided into blocks. Bounds (``evaluate_intervals``) say of most blocks that no value
can follow, or that all can; only of the others is every value tried. With ``a + b == 100000`` and a
known, one block in 400 is left.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bohwsw.space.column import Codes
from bohwsw.space.component import Component
from bohwsw.space.evaluate_intervals import Interval
from bohwsw.space.lowering import Leaf
from bohwsw.space.rule import TextRule

BLOCK = 256
"""Values of a block."""

OPEN_AT_ONCE = 1500
"""Blocks whose values are tried in one step: the temporaries then stay in a few MB."""

Places = npt.NDArray[np.int64]


class Runs(NamedTuple):
    """Runs of values, sorted by row.

    Attributes:
        row: ``[n]``, whose they are.
        start: ``[n]``, position of the first among the allowed codes of the column.
        length: ``[n]``.
    """

    row: Places
    start: Places
    length: Places

    def pick(self, group: Places, n_rows: int, rng: np.random.Generator) -> tuple[Places, Places]:
        """One of the values of a row at random, for each entry of ``group``, and how many it has.

        Args:
            group: ``[m]``, rows.
            n_rows: how many rows there are.
            rng: the source of chance.

        Returns:
            Positions ``[m]`` among the allowed codes, 0 where there is none; and counts ``[m]``.
        """
        totals = np.bincount(self.row, weights=self.length, minlength=n_rows).astype(np.int64)
        count = totals[group]
        if not len(self.row):
            return np.zeros(len(group), dtype=np.int64), count
        ends = np.cumsum(self.length)
        place = (np.cumsum(totals) - totals)[group]
        place += np.minimum(np.floor(rng.random(len(group)) * count).astype(np.int64), count - 1)
        run = np.minimum(np.searchsorted(ends, place, side="right"), len(ends) - 1)
        picked = self.start[run] + place - (ends - self.length)[run]
        return np.where(count > 0, picked, 0), count


def open_runs(component: Component, rows: Codes, known: Sequence[int], column: int) -> Runs | None:
    """The allowed values of one more column that partial rows can take; see `Component.extend`.

    Args:
        component: the constraints; predicates are not asked.
        rows: codes ``[n, n_columns]``; only the columns in ``known`` are looked at.
        known: the columns that have a value already.
        column: the column that comes next, a listed one.

    Returns:
        None where blocks tell too little: it is then faster to try all values.
    """
    codes = component.allowed[column]
    first = np.arange(0, len(codes), BLOCK)
    size = np.diff([*first, len(codes)])
    rules = [rule for rule in component.rules_of[column] if not rule.is_opaque]
    could = np.ones((len(rows), len(first)), dtype=bool)
    sure = could.copy()
    for rule in rules:
        if not isinstance(rule, TextRule):
            return None
        certain, possible = rule.truth(_bounds(component, rule, rows, known, column))
        could &= possible
        sure &= certain if not rule.lowered.undefined else False
    row, block = np.nonzero(could & ~sure)
    if 2 * len(row) > could.size:
        return None
    all_row, all_block = np.nonzero(could & sure)
    parts = [Runs(all_row, first[all_block], size[all_block])]
    for begin in range(0, len(row), OPEN_AT_ONCE):
        some = slice(begin, begin + OPEN_AT_ONCE)
        parts.append(_tried(component, rules, rows, known, column, row[some], first[block[some]]))
    runs = Runs(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))
    order = np.argsort(runs.row, kind="stable")
    return Runs(*(array[order] for array in runs))


def _bounds(
    component: Component, rule: TextRule, rows: Codes, known: Sequence[int], column: int
) -> list[Interval]:
    """Bounds of each leaf of a rule, rows x blocks."""
    bounds = []
    for leaf in rule.lowered.leaves:
        if leaf.column == column:
            bounds.append(_block_bounds(component, leaf))
        elif leaf.column in known:
            bounds.append(leaf.known(rows[:, leaf.column][:, None]))
        else:
            bounds.append(component.bounds(leaf))
    return bounds


def _block_bounds(component: Component, leaf: Leaf) -> Interval:
    """Lowest and highest value of a leaf over each block of the allowed codes of its column."""
    found = component.block_bounds.get(id(leaf))
    if found is None:
        codes = component.allowed[leaf.column]
        low, high = leaf.known(codes)
        first = np.arange(0, len(codes), BLOCK)
        found = np.minimum.reduceat(low, first)[None], np.maximum.reduceat(high, first)[None]
        component.block_bounds[id(leaf)] = found
    return found


def _tried(
    component: Component,
    rules: Sequence[object],
    rows: Codes,
    known: Sequence[int],
    column: int,
    row: Places,
    first: Places,
) -> Runs:
    """The values of some blocks, tried one by one."""
    codes = component.allowed[column]
    place = (first[:, None] + np.arange(BLOCK)).ravel()
    inside = place < len(codes)
    place, row = place[inside], np.repeat(row, BLOCK)[inside]
    for rule in rules:
        assert isinstance(rule, TextRule)
        trial = rows[row]
        trial[:, column] = codes[place]
        keep = rule.may_hold(trial, [*known, column], component.bounds)
        place, row = place[keep], row[keep]
    return Runs(row, place, np.ones(len(row), dtype=np.int64))
