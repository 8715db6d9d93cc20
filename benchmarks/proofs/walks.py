"""What one child receives while the loops around it run: Timeloop's walk through time."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from functools import cache
from operator import add, sub

Vector = tuple[int, ...]

NEVER = -1


def overlap(widths: Vector, moved: Vector) -> int:
    """Words of a box that stay in it when it moves."""
    return math.prod(max(0, w - abs(t)) for w, t in zip(widths, moved, strict=True))


def walk_plainly(widths: Vector, loops: Sequence[tuple[int, Vector]]) -> int:
    """Words delivered: iterations 0 and 1 of every loop, the second for all the others."""
    size, total = math.prod(widths), 0
    before: Vector | None = None
    usual: Vector | None = None
    for iteration in itertools.product((0, 1), repeat=len(loops)):
        here = tuple(
            sum(i * step[axis] for i, (_, step) in zip(iteration, loops, strict=True))
            for axis in range(len(widths))
        )
        weight = math.prod(f - 1 for i, (f, _) in zip(iteration, loops, strict=True) if i)
        moved = None if before is None else tuple(a - b for a, b in zip(here, before, strict=True))
        if moved is None:
            total += weight * size
        elif usual is None or moved == usual:
            total += weight * (size - overlap(widths, moved))
            usual = moved
        else:
            total += weight * size
            usual = None
        before = here
    return total


@cache
def walk(widths: Vector, loops: tuple[tuple[int, Vector], ...]) -> int:
    """The same by recursion over the loops, with memory.

    All shifts are those of the loops: each steps once while those inside it go back.
    """
    size, count = math.prod(widths), len(loops)
    moves: list[Vector] = []
    inside = (0,) * len(widths)
    for _, step in reversed(loops):
        moves.append(tuple(map(sub, step, inside)))
        inside = tuple(map(add, step, inside))
    moves.reverse()
    fresh = [size - overlap(widths, moved) for moved in moves]
    same = [moves.index(moved) for moved in moves]
    known: dict[tuple[int, int, int], tuple[int, int]] = {}

    def visit(j: int, usual: int, moved: int) -> tuple[int, int]:
        if j == count:
            if moved == NEVER:
                return size, usual
            return (fresh[moved], moved) if usual in (NEVER, moved) else (size, NEVER)
        key = (j, usual, moved)
        if key not in known:
            first, between = visit(j + 1, usual, moved)
            other, after = visit(j + 1, between, same[j])
            known[key] = first + (loops[j][0] - 1) * other, after
        return known[key]

    return visit(0, NEVER, NEVER)[0]
