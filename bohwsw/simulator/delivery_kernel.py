"""Compiled: words that a child receives in the whole run (B.3), as in ``delivery.py``.

Dimensions are numbered as in ``DIMENSIONS``, data spaces as in ``DATA_SPACES``, loops of a level as
in ``mapping.batch``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bohwsw.compiled import compiled
from bohwsw.mapping.tile_kernel import RELEVANT, C, G, N, P, Q, R, S, input_widths, words_of_run


class LoopList(NamedTuple):
    """Working memory: the temporal loops of bound > 1, outermost first."""

    dim: npt.NDArray[np.int64]  # the loop's dimension
    step: npt.NDArray[np.int64]  # how far one iteration moves along that dimension
    before: npt.NDArray[np.int64]  # iterations of all loops outside it
    end: npt.NDArray[np.int64]  # for each level, the number of loops in its block and those outside


@compiled(internal=True, once=True)
def list_loops(factors, order, union_extents, loops):
    """Fill the list of temporal loops; returns the product of all bounds, the compute cycles.

    Loops of bound 1 are written too and then overwritten: most are, and a branch would be missed.
    """
    count, iterations = 0, 1
    for level in range(len(factors)):
        for place in range(8):
            d = order[level, 0, place]
            bound = factors[level, 0, d]
            loops.dim[count] = d
            loops.step[count] = union_extents[level, d]
            loops.before[count] = iterations
            iterations *= bound
            count += bound > 1
        loops.end[level] = count
    loops.before[count] = iterations
    return iterations


@compiled(internal=True, once=True)
def delivered_plain(space, tile, end, loops):
    """Words delivered of Weights or Outputs: inner loops that leave the tile in place are free."""
    for j in range(end, 0, -1):
        if RELEVANT[space, loops.dim[j - 1]]:
            return tile * loops.before[j]
    return tile


@compiled(internal=True, once=True)
def delivered_inputs(child, layer, tile, end, loops):
    """Words delivered of Inputs (B.3): the closed form of ``delivery.words_delivered``.

    A step to other channels, groups or samples shares nothing with the tile before it, and as those
    steps grow outwards they never cancel: from the first such loop on nothing can match.
    """
    total = tile * loops.before[end]
    if end == 0:
        return total
    last, step = loops.dim[end - 1], loops.step[end - 1]
    last_w, last_h = step * layer.along_w[last], step * layer.along_h[last]
    width = 1 + (child[P] - 1) * layer.along_w[P] + (child[R] - 1) * layer.along_w[R] - last_w
    height = 1 + (child[Q] - 1) * layer.along_h[Q] + (child[S] - 1) * layer.along_h[S] - last_h
    most = total
    if layer.padded:
        width, height, most = without_padding(child, layer, last_w, last_h, total, end, loops)
    if width <= 0 or height <= 0:
        return most
    overlap = child[N] * child[G] * child[C] * width * height
    inside_w = inside_h = 0  # one step of every loop inside the one in hand
    for j in range(end - 1, -1, -1):
        d = loops.dim[j]
        if d == C or d == N or d == G:
            break
        w, h = loops.step[j] * layer.along_w[d], loops.step[j] * layer.along_h[d]
        if w - inside_w == last_w and h - inside_h == last_h:
            total -= overlap * (loops.before[j + 1] - loops.before[j])
        inside_w += w
        inside_h += h
    return min(total, most)


@compiled(internal=True, inlined=False)
def without_padding(child, layer, last_w, last_h, total, end, loops):
    """Width and height held as a tile of Inputs moves on; the most words that all runs bring."""
    width, height = input_widths(child, layer)
    if last_w or last_h:
        runs = loops.before[end - 1]
        total = runs * words_of_run(child, layer, last_w > 0, loops.before[end] // runs)
    return width - last_w, height - last_h, total
