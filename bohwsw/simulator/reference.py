"""The scalar simulator: one mapping on one machine, written as the counting rules read.

The rules are those of Timeloop 3.0.3 (NVlabs/timeloop, tag v3.0.3; Parashar et al., "Timeloop: A
Systematic Approach to DNN Accelerator Evaluation", ISPASS 2019), link transfers off. Numbers in
comments (B.1 to B.11) are those of ``docs/counting-rules.md``. ``simulator.batch`` computes the
same for many mappings at once; a test holds the two together.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from bohwsw.arch import Architecture, StorageLevel
from bohwsw.mapping import LevelNest, Mapping, Tiles, level_units, tiles_of, violations
from bohwsw.simulator.costs import Costs
from bohwsw.simulator.delivery import Step, distinct_offsets, words_delivered
from bohwsw.simulator.evaluation import DataSpaceResult, Evaluation, LevelResult
from bohwsw.simulator.noc import total_hops
from bohwsw.tech import StorageCost
from bohwsw.workload import DATA_SPACES, Layer, axis_coefficients, tensor_widths, tile_widths


def simulate(
    layer: Layer, architecture: Architecture, mapping: Mapping, costs: Costs
) -> Evaluation:
    """Validity, traffic, cycles and energy of one mapping.

    Args:
        mapping: one block of loops for each of its levels.
        costs: energy per access, as ``costs_of`` gives it for a technology.

    Returns:
        The evaluation; an invalid mapping has violations instead of numbers.

    Raises:
        SpecError: the mapping is not one of this layer on this machine (depth, factors).
    """
    tiles = tiles_of(layer, mapping)
    broken = violations(layer, architecture, mapping, tiles)
    if broken:
        return Evaluation(violations=broken)
    compute = mapping.compute_cycles
    loops = _temporal_loops(mapping, tiles)
    counts = {space: _count(layer, mapping, tiles, loops, space, compute) for space in DATA_SPACES}
    instances = 1
    levels = []
    for index, (level, block) in enumerate(zip(architecture.levels, mapping.levels, strict=True)):
        results = {}
        for space in DATA_SPACES:
            if space in block.keep:
                accesses = counts[space].accesses[index]
                energy = storage_energy_pj(
                    level, costs.storage[index], *accesses, layer.bits[space]
                )
                results[space] = DataSpaceResult(*accesses, energy_pj=instances * energy)
        network = 0.0
        hop_energy = costs.hop_energy_pj[index]
        if hop_energy and block.spatial:  # B.10
            inner, fanout = tiles.extents[index + 1], architecture.fanout(index)
            word, units = level_units(layer, level.word_bits)
            for space in DATA_SPACES:
                hops = total_hops(layer, space, block, inner, fanout)
                moved = counts[space].delivered[index] * units[space]
                network += instances * (hop_energy / word) * moved * hops
        cycles = level_cycles(layer, level, results, compute)
        levels.append(LevelResult(level.name, instances, cycles, results, network))
        instances *= block.fanout_x * block.fanout_y
    return evaluation_of(layer, architecture, costs, levels, compute)


def evaluation_of(
    layer: Layer,
    architecture: Architecture,
    costs: Costs,
    levels: list[LevelResult],
    compute_cycles: int,
) -> Evaluation:
    """The evaluation that the results of all levels add up to."""
    latency = max(compute_cycles, *(result.latency_cycles for result in levels))
    mac_energy = layer.macs * costs.mac_pj(layer, architecture)
    return Evaluation(
        latency_cycles=latency,
        energy_pj=sum([r.energy_pj + r.network_energy_pj for r in levels]) + mac_energy,
        mac_energy_pj=mac_energy,
        utilisation=layer.macs / (latency * architecture.macs),
        levels=tuple(levels),
    )


def storage_energy_pj(
    level: StorageLevel,
    price: StorageCost,
    reads: int,
    fills: int,
    updates: int,
    bits: int | None = None,
) -> float:
    """Energy of one instance for so many elements of so many bits, a word's if absent.

    Elements are packed perfectly into blocks, the last one part full.
    """
    size = level.word_bits * level.block_size
    bits = bits or level.word_bits
    return (
        -(-reads * bits // size) * price.read_pj
        + -(-fills * bits // size) * price.fill_pj
        + -(-updates * bits // size) * price.update_pj
    )


class Port(NamedTuple):
    """The read or the write side of one instance of a level, in units a cycle (``limits``)."""

    demand: float
    limit: float

    @property
    def speed(self) -> float:
        """The share of the speed of the MACs that it lets through; at most 1."""
        return self.limit / self.demand if self.demand > self.limit else 1.0


def ports(
    layer: Layer, level: StorageLevel, results: dict[str, DataSpaceResult], compute: int
) -> tuple[Port, Port]:
    """What a run at the speed of the MACs asks of a level (read, write), and what it has (B.9)."""
    word, units = level_units(layer, level.word_bits)
    reads = writes = 0.0
    for space, result in results.items():
        reads += result.reads * units[space] / compute
        writes += (result.fills + result.updates) * units[space] / compute
    read_limit = level.read_words_per_cycle or math.inf
    write_limit = level.write_words_per_cycle or math.inf
    return Port(reads, read_limit * word), Port(writes, write_limit * word)


def level_cycles(
    layer: Layer, level: StorageLevel, results: dict[str, DataSpaceResult], compute: int
) -> int:
    """Cycles if this level alone limits the run (B.9), in the same doubles as Timeloop."""
    return math.ceil(compute / min(port.speed for port in ports(layer, level, results, compute)))


class _Loop(NamedTuple):
    """A temporal loop: its level, dimension, bound, and how far it steps along the dimension."""

    level: int
    dim: str
    bound: int
    step: int


class _Counts(NamedTuple):
    """Traffic of one data space."""

    accesses: list[tuple[int, int, int]]  # (reads, fills, updates) per instance of each level
    delivered: list[int]  # words that one child of each level receives


def _temporal_loops(mapping: Mapping, tiles: Tiles) -> list[_Loop]:
    """The loops in time that run more than once, outermost first."""
    return [
        _Loop(level, dim, bound, tiles.child_extents[level][dim])
        for level, block in enumerate(mapping.levels)
        for dim, bound in block.temporal
        if bound > 1
    ]


def _count(
    layer: Layer, mapping: Mapping, tiles: Tiles, loops: list[_Loop], space: str, compute: int
) -> _Counts:
    """Reads, fills and updates per instance of each level (B.3 to B.8)."""
    blocks, depth = mapping.levels, len(mapping.levels)

    # B.3: words that one child receives in the whole run; the MAC takes a word every cycle.
    delivered = _delivered(layer, tiles, loops, space, depth)
    delivered.append(compute)

    # B.4: children with different data; B.7: what a bypassed level would have served goes out.
    groups = [
        _groups(layer, space, block, tiles.extents[index + 1]) if block.spatial else 1
        for index, block in enumerate(blocks)
    ]
    content = [words * distinct for words, distinct in zip(delivered, groups, strict=True)]
    for index in range(depth - 1, 0, -1):
        if space not in blocks[index].keep:
            content[index - 1] = content[index] * groups[index - 1]

    if space != "Outputs":  # B.5 and B.8
        shares = [0, *delivered[:-1]]
        return _Counts([(c, share, 0) for c, share in zip(content, shares, strict=True)], delivered)

    # B.6: distinct elements that one instance ever touches. A partial sum that arrives for the
    # first time is neither read before it is written nor fetched from outside (B.8).
    partition = tiles.words[0][space]
    accesses = [(content[0] - partition, 0, content[0])]
    for index in range(1, depth):
        if blocks[index - 1].spatial:
            union = tiles.union_words[index - 1][space]
            partition = partition * tiles.words[index][space] // union
        fills = delivered[index - 1] - partition
        accesses.append((content[index] - partition, fills, content[index]))
    return _Counts(accesses, delivered)


def _delivered(layer: Layer, tiles: Tiles, loops: list[_Loop], space: str, depth: int) -> list[int]:
    """Words that one child of each level but the innermost receives (B.3)."""
    axes = axis_coefficients(layer, space)
    steps = [
        Step(loop.bound, tuple([axis.get(loop.dim, 0) * loop.step for axis in axes]))
        for loop in loops
    ]
    extents = tensor_widths(layer, space)
    delivered = []
    end = 0
    for index in range(depth - 1):
        while end < len(loops) and loops[end].level == index:
            end += 1
        widths = tile_widths(layer, space, tiles.extents[index + 1])
        delivered.append(words_delivered(widths, steps[:end], extents))
    return delivered


def _groups(layer: Layer, space: str, block: LevelNest, inner: dict[str, int]) -> int:
    """Children of one instance that hold different data (B.4)."""
    counts: dict[str, int] = {}
    for dim, factor in block.spatial:
        counts[dim] = counts.get(dim, 1) * factor
    groups = 1
    for axis in axis_coefficients(layer, space):
        moving = [(counts[d], c * inner[d]) for d, c in axis.items() if d in counts]
        groups *= distinct_offsets(moving)
    return groups
