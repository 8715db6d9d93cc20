"""Complete search for the valid rows of a component: all, the first few, or a proof of none.

Depth-first over blocks: a block of partial rows is extended by every value of the next column at
once, filtered by the constraints (NumPy, no loop over rows) and cut into blocks of bounded size.
Memory stays bounded, and a budget of looked-at cells bounds the time. Reals have too many values to
be searched: they are left out, as bounds, and rows are found up to them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bohwsw.errors import SpecError
from bohwsw.space.column import Codes
from bohwsw.space.component import Component, component, split

BLOCK_CELLS = 300_000
"""Cells (rows times values) looked at in one step: the temporaries then stay in a few MB."""

FIRST_ROW_CELLS = 8_000_000
"""How far the search for one valid row goes before the question is left open."""

OPAQUE_COST = 20
"""A predicate is a Python function of unknown cost: its cells count this many times."""


@dataclass(frozen=True)
class Found:
    """Distinct valid rows ``[n, n_columns]``, 0 for reals, and whether these are all there are."""

    rows: Codes
    complete: bool


def search(
    component: Component,
    *,
    max_rows: int,
    max_cells: int,
    rng: np.random.Generator | None = None,
    block_cells: int = BLOCK_CELLS,
) -> Found:
    """Search for valid rows of a component, best after `Component.propagated`.

    Stops once ``max_rows`` are found or ``max_cells`` pairs of a partial row and a value have been
    looked at; walks in a fixed order without ``rng``. A step has ``block_cells`` such pairs.
    """
    order = column_order(component)
    width = len(component.columns)
    found, empty_row = [np.zeros((0, width), dtype=np.int32)], np.zeros((1, width), dtype=np.int32)
    if component.is_ruled_out or not order:
        return Found(found[0] if component.is_ruled_out else empty_row, complete=True)
    stack: list[tuple[int, Codes]] = [(0, empty_row)]
    costs = [
        OPAQUE_COST if any(p.is_opaque for p in component.decided(order[:k], column)) else 1
        for k, column in enumerate(order)
    ]
    n_found = cells = 0
    while stack:
        depth, rows = stack.pop()
        column = order[depth]
        codes = component.allowed[column]
        fits = max(1, block_cells // max(1, len(codes)))
        if len(rows) > fits:
            stack.append((depth, rows[fits:]))
            rows = rows[:fits]
        cells += len(rows) * len(codes) * costs[depth]
        if cells > max_cells:
            return Found(np.concatenate(found), complete=False)
        parent, value = np.nonzero(component.extend(rows, order[:depth], column))
        longer = rows[parent]
        longer[:, column] = codes[value]
        if rng is not None:
            longer = longer[rng.permutation(len(longer))]
        if not len(longer):
            continue
        if depth + 1 < len(order):
            stack.append((depth + 1, longer))
            continue
        found.append(longer)
        n_found += len(longer)
        if n_found >= max_rows and (stack or n_found > max_rows):
            return Found(np.concatenate(found)[:max_rows], complete=False)
    return Found(np.concatenate(found), complete=True)


def column_order(component: Component) -> list[int]:
    """The order in which the columns are chosen, reals left out.

    Next comes the column that gives most constraints their last value, so that wrong rows die
    early; then one that shares a constraint with those before; then the smaller domain.
    """
    order: list[int] = []

    def rank(column: int) -> tuple[int, int, int, int]:
        mine = component.propagators_of[column]
        decided = len(component.decided(order, column))
        touching = any(not p.columns.isdisjoint(order) for p in mine)
        return (-decided, -int(touching), len(component.allowed[column]), column)

    while left := set(component.listed).difference(order):
        order.append(min(left, key=rank))
    return order


def require_rows(part: Component) -> None:
    """Raise a SpecError if a component has no valid row.

    It names a minimal conflict: constraints that cannot all be met, though the rest can without
    any one of them.
    """
    if not _is_empty(part):
        return
    conflict = list(part.constraints)
    for candidate in part.constraints:
        rest = [constraint for constraint in conflict if constraint is not candidate]
        parts = split(part.parameters, rest)
        if any(_is_empty(component(p.parameters, p.constraints).propagated()) for p in parts):
            conflict = rest
    raise SpecError(
        "the space is empty: no point meets all of these constraints together",
        got="; ".join(constraint.text for constraint in conflict),
        expected="constraints that leave at least one point",
    )


def _is_empty(part: Component) -> bool:
    """Whether a component is proven to have no valid row; False also if the budget ran out."""
    if part.is_ruled_out:
        return True
    found = search(part, max_rows=1, max_cells=FIRST_ROW_CELLS, block_cells=20_000)
    return found.complete and not len(found.rows)
