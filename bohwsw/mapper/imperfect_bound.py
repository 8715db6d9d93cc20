"""A lower bound over all mappings with imperfect factors: ``docs/mapper.md`` has the proof.

Each vector of spatial factors that the mesh holds has a least cost for each data space, whichever
levels keep it: reads for the MACs as the vector shares them, everything once at each kept level
outside of these. Loops in time and capacities are left out.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from bohwsw.mapper.goal import Goal
from bohwsw.mapping import SPATIAL_X, SPATIAL_Y, MapSpace
from bohwsw.simulator import Costs
from bohwsw.workload import DIMENSION_INDEX, RELEVANT_DIMENSIONS, Layer

MOST_VECTORS = 5_000_000
"""Of pairs of vectors on X and Y; beyond, nothing is proven."""

Vectors = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def imperfect_bound(space: MapSpace, costs: Costs, goal: Goal) -> float:
    """No valid mapping, with factors that divide or not, has a smaller objective.

    Returns:
        pJ x cycles, pJ or cycles; 0 where the mesh holds more than ``MOST_VECTORS`` vectors.
    """
    vectors = _spatial_vectors(space)
    if vectors is None:
        return 0.0
    layer = space.layer
    sizes = np.array([*layer.sizes.values()], dtype=np.int64)
    cycles = np.prod(-(-sizes // vectors), axis=1).astype(np.float64)
    with_inputs_once, with_inputs_held = (
        _least_energy(space, costs, vectors, "Weights", coincide=held)
        + _least_energy(space, costs, vectors, "Inputs", coincide=held)
        for held in (False, True)
    )
    energy = np.minimum(with_inputs_once, with_inputs_held)
    energy += _least_energy(space, costs, vectors, "Outputs")
    energy += layer.macs * costs.mac_pj(layer, space.architecture)
    return float(np.min(goal.value(energy, cycles))) * (1.0 - 1e-9)


def _spatial_vectors(space: MapSpace) -> Vectors | None:
    """Products of the spatial factors of each dimension over all levels, V x 8."""
    sizes, mac = [*space.layer.sizes.values()], space.architecture.mac
    on_x, on_y = (
        _on_axis(sizes, np.any(space.allowed[:, axis], axis=0), instances)
        for axis, instances in ((SPATIAL_X, mac.mesh_x), (SPATIAL_Y, mac.mesh_y))
    )
    if len(on_x) * len(on_y) > MOST_VECTORS:
        return None
    one_level = sum(math.prod(f) > 1 for f in _fanouts(space)) <= 1
    found = []
    for vector in on_y:
        apart = ~((on_x > 1) & (vector > 1)).any(axis=1)
        chosen = on_x[apart] if space.dataflow.single_axis and one_level else on_x
        found.append(chosen * vector)
    return np.unique(np.minimum(np.concatenate(found), sizes), axis=0)


def _on_axis(sizes: list[int], allowed: npt.NDArray[np.bool_], instances: int) -> Vectors:
    vectors: list[tuple[tuple[int, ...], int]] = [((), 1)]
    for size, may in zip(sizes, allowed, strict=True):
        vectors = [
            ((*vector, factor), product * factor)
            for vector, product in vectors
            for factor in range(1, (min(size, instances // product) if may else 1) + 1)
        ]
    return np.array([vector for vector, _ in vectors], dtype=np.int64)


def _fanouts(space: MapSpace) -> list[tuple[int, int]]:
    return [space.architecture.fanout(level) for level in range(space.architecture.depth)]


def _least_energy(
    space: MapSpace, costs: Costs, vectors: Vectors, data_space: str, *, coincide: bool = False
) -> Floats:
    """The least that a data space costs on each vector, whichever levels keep it (pJ).

    Args:
        coincide: whether moves along the two dimensions of an axis of Inputs may cancel out while
            the innermost loop is over K or the filter: Inputs then come in less often than once,
            and some level delivers Weights ``repeats`` times.
    """
    layer = space.layer
    words = _distinct_words(layer, data_space)
    whole = np.full(len(vectors), float(words))
    if data_space == "Inputs":
        whole[:] = _fetched_inputs(layer, coincide)
    least = np.full(len(vectors), np.inf)
    for kept in _chains(space, data_space):
        prices = [_word_pj(space, costs, level, data_space) for level in kept]
        taken, copies = _for_the_macs(space, vectors, kept[-1], data_space)
        contents = [*([whole] * (len(kept) - 1)), taken]
        if data_space == "Outputs":
            energy = sum((c * p[2] for c, p in zip(contents, prices, strict=True)), 0.0 * taken)
            energy = energy + np.maximum(0.0, taken - words * copies) * prices[-1][0]
        else:
            energy = sum((c * p[0] for c, p in zip(contents, prices, strict=True)), 0.0 * taken)
            energy = energy + whole * sum(price[1] for price in prices[1:])
        if coincide and data_space == "Weights":
            often = words * _repeats(layer, vectors)
            extra = [
                np.maximum(0.0, often - c) * p[0] for c, p in zip(contents, prices, strict=True)
            ]
            energy = energy + np.min(extra, axis=0)
        least = np.minimum(least, energy)
    return least


def _chains(space: MapSpace, data_space: str) -> Iterator[tuple[int, ...]]:
    """The levels that may keep a data space together, outermost first."""
    levels = space.architecture.levels
    may = [i for i, level in enumerate(levels) if i and data_space in level.keeps]
    for chosen in itertools.product((False, True), repeat=len(may)):
        yield (0, *itertools.compress(may, chosen))


def _word_pj(space: MapSpace, costs: Costs, index: int, name: str) -> tuple[float, float, float]:
    """What it costs at least to read, fill and update an element (pJ)."""
    level, price = space.architecture.levels[index], costs.storage[index]
    blocks = (space.layer.bits[name] or level.word_bits) / (level.word_bits * level.block_size)
    return price.read_pj * blocks, price.fill_pj * blocks, price.update_pj * blocks


def _for_the_macs(
    space: MapSpace, vectors: Vectors, level: int, data_space: str
) -> tuple[Floats, Floats]:
    """Elements that the MACs take from a level, and how many instances have the same, at most."""
    fanouts = _fanouts(space)
    shares = any(math.prod(f) > 1 for f in fanouts[level:])
    spread = any(math.prod(f) > 1 for f in fanouts[:level])
    own = {d: vectors[:, i] for d, i in DIMENSION_INDEX.items()}
    taken, copies = np.ones(len(vectors)), np.ones(len(vectors))
    for dim, size in space.layer.sizes.items():
        if dim in RELEVANT_DIMENSIONS[data_space]:
            taken *= size
        else:
            taken *= -(-size // own[dim]) if shares else size
            copies *= own[dim] if spread else 1
    if data_space == "Inputs" and shares:
        taken /= np.minimum(own["P"], own["R"]) * np.minimum(own["Q"], own["S"])
    return taken, copies


def _distinct_words(layer: Layer, data_space: str) -> int:
    if data_space == "Inputs":
        return math.prod((layer.N, layer.G, layer.C, *_input_axes(layer)))
    return math.prod(layer.sizes[dim] for dim in RELEVANT_DIMENSIONS[data_space])


def _input_axes(layer: Layer) -> tuple[int, int]:
    """Different elements along the width and the height."""
    return _positions(layer.P, layer.stride_w, layer.R, layer.dilation_w), _positions(
        layer.Q, layer.stride_h, layer.S, layer.dilation_h
    )


def _positions(outputs: int, stride: int, taps: int, dilation: int) -> int:
    reached = np.arange(outputs)[:, None] * stride + np.arange(taps) * dilation
    return len(np.unique(reached))


def _fetched_inputs(layer: Layer, coincide: bool) -> int:
    """Elements of Inputs that a level receives at least; see ``_least_energy``."""
    if layer.is_padded:
        return 0
    width, height = _input_axes(layer)
    least = width * height
    if layer.P > 1 and layer.R > 1:
        least = min(least, (1 if coincide else min(width, 2 * layer.P)) * height)
    if layer.Q > 1 and layer.S > 1:
        least = min(least, width * (1 if coincide else min(height, 2 * layer.Q)))
    return layer.N * layer.G * layer.C * least


def _repeats(layer: Layer, vectors: Vectors) -> Floats:
    """How often Weights are delivered at least where moves of Inputs cancel out."""
    often = np.full(len(vectors), np.inf)
    for out, stride, taps, dilation in (
        ("P", layer.stride_w, layer.R, layer.dilation_w),
        ("Q", layer.stride_h, layer.S, layer.dilation_h),
    ):
        size = layer.sizes[out]
        if size > 1 and taps > 1:
            step = 3 * (taps - 1) * dilation // stride  # steps of a loop over ``out``, at most
            covered = np.maximum(1, step) * vectors[:, DIMENSION_INDEX[out]]
            often = np.minimum(often, np.ceil(size / covered))
    return np.where(np.isfinite(often), often, 1.0)
