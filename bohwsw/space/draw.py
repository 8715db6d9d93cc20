"""Draws rows of a component column by column, among the values that the constraints leave open.

That alone favours rows with few alternatives (the first shares of a sum take too much), so every
row comes with minus the log of its probability, for whoever wants to make up for it. A real is
drawn in a few rounds: a part of its range that may hold valid values, a part of that part, and so
on; a row is dropped if the value at the end is not valid. Its whole range weighs as much as one
value of another parameter: else a conditional real would nearly always have a value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bohwsw.space.column import Codes
from bohwsw.space.component import Component
from bohwsw.space.propagators import ExpressionPropagator
from bohwsw.space.wide_domains import BLOCK, open_ranges

STEP_CELLS = 400_000
"""Cells (rows times values) looked at in one step: the temporaries then stay in the cache."""

WIDE_DOMAIN = 4096
"""Above this many values, a column that decides no constraint is drawn from a random subset."""

BINS = 32
REAL_ROUNDS = 3


@dataclass(frozen=True)
class Drawn:
    """Valid rows ``[n, n_columns]``, and minus the log of the probability of each ``[n]``.

    ``cells`` counts the values of columns that were tried one by one, over all rows.
    """

    rows: Codes
    log_weight: npt.NDArray[np.float64]
    cells: int = 0


def draw(
    component: Component,
    start: Codes,
    rng: np.random.Generator,
    chosen: Sequence[int] = (),
    order: Sequence[int] | None = None,
) -> Drawn:
    """Complete rows ``[n, n_columns]`` at random; dead ends are dropped.

    The columns ``chosen`` stay as they are, and no constraint among them is looked at. The others
    are drawn in an order; None: a random one, in which what a condition depends on comes first.
    """
    known = list(chosen)
    if order is None:
        left = [int(j) for j in rng.permutation(len(component.columns)) if j not in known]
        order = sorted(left, key=lambda j: component.depth[j])
    state = Drawn(start.copy(), np.zeros(len(start)))
    for column in order:
        is_real = component.columns[column].grid is not None
        state = (_draw_real if is_real else _draw_listed)(component, state, known, column, rng)
        opaque = [p for p in component.decided(known, column) if p.is_opaque]
        if opaque:
            state = _kept(state, component.meets(state.rows, opaque))
        known.append(column)
        if not len(state.rows):
            break
    return state


def _kept(state: Drawn, alive: npt.NDArray[np.bool_]) -> Drawn:
    if alive.all():
        return state
    return Drawn(state.rows[alive], state.log_weight[alive], state.cells)


def _draw_listed(
    component: Component, state: Drawn, known: list[int], column: int, rng: np.random.Generator
) -> Drawn:
    rows = state.rows
    codes, factor = component.allowed[column], 1.0
    if len(codes) > WIDE_DOMAIN and not component.decided(known, column):
        factor = len(codes) / WIDE_DOMAIN
        codes = np.sort(rng.choice(codes, size=WIDE_DOMAIN, replace=False))
    if all(p.is_opaque for p in component.propagators_of[column]):
        rows[:, column] = codes[rng.integers(len(codes), size=len(rows))]
        log_weight = state.log_weight + np.log(len(codes) * factor)
        return Drawn(rows, log_weight, state.cells)
    first, group = _alike(component, rows, known, column)
    order = np.argsort(group, kind="stable")
    begins = np.searchsorted(group[order], np.arange(len(first) + 1))
    picks, count = np.zeros(len(rows), dtype=np.int64), np.zeros(len(rows), dtype=np.int64)
    is_wide, cells = len(codes) > WIDE_DOMAIN, state.cells
    step = max(1, STEP_CELLS // len(codes) * (BLOCK if is_wide else 1))
    for begin in range(0, len(first), step):
        end = min(begin + step, len(first))
        members = order[begins[begin] : begins[end]]
        some, own = rows[first[begin:end]], group[members] - begin
        ranges = open_ranges(component, some, known, column) if is_wide else None
        if ranges is not None:
            picks[members], count[members] = ranges.pick(own, len(some), rng)
            continue
        cells += len(some) * len(codes)
        narrow = max(1, STEP_CELLS // len(codes))
        for at in range(0, len(some), narrow):
            mask = component.extend(some[at : at + narrow], known, column, codes, opaque=False)
            mine = (own >= at) & (own < at + narrow)
            picks[members[mine]], count[members[mine]] = _pick(mask, own[mine] - at, rng)
    rows[:, column] = codes[picks]
    with np.errstate(divide="ignore"):
        log_weight = state.log_weight + np.log(count * factor)
    return _kept(Drawn(rows, log_weight, cells), count > 0)


def _alike(
    component: Component, rows: Codes, known: list[int], column: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Groups of rows that leave the same values of a column open, as far as their kinds tell.

    One row of each group, and the group ``[n]`` of each row.
    """
    group = np.zeros(len(rows), dtype=np.int64)
    for propagator in component.propagators_of[column]:
        for other in propagator.columns & set(known) if not propagator.is_opaque else ():
            kinds = propagator.kinds(other, rows[:, other]).astype(np.int64)
            kinds = kinds - kinds.min(initial=0)
            _, group = np.unique(group * (kinds.max(initial=0) + 1) + kinds, return_inverse=True)
    _, first = np.unique(group, return_index=True)
    return first, group


def _pick(
    mask: npt.NDArray[np.bool_], group: npt.NDArray[np.int64], rng: np.random.Generator
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """As `Ranges.pick`, of the open values ``[n_rows, m]``: faster where they are many."""
    totals = np.count_nonzero(mask, axis=1)
    count, flat = totals[group], np.flatnonzero(mask)
    place = np.floor(rng.random(len(group)) * count).astype(np.int64)
    if not len(flat):
        return place, count
    place += (np.cumsum(totals) - totals)[group]
    return np.where(count > 0, flat[np.minimum(place, len(flat) - 1)] % mask.shape[1], 0), count


def _draw_real(
    component: Component, state: Drawn, known: list[int], column: int, rng: np.random.Generator
) -> Drawn:
    rows, log_weight = state.rows, state.log_weight.copy()
    low, high = (np.full(len(rows), edge, dtype=np.int64) for edge in component.allowed[column])
    inactive, name = component.columns[column].inactive, component.columns[column].parameter
    # Whether it has a value is not a question of which one.
    mine = [
        p for p in component.propagators_of[column] if p is not component.activation_of.get(name)
    ]
    conditions = [p for p in mine if isinstance(p, ExpressionPropagator)]
    alive, each = np.ones(len(rows), dtype=bool), np.arange(len(rows))
    active = component.is_active(rows, name) if inactive is not None else alive.copy()
    for _ in range(REAL_ROUNDS if conditions else 0):
        width = high - low
        edges = low[:, None] + (width[:, None] * np.arange(BINS + 1)) // BINS
        mask = np.ones((len(rows), BINS), dtype=bool)
        for condition in conditions:
            mask &= component.open_bins(condition, rows, known, column, edges)
        pick, count = _pick(mask, each, rng)
        alive &= (count > 0) | ~active
        low, high = edges[each, pick], edges[each, pick + 1]
        log_weight += np.where(active, np.log(np.maximum(count, 1) / BINS), 0.0)
    drawn = low + np.floor(rng.random(len(rows)) * (high - low + 1)).astype(np.int64)
    rows[:, column] = drawn if inactive is None else np.where(active, drawn, inactive)
    state = _kept(Drawn(rows, log_weight, state.cells), alive)
    decided = [p for p in component.decided(known, column) if p in mine and not p.is_opaque]
    return _kept(state, component.meets(state.rows, decided))
