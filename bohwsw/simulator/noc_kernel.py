"""Compiled: hops on the mesh between a level and its children (rules of ``noc.py``)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bohwsw.compiled import compiled
from bohwsw.mapping.tile_kernel import INPUTS, RELEVANT, C, G, N, P, Q, R, S
from bohwsw.simulator.hardware import PricedMachines


class Grid(NamedTuple):
    """Working memory: where the members of each group of children lie."""

    # int32, children x columns; first row in which a group has a member, -1 for none
    lowest: npt.NDArray[np.int32]
    highest: npt.NDArray[np.int32]  # int32, the same shape; the last such row
    digit: npt.NDArray[np.int64]  # int64, 8; position of a child along each dimension
    size: npt.NDArray[np.int64]  # int64, 8; children along each dimension


def new_grid(hardware: PricedMachines) -> Grid:
    """Room for any valid mapping on any machine of a batch; none where hops cost nothing."""
    children = columns = 0
    if hardware.hop_energy.any():
        children, columns = (
            int(hardware.fanout.prod(axis=-1).max()),
            int(hardware.fanout[..., 0].max()),
        )
    return Grid(
        *np.zeros((2, children, columns), dtype=np.int32), *np.zeros((2, 8), dtype=np.int64)
    )


@compiled(internal=True)
def reduced(a, b):
    """a and b divided by their greatest common divisor."""
    x = a
    y = b
    while y:
        x, y = y, x % y
    return a // x, b // x


@compiled(internal=True)
def distinct_pair_sums(count_a, step_a, count_b, step_b):
    """Number of different i * step_a + j * step_b with 0 <= i < count_a, 0 <= j < count_b."""
    if count_a == 1 or count_b == 1:
        return count_a * count_b
    # (i, j) and (i + b, j - a) give equal sums, with a, b the reduced steps; no nearer pair does.
    a, b = reduced(step_a, step_b)
    return count_a * count_b - max(0, count_a - b) * max(0, count_b - a)


@compiled(internal=True, once=True)
def pair_number(i, count_j, j, step_a, step_b):
    """One number for all pairs (i, j) with equal i * step_a + j * step_b."""
    a, b = reduced(step_a, step_b)
    moves = min(i // b, (count_j - 1 - j) // a)
    return (i - moves * b) * count_j + j + moves * a


@compiled(internal=True, once=True)
def group_number(digit, size, inner, layer, space):
    """Number of the group of children with equal data to which a child belongs.

    ``digit`` is the child's position along each dimension, ``size`` the children along each.
    """
    group = 0
    if space == INPUTS:
        group = (digit[N] * size[G] + digit[G]) * size[C] + digit[C]
        group = group * size[P] * size[R] + pair_number(
            digit[P], size[R], digit[R], inner[P] * layer.along_w[P], inner[R] * layer.along_w[R]
        )
        return group * size[Q] * size[S] + pair_number(
            digit[Q], size[S], digit[S], inner[Q] * layer.along_h[Q], inner[S] * layer.along_h[S]
        )
    for d in range(8):
        if RELEVANT[space, d]:
            group = group * size[d] + digit[d]
    return group


@compiled(internal=True, once=True)
def set_digits(child, factors, order, digit):
    """Position of a child along each dimension; children are numbered X fastest.

    ``factors`` and ``order`` are 3 x 8, those of one level.
    """
    for d in range(8):
        digit[d] = 0
    rest = child
    for axis in range(1, 3):
        for place in range(7, -1, -1):
            d = order[axis, place]
            bound = factors[axis, d]
            if bound > 1:
                inside = factors[1, d] if axis == 2 else 1
                digit[d] += (rest % bound) * inside
                rest //= bound


@compiled(internal=True, inlined=False)
def total_hops(factors, order, inner, layer, space, fan_x, fan_y, grid):
    """Hops of one delivery to all children of a level (B.10); see ``noc.total_hops``.

    ``factors`` and ``order`` are 3 x 8, ``inner`` the extents inside one child, ``fan_x`` and
    ``fan_y`` the physical children of one instance, ``grid`` working memory.
    """
    used_x = used_y = 1
    for d in range(8):
        grid.size[d] = factors[1, d] * factors[2, d]
        used_x *= factors[1, d]
        used_y *= factors[2, d]
    children = used_x * used_y
    columns = max(fan_x, used_x)
    middle = (max(fan_y, used_y) - 1) / 2.0
    for group in range(children):
        for column in range(columns):
            grid.lowest[group, column] = -1
    for child in range(children):
        set_digits(child, factors, order, grid.digit)
        group = group_number(grid.digit, grid.size, inner, layer, space)
        row, column = child // columns, child % columns
        if grid.lowest[group, column] < 0:
            grid.lowest[group, column] = row
        grid.highest[group, column] = row
    hops = 0.0
    for group in range(children):
        furthest = 0
        for column in range(columns):
            if grid.lowest[group, column] >= 0:
                furthest = column
                hops += max(0.0, middle - grid.lowest[group, column])
                hops += max(0.0, grid.highest[group, column] - middle)
        hops += furthest
    return hops
