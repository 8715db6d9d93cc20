"""Which constraints leave a space without points: a smallest set, so that one can be changed."""

from __future__ import annotations

from bohwsw.errors import SpecError
from bohwsw.space.component import Component, component, split
from bohwsw.space.search import search

FIRST_ROW_CELLS = 8_000_000
"""How far the search for one valid row goes before the question is left open."""


def is_empty(part: Component) -> bool:
    """Whether a component is proven to have no valid row; False also if the budget ran out."""
    found = search(part, max_rows=1, max_cells=FIRST_ROW_CELLS, block_cells=20_000)
    return found.complete and not len(found.rows)


def require_points(part: Component) -> None:
    """Raise if a component has no valid row.

    Raises:
        SpecError: names a set of constraints that cannot all be met, of which none can be left
            out: without any one of them the rest can.
    """
    if not (part.is_ruled_out or is_empty(part)):
        return
    clash = list(part.constraints)
    for candidate in part.constraints:
        rest = [constraint for constraint in clash if constraint is not candidate]
        if any(_clashes(p) for p in split(part.parameters, rest)):
            clash = rest
    raise SpecError(
        "the space is empty: no point meets all of these constraints together",
        got="; ".join(constraint.text for constraint in clash),
        expected="constraints that leave at least one point",
    )


def _clashes(part: Component) -> bool:
    propagated = component(part.parameters, part.constraints).propagated()
    return propagated.is_ruled_out or is_empty(propagated)
