"""A lower bound over all mappings with imperfect factors: ``docs/mapper.md`` has the proof.

Each vector of spatial factors that the mesh holds has a least cost for each data space, by the
levels that keep it: reads for the MACs as the vector shares them, everything once at each level
between, Inputs as often as a tile that fits its level and the vector make it come. What the
outermost level delivers is bounded jointly (``outer_costs``), bandwidth at the level after it.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bohwsw.mapper.goal import Goal
from bohwsw.mapper.skeletons import (
    FURTHER,
    NEXT,
    NOWHERE,
    input_axes,
    least_inputs,
    outer_costs,
)
from bohwsw.mapping import SPATIAL_X, SPATIAL_Y, MapSpace
from bohwsw.simulator import Costs
from bohwsw.workload import DATA_SPACES, DIMENSION_INDEX, RELEVANT_DIMENSIONS, Layer

UNSPREAD = np.ones((1, 2), dtype=np.int64)

MOST_VECTORS = 5_000_000
"""Of pairs of vectors on X and Y; beyond, nothing is proven."""

AT_ONCE = 2_000
"""Vectors looked at together, those that may be least first."""

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
    layer, machine = space.layer, space.architecture
    sizes = np.array([*layer.sizes.values()], dtype=np.int64)
    compute = np.prod(-(-sizes // vectors), axis=1).astype(np.float64)
    fixed = layer.macs * costs.mac_pj(layer, machine)
    prices = {name: _element_pj(space, costs, 0, name)[::2] for name in DATA_SPACES}
    outer = outer_costs(layer, machine, prices)
    kinds = [_kept(space, costs, vectors, name) for name in DATA_SPACES]
    low = np.full(len(vectors), fixed)  # each data space by itself
    for place, parts in enumerate(kinds):
        states = np.full((len(parts), 3), NOWHERE)
        states[:, place] = [part.state for part in parts]
        alone = zip(parts, states.tolist(), strict=True)
        low += np.min([part.energy_pj + outer[tuple(at)] for part, at in alone], axis=0)
    low = goal.value(low, compute)
    order, least = np.argsort(low), math.inf
    for rows in np.split(order, range(AT_ONCE, len(order), AT_ONCE)):
        if low[rows[0]] >= least:
            break
        for kept in itertools.product(*kinds):
            energy = np.full(len(rows), outer[tuple(part.state for part in kept)] + fixed)
            energy += sum(part.energy_pj[rows] for part in kept)
            cycles = compute[rows]
            for ports in zip(*(part.cycles for part in kept), strict=True):
                cycles = np.maximum(cycles, sum(port[rows] for port in ports))
            least = min(least, float(np.min(goal.value(energy, cycles))))
    return least * (1.0 - 1e-9)


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
    every = np.minimum(np.concatenate(found), sizes)
    most = every.max(axis=0) + 1
    if math.prod(most.tolist()) >= 2**63:
        return np.unique(every, axis=0)
    numbers = np.unique(np.ravel_multi_index(tuple(every.T), tuple(most)))
    return np.stack(np.unravel_index(numbers, tuple(most)), axis=1)


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


@dataclass
class _Kept:
    """The least that a data space asks for inside the outermost level, on each vector.

    Attributes:
        state: where it is kept: ``NOWHERE``, ``NEXT`` or ``FURTHER``.
        energy_pj: with what the outermost level delivers only where it is kept nowhere.
        cycles: that reading and writing at the level inside the outermost take.
    """

    state: int
    energy_pj: Floats
    cycles: tuple[Floats, Floats]


def _kept(space: MapSpace, costs: Costs, vectors: Vectors, name: str) -> list[_Kept]:
    """By where a data space is kept, and whether the level inside the outermost serves the MACs."""
    kinds: dict[tuple[int, bool], _Kept] = {}
    for levels in _chains(space, name):
        found = _least_of_chain(space, costs, vectors, name, levels)
        kind = found.state, levels[-1] == 1
        if kind in kinds:
            other = kinds[kind]
            found.energy_pj = np.minimum(found.energy_pj, other.energy_pj)
            found.cycles = (
                np.minimum(found.cycles[0], other.cycles[0]),
                np.minimum(found.cycles[1], other.cycles[1]),
            )
        kinds[kind] = found
    return list(kinds.values())


def _least_of_chain(
    space: MapSpace, costs: Costs, vectors: Vectors, name: str, kept: tuple[int, ...]
) -> _Kept:
    """Where just these levels keep a data space, the outermost first."""
    layer = space.layer
    prices = [_element_pj(space, costs, level, name) for level in kept]
    taken, copies = _for_the_macs(space, vectors, kept[-1], name)
    if name == "Inputs" and not layer.is_padded:
        words = least_inputs(layer)
        received = [_received(space, vectors, *pair) for pair in itertools.pairwise(kept)]
    else:
        words = 0.0 if name == "Inputs" else float(_distinct_words(layer, name))
        received = [np.full(len(vectors), words) for _ in kept[1:]]
    delivered = [*received, taken]
    read, written = [*delivered], [np.zeros(len(vectors)), *received]
    if name == "Outputs":
        read, written = [0.0 * taken for _ in kept], delivered
        read[-1] = np.maximum(0.0, taken - words * copies)
    way = 2 if name == "Outputs" else 1
    first = len(kept) > 1  # what the outermost level delivers is not counted here
    energy = 0.0 * taken
    for place in range(first, len(kept)):
        energy += read[place] * prices[place][0] + written[place] * prices[place][way]
    state = NOWHERE if len(kept) == 1 else NEXT if kept[1] == 1 else FURTHER
    if state == FURTHER and name == "Inputs":
        energy += (received[0] - words) * prices[0][0]
    none = 0.0 * taken
    cycles = (read[1], written[1]) if state == NEXT else (none, none)
    return _Kept(state, energy, _port_cycles(space, name, cycles))


def _port_cycles(space: MapSpace, name: str, moved: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
    """Cycles that the level inside the outermost takes to read and to write, if there is one."""
    levels = space.architecture.levels
    if len(levels) == 1 or levels[1].mesh_x * levels[1].mesh_y > 1:
        return 0.0 * moved[0], 0.0 * moved[1]
    words = (space.layer.bits[name] or levels[1].word_bits) / levels[1].word_bits
    reading, writing = levels[1].read_words_per_cycle, levels[1].write_words_per_cycle
    return moved[0] * words / (reading or math.inf), moved[1] * words / (writing or math.inf)


def _received(space: MapSpace, vectors: Vectors, server: int, child: int) -> Floats:
    """Elements of Inputs that a level delivers at least to the next one that keeps them.

    The tile fits the child. Children side by side get what they share once.
    """
    layer, level = space.layer, space.architecture.levels[child]
    fanned = [i for i, f in enumerate(_fanouts(space)) if math.prod(f) > 1]
    spread = [i for i in fanned if server <= i < child]
    if spread and fanned != [child - 1]:
        return np.full(len(vectors), float(least_inputs(layer)))
    bits = layer.bits["Inputs"] or level.word_bits
    axes = input_axes(layer)
    widest = [axis.width for axis in axes]
    capacity = math.prod(widest)
    if level.entries is not None:
        capacity = min(capacity, level.entries * level.word_bits // bits)
    tables, places = [], []
    for axis, wide, dims in zip(axes, widest, ("PR", "QS"), strict=True):
        own = vectors[:, [DIMENSION_INDEX[d] for d in dims]] if spread else UNSPREAD
        pairs, place = np.unique(own, axis=0, return_inverse=True)
        by_width = [axis.by_width((int(a), int(b)), min(wide, capacity)) for a, b in pairs]
        tables.append(np.array(by_width))  # pairs x 2 x widths
        places.append(place.ravel())
    least = np.full(len(vectors), np.inf)
    for width in range(tables[0].shape[2]):
        height = min(capacity // (width + 1), tables[1].shape[2]) - 1
        w, h = tables[0][places[0], :, width], tables[1][places[1], :, height]
        least = np.minimum(least, np.minimum(w[:, 0] * h[:, 1], w[:, 1] * h[:, 0]))
    return layer.N * layer.G * layer.C * least


def _chains(space: MapSpace, data_space: str) -> Iterator[tuple[int, ...]]:
    """The levels that may keep a data space together, outermost first."""
    levels = space.architecture.levels
    may = [i for i, level in enumerate(levels) if i and data_space in level.keeps]
    for chosen in itertools.product((False, True), repeat=len(may)):
        yield (0, *itertools.compress(may, chosen))


def _element_pj(space: MapSpace, costs: Costs, index: int, name: str) -> tuple[float, float, float]:
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
    return math.prod(layer.sizes[dim] for dim in RELEVANT_DIMENSIONS[data_space])
