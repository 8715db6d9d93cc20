"""Compiled: hops on the mesh between a level and its children (rules of ``network.py``)."""

from __future__ import annotations

import numpy as np

from bohwsw.compiled import compiled
from bohwsw.mapping.tile_kernel import INPUTS, RELEVANT, C, G, N, P, Q, R, S


@compiled
def reduced(a, b):
    """a and b divided by their greatest common divisor."""
    x = a
    y = b
    while y:
        x, y = y, x % y
    return a // x, b // x


@compiled
def distinct_pair_sums(count_a, step_a, count_b, step_b):
    """Number of different i * step_a + j * step_b with 0 <= i < count_a, 0 <= j < count_b."""
    if count_a == 1 or count_b == 1:
        return count_a * count_b
    # (i, j) and (i + b, j - a) give equal sums, with a, b the reduced steps, and no nearer pair does.
    a, b = reduced(step_a, step_b)
    return count_a * count_b - max(0, count_a - b) * max(0, count_b - a)


@compiled
def pair_number(i, count_j, j, step_a, step_b):
    """One number for all pairs (i, j) with equal i * step_a + j * step_b."""
    a, b = reduced(step_a, step_b)
    moves = min(i // b, (count_j - 1 - j) // a)
    return (i - moves * b) * count_j + j + moves * a


@compiled
def group_number(digit, size, inner, geometry, space):
    """Number of the group of children with equal data to which a child belongs.

    ``digit`` is the child's position along each dimension, ``size`` the children along each.
    """
    group = 0
    if space == INPUTS:
        group = (digit[N] * size[G] + digit[G]) * size[C] + digit[C]
        group = group * size[P] * size[R] + pair_number(
            digit[P], size[R], digit[R], inner[P] * geometry[0], inner[R] * geometry[2]
        )
        return group * size[Q] * size[S] + pair_number(
            digit[Q], size[S], digit[S], inner[Q] * geometry[1], inner[S] * geometry[3]
        )
    for d in range(8):
        if RELEVANT[space, d]:
            group = group * size[d] + digit[d]
    return group


@compiled
def set_digits(child, factors, order, digit):
    """Position of a child along each dimension; children are numbered X fastest.

    ``factors`` and ``order`` are 3 x 8, those of one level.
    """
    digit[:] = 0
    rest = child
    for axis in range(1, 3):
        for place in range(7, -1, -1):
            d = order[axis, place]
            bound = factors[axis, d]
            if bound > 1:
                inside = factors[1, d] if axis == 2 else 1
                digit[d] += (rest % bound) * inside
                rest //= bound


@compiled
def total_hops(factors, order, inner, geometry, space, fan_x, fan_y):
    """Hops of one delivery to all children of a level (B.10); see ``network.total_hops``.

    ``factors`` and ``order`` are 3 x 8, ``inner`` the extents inside one child, ``fan_x`` and
    ``fan_y`` the physical children of one instance.
    """
    size = factors[1] * factors[2]
    used_x = np.prod(factors[1])
    children = used_x * np.prod(factors[2])
    columns = max(fan_x, used_x)
    middle = (max(fan_y, children // used_x) - 1) / 2.0
    lowest = np.full((children, columns), -1, dtype=np.int32)
    highest = np.full((children, columns), -1, dtype=np.int32)
    digit = np.zeros(8, dtype=np.int64)
    for child in range(children):
        set_digits(child, factors, order, digit)
        group = group_number(digit, size, inner, geometry, space)
        row, column = child // columns, child % columns
        if lowest[group, column] < 0:
            lowest[group, column] = row
        highest[group, column] = row
    hops = 0.0
    for group in range(children):
        furthest = 0
        for column in range(columns):
            if lowest[group, column] >= 0:
                furthest = column
                hops += max(0.0, middle - lowest[group, column])
                hops += max(0.0, highest[group, column] - middle)
        hops += furthest
    return hops
