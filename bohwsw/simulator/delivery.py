"""How many words a child receives during a whole run, and how children share one read.

Timeloop walks the temporal loops above a child and compares each tile with the one before: the
child fetches only what is new, but only while consecutive shifts of the tile are equal; after any
other shift it fetches the whole tile (rule B.3 of ``docs/counting-rules.md``). Loops are
walked for their first two iterations, the second weighted by the remaining ones.

The walk has a closed form that is exact, not an approximation. Let ``t_j`` be the shift of the tile
when loop j advances and all loops inside it start again: its own step less one step of every loop
inside. At the end of the innermost loop the remembered shift is always ``t_last``: either the
walk had forgotten (then it remembers ``t_last`` now) or it remembered ``t_last`` already. So when
an outer loop j advances, the child reuses the overlap exactly if ``t_j == t_last``; if not, it
fetches all and forgets, and the next innermost step remembers again. With ``n_j`` the number of
times that loop j advances,

    words = tile * product(bounds) - overlap(t_last) * sum(n_j for j with t_j == t_last).

The usual case is that only the innermost loop (or a run of loops that leave the tile in place)
matches; a stride can make an outer loop match too.

Inputs that say their true extents are no wider than these, whatever padding a tile lies over. While
the innermost loop slides a window along an axis, no element comes twice, so that a run of it brings
in at most the true extent. Both limits look at sizes, not at where the padding is: never less than
a child receives that leaves out padding, never more than one that does not.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import NamedTuple

from bohwsw.workload import Layer


class Step(NamedTuple):
    """A temporal loop seen from a tile: how often it runs and how far it moves the tile.

    Attributes:
        bound: iterations, at least 2.
        shift: movement of the tile per iteration, one number per tensor axis; never negative.
    """

    bound: int
    shift: tuple[int, ...]


def words_delivered(
    widths: Sequence[int], steps: Sequence[Step], extents: Sequence[int] | None = None
) -> int:
    """Words that one child receives while the loops above it run.

    Args:
        widths: widths of the child's tile, one per tensor axis.
        steps: the temporal loops outside the tile, outermost first, each with bound >= 2.
        extents: true extents of the tensor, one per axis, if padding is left out.
    """
    tile = math.prod(widths)
    if not steps:
        return tile
    iterations = math.prod([step.bound for step in steps])
    words = tile * iterations
    last_shift = steps[-1].shift
    most = words
    if extents is not None and any(last_shift):
        run = [e if moved else w for e, w, moved in zip(extents, widths, last_shift, strict=True)]
        most = min(words, iterations // steps[-1].bound * math.prod(run))
    overlap = math.prod(map(_kept_width, widths, last_shift))
    if overlap == 0:
        return most
    matching = last_shift  # a step equal to this one makes t_j == t_last
    for step in reversed(steps):
        outer_iterations = iterations // step.bound
        if step.shift == matching:
            words -= overlap * (iterations - outer_iterations)
        iterations = outer_iterations
        matching = tuple(map(operator.add, matching, step.shift))
    return min(words, most)


def _kept_width(width: int, shift: int) -> int:
    return max(0, width - shift)


def distinct_offsets(steps: Sequence[tuple[int, int]]) -> int:
    """Number of different sums ``k_1 * step_1 + ...`` with ``0 <= k_i < count_i``.

    This is the number of children with different data along one tensor axis; children with equal
    offsets are served by one read (multicast) or summed on their way (spatial reduction).

    Args:
        steps: (count, step) of each spatial loop that moves along the axis.
    """
    moving = [(count, step) for count, step in steps if count > 1]
    if len(moving) == 2:
        return distinct_pair_sums(*moving[0], *moving[1])
    offsets = {0}
    for count, step in moving:
        offsets = {offset + k * step for offset in offsets for k in range(count)}
    return len(offsets)


def distinct_pair_sums(count_a: int, step_a: int, count_b: int, step_b: int) -> int:
    """Number of different ``i * step_a + j * step_b`` with ``0 <= i < count_a``, same for j.

    With a, b the steps divided by their greatest common divisor, (i, j) and (i + b, j - a) give
    equal sums and no nearer pair does. So each chain of equal pairs has one member fewer "with a
    next one" than members, and the chains number all pairs less the pairs that have a next one.
    """
    divisor = math.gcd(step_a, step_b)
    a, b = step_a // divisor, step_b // divisor
    return count_a * count_b - max(0, count_a - b) * max(0, count_b - a)


def used_words(layer: Layer) -> tuple[int, int, int]:
    """Elements of Weights, Inputs and Outputs that a layer uses, at least.

    Gaps between Inputs are left out, and as many of them as there is padding.
    """
    across = distinct_pair_sums(layer.P, layer.stride_w, layer.R, layer.dilation_w)
    down = distinct_pair_sums(layer.Q, layer.stride_h, layer.S, layer.dilation_h)
    (width, height), (true_width, true_height) = layer.reach, layer.input_extents
    across, down = max(1, across - width + true_width), max(1, down - height + true_height)
    return (
        layer.G * layer.K * layer.C * layer.R * layer.S,
        layer.N * layer.G * layer.C * across * down,
        layer.N * layer.G * layer.K * layer.P * layer.Q,
    )
