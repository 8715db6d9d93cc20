"""Hops that data make on the mesh between a level and its children.

Section 7 and rule B.10 of the reference: data enter at column 0 in the middle row, run along that
row to the furthest column of the group and branch into each column that holds a member.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import product

from bohwsw.mapping.nest import LevelNest
from bohwsw.workload import Layer, axis_coefficients


def total_hops(
    layer: Layer,
    data_space: str,
    block: LevelNest,
    child_extents: dict[str, int],
    mesh: tuple[int, int],
) -> float:
    """Hops of one delivery to all children, summed over the groups with different data.

    Args:
        layer: gives the projection of loop indices onto the data space.
        data_space: whose data travel.
        block: the loops whose spatial part spans the children.
        child_extents: steps along each dimension inside one child.
        mesh: physical children of one instance on (X, Y).
    """
    if not block.spatial:
        return 0.0
    columns = max(mesh[0], block.fanout_x)
    middle = (max(mesh[1], block.fanout_y) - 1) / 2
    rows_of_group: dict[tuple[int, ...], dict[int, list[int]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for child, offset in enumerate(_child_offsets(layer, data_space, block, child_extents)):
        rows_of_group[offset][child % columns].append(child // columns)
    return sum(
        max(rows) + sum(max(0, middle - min(r)) + max(0, max(r) - middle) for r in rows.values())
        for rows in rows_of_group.values()
    )


def _child_offsets(
    layer: Layer, data_space: str, block: LevelNest, child_extents: dict[str, int]
) -> list[tuple[int, ...]]:
    """Offset of each child's tile, children in order of their number (X fastest)."""
    axes = axis_coefficients(layer, data_space)
    loops, inside = [], dict(child_extents)
    for dim, factor in reversed(block.spatial):
        loops.append((dim, factor, inside[dim]))
        inside[dim] *= factor
    loops.reverse()
    offsets = []
    for indices in product(*(range(factor) for _, factor, _ in loops)):
        position: dict[str, int] = defaultdict(int)
        for (dim, _, step), index in zip(loops, indices, strict=True):
            position[dim] += index * step
        offsets.append(tuple(sum(c * position[d] for d, c in axis.items()) for axis in axes))
    return offsets
