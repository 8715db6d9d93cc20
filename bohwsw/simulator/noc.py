"""Hops that data make on the mesh between a level and its children.

Rule B.10 of ``docs/counting-rules.md``: data enter at column 0 in the middle row, run along that
row to the furthest column of the group and branch into each column that holds a member.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import TypeVar

from bohwsw.mapping import LevelNest, Loop
from bohwsw.workload import Layer, axis_coefficients, box_widths

Group = TypeVar("Group", bound=Hashable)


def total_hops(
    layer: Layer,
    data_space: str,
    block: LevelNest,
    child_extents: dict[str, int],
    mesh: tuple[int, int],
) -> float:
    """Hops of one delivery to all children, summed over the groups with different data.

    Args:
        block: the loops whose spatial part spans the children.
        child_extents: steps along each dimension inside one child.
        mesh: physical children of one instance on (X, Y).
    """
    if not block.spatial:
        return 0.0
    columns, rows = max(mesh[0], block.fanout_x), max(mesh[1], block.fanout_y)
    offsets = child_offsets(layer, data_space, block, child_extents)
    return sum(hops_of_groups(offsets, range(len(offsets)), columns, rows).values())


def hops_of_groups(
    groups: Iterable[Group], children: Iterable[int], columns: int, rows: int
) -> dict[Group, float]:
    """Hops of one delivery to each group of children that are served together.

    Args:
        children: the number of each child, ascending; child i stands in column i % columns of row
            i // columns.
        columns: children side by side on the mesh, used or not.
        rows: the same for rows; data enter in the middle one.
    """
    middle = (rows - 1) / 2
    hops: dict[Group, float] = {}
    first_row: dict[tuple[Group, int], int] = {}
    last_row: dict[tuple[Group, int], int] = {}
    for group, child in zip(groups, children, strict=True):
        row, column = divmod(child, columns)
        branch = group, column
        last_row[branch] = row
        if branch not in first_row:
            first_row[branch] = row
            if hops.get(group, -1.0) < column:  # along the middle row to the furthest column
                hops[group] = float(column)
    for branch, first in first_row.items():
        last = last_row[branch]
        if first < middle:
            hops[branch[0]] += middle - first
        if last > middle:
            hops[branch[0]] += last - middle
    return hops


def child_offsets(
    layer: Layer, data_space: str, block: LevelNest, child_extents: dict[str, int]
) -> list[int]:
    """Where each child's tile starts, children in order of their number (X fastest).

    An offset is the address of the tile's first element in the box that all children cover
    together: one number, equal for two children exactly if they start at the same element.
    """
    union = dict(child_extents)
    loops: list[tuple[Loop, int]] = []
    for dim, factor in reversed(block.spatial):
        loops.append(((dim, factor), union[dim]))
        union[dim] *= factor
    widths = box_widths(layer, data_space, union)
    address_step: dict[str, int] = {}
    pitch = 1
    for axis, width in zip(axis_coefficients(layer, data_space), widths, strict=True):
        for dim, coefficient in axis.items():
            address_step[dim] = coefficient * pitch
        pitch *= width
    offsets = [0]
    for (dim, factor), step in reversed(loops):
        stride = address_step.get(dim, 0) * step
        offsets = [offset + k * stride for offset in offsets for k in range(factor)]
    return offsets
