"""Tiles, deliveries and groups in whole-array operations (rules B.2 to B.4).

Same rules as ``bohwsw/mapping/tile_kernel.py`` and ``bohwsw/simulator/evaluation_kernel.py``.
Arrays have the batch on their last axis, so that every operation runs over neighbouring memory.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.simulator_backends.array_library import Array, ArrayLibrary
from bohwsw.mapping.tile_kernel import RELEVANT, C, G, K, LayerArrays, N, P, Q, R, S
from bohwsw.workload import DIMENSIONS


@dataclass(frozen=True)
class Tiled:
    """Tiles of a batch; lists have one entry a level, outermost first.

    Attributes:
        extents: 8 x B each; one more entry for the MAC.
        union_extents: 8 x B each; without the temporal loops of the level.
        words: 3 x B each; one more entry for the MAC.
        spatial: L x 8 x B.
        children: L x B.
    """

    extents: list[Array]
    union_extents: list[Array]
    words: list[Array]
    spatial: Array
    children: Array


def outputs_words(extents: Array) -> Array:
    """Words in a tile of Outputs; B."""
    return extents[N] * extents[G] * extents[K] * extents[P] * extents[Q]


def _words(xp: ArrayLibrary, extents: Array, layer: LayerArrays) -> Array:
    weights = extents[G] * extents[K] * extents[C] * extents[R] * extents[S]
    width = 1 + (extents[P] - 1) * int(layer.along_w[P]) + (extents[R] - 1) * int(layer.along_w[R])
    height = 1 + (extents[Q] - 1) * int(layer.along_h[Q]) + (extents[S] - 1) * int(layer.along_h[S])
    inputs = extents[N] * extents[G] * extents[C] * width * height
    return xp.stack([weights, inputs, outputs_words(extents)])


def tile(xp: ArrayLibrary, factors: Array, layer: LayerArrays) -> Tiled:
    """Tiles of every level; ``factors`` is L x 3 x 8 x B."""
    spatial = factors[:, 1] * factors[:, 2]
    extents = [factors[0, 0] * 0 + 1]
    unions: list[Array] = []
    for level in range(len(factors) - 1, -1, -1):
        unions.insert(0, extents[0] * spatial[level])
        extents.insert(0, unions[0] * factors[level, 0])
    words = [_words(xp, extent, layer) for extent in extents]
    return Tiled(extents, unions, words, spatial, xp.product(spatial, 1))


@dataclass(frozen=True)
class Loops:
    """The temporal loops of a batch, outermost first; J = 8 L, loops of bound 1 included.

    Attributes:
        relevant: one J x B bool each for Weights and Outputs.
        real: J x B bool; bound above 1.
        through: J x B; iterations of a loop and all outside it.
        iterations: J x B; what a loop adds to the iterations of those outside.
        shift: two J x B, along width and height of Inputs.
        moved: running sums of ``shift``.
        last_stop: J x B; position of the last loop so far over channels, groups or samples, or -1.
        last: J x B; position of the last real loop so far, or 0.
    """

    relevant: tuple[Array, Array]
    real: Array
    through: Array
    iterations: Array
    shift: tuple[Array, Array]
    moved: tuple[Array, Array]
    last_stop: Array
    last: Array


def list_loops(
    xp: ArrayLibrary, factors: Array, order: Array, tiled: Tiled, layer: LayerArrays
) -> Loops:
    """All temporal loops; ``order`` is L x 8 x B, dimensions outermost first."""
    count = len(DIMENSIONS) * len(factors)
    flat = (count, order.shape[-1])
    bounds = xp.take(factors[:, 0], order, 1).reshape(flat)
    steps = xp.take(xp.stack(tiled.union_extents), order, 1).reshape(flat)
    dims = order.reshape(flat)
    real = bounds > 1
    through = xp.running_product(bounds, 0)

    def lookup(values: object) -> Array:
        return xp.array(np.asarray(values))[dims]

    position = xp.array(np.arange(count)[:, None])
    stops = np.zeros(len(DIMENSIONS), dtype=bool)
    stops[[C, N, G]] = True
    shift = tuple(
        xp.where(real, steps * lookup(along), 0) for along in (layer.along_w, layer.along_h)
    )
    return Loops(
        relevant=(lookup(RELEVANT[0]) & real, lookup(RELEVANT[2]) & real),
        real=real,
        through=through,
        iterations=through - through // bounds,
        shift=(shift[0], shift[1]),
        moved=(xp.running_sum(shift[0], 0), xp.running_sum(shift[1], 0)),
        last_stop=xp.running_maximum(xp.where(lookup(stops) & real, position, -1), 0),
        last=xp.running_maximum(xp.where(real, position, 0), 0),
    )


def delivered(xp: ArrayLibrary, loops: Loops, tiled: Tiled, layer: LayerArrays) -> list[Array]:
    """Words that one child of each level receives; 3 x B each."""
    plain = [
        xp.running_maximum(xp.where(relevant, loops.through, 1), 0) for relevant in loops.relevant
    ]
    compute = loops.through[-1]
    result = []
    for level in range(len(tiled.union_extents) - 1):
        end = len(DIMENSIONS) * (level + 1)
        words = tiled.words[level + 1]
        inputs = _delivered_inputs(xp, loops, tiled.extents[level + 1], words[1], layer, end)
        result.append(
            xp.stack([words[0] * plain[0][end - 1], inputs, words[2] * plain[1][end - 1]])
        )
    return [*result, xp.stack([compute] * 3)]


def _delivered_inputs(
    xp: ArrayLibrary, loops: Loops, child: Array, words: Array, layer: LayerArrays, end: int
) -> Array:
    last = loops.last[end - 1 : end]
    last_w, last_h = (xp.take(shift, last, 0)[0] for shift in loops.shift)
    width = 1 + (child[P] - 1) * int(layer.along_w[P]) + (child[R] - 1) * int(layer.along_w[R])
    height = 1 + (child[Q] - 1) * int(layer.along_h[Q]) + (child[S] - 1) * int(layer.along_h[S])
    width, height = width - last_w, height - last_h
    overlap = child[N] * child[G] * child[C] * width * height
    match = loops.real[:end] & (xp.array(np.arange(end)[:, None]) > loops.last_stop[end - 1])
    for shift, moved, wanted in zip(loops.shift, loops.moved, (last_w, last_h), strict=True):
        match = match & (shift[:end] + moved[:end] == moved[end - 1] + wanted)
    shared = xp.total(xp.where(match, loops.iterations[:end], 0), 0)
    shared = xp.where((width > 0) & (height > 0), overlap * shared, 0)
    return words * loops.through[end - 1] - shared


def groups(xp: ArrayLibrary, spatial: Array, inner: Array, layer: LayerArrays) -> Array:
    """Children of one instance of a level that hold different data; 3 x B."""
    across = _pair_sums(xp, spatial, inner, layer.along_w, P, R)
    down = _pair_sums(xp, spatial, inner, layer.along_h, Q, S)
    channels = spatial[G] * spatial[C]
    return xp.stack(
        [
            channels * spatial[K] * spatial[R] * spatial[S],
            channels * spatial[N] * across * down,
            outputs_words(spatial),
        ]
    )


def _pair_sums(
    xp: ArrayLibrary, spatial: Array, inner: Array, along: Array, a: int, b: int
) -> Array:
    step_a, step_b = inner[a] * int(along[a]), inner[b] * int(along[b])
    common = xp.gcd(step_a, step_b)
    zero = step_a * 0
    fewer_a = xp.maximum(zero, spatial[a] - step_b // common)
    fewer_b = xp.maximum(zero, spatial[b] - step_a // common)
    return spatial[a] * spatial[b] - fewer_a * fewer_b
