"""The scalar simulator: one mapping on one machine, written as the counting rules read.

The rules are those of Timeloop 3.0.3 (NVlabs/timeloop, tag v3.0.3; Parashar et al., "Timeloop: A
Systematic Approach to DNN Accelerator Evaluation", ISPASS 2019), link transfers off. Numbers in
comments (B.1 to B.11) are those of ``docs/counting-rules.md``. ``simulator.batch`` computes the
same for many mappings at once; a test holds the two together.
"""

from __future__ import annotations

import math

from bohwsw.arch import Architecture
from bohwsw.mapping.nest import LevelNest, Mapping
from bohwsw.mapping.tiles import Tiles, tiles_of
from bohwsw.mapping.validity import violations
from bohwsw.simulator.costs import Costs
from bohwsw.simulator.delivery import Step, distinct_offsets, words_delivered
from bohwsw.simulator.evaluation import DataSpaceResult, Evaluation, LevelResult
from bohwsw.simulator.network import total_hops
from bohwsw.workload import DATA_SPACES, Layer, axis_coefficients, box_widths


def simulate(
    layer: Layer, architecture: Architecture, mapping: Mapping, costs: Costs
) -> Evaluation:
    """Validity, traffic, cycles and energy of one mapping.

    Args:
        layer: the work.
        architecture: the machine, of any depth.
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
    counts = {
        space: _count(layer, architecture, mapping, tiles, space) for space in DATA_SPACES
    }
    compute = mapping.compute_cycles
    instances = 1
    levels = []
    for index, (level, block) in enumerate(zip(architecture.levels, mapping.levels, strict=True)):
        results, hop_energy = {}, costs.hop_energy_pj[index]
        for space in DATA_SPACES:
            if space in block.keep:
                reads, fills, updates = counts[space].accesses[index]
                price, block_size = costs.storage[index], level.block_size
                energy = (
                    math.ceil(reads / block_size) * price.read_pj
                    + math.ceil(fills / block_size) * price.fill_pj
                    + math.ceil(updates / block_size) * price.update_pj
                )
                results[space] = DataSpaceResult(reads, fills, updates, instances * energy)
        network = 0.0
        if hop_energy:  # B.10
            inner = tiles.extents[index + 1]
            for space in DATA_SPACES:
                hops = total_hops(layer, space, block, inner, architecture.fanout(index))
                network += instances * hop_energy * counts[space].delivered[index] * hops
        cycles = _level_cycles(
            results, compute, level.read_words_per_cycle, level.write_words_per_cycle
        )
        levels.append(LevelResult(level.name, instances, cycles, results, network))
        instances *= block.fanout_x * block.fanout_y
    latency = max(compute, *(result.latency_cycles for result in levels))
    mac_energy = layer.macs * costs.mac_energy_pj
    return Evaluation(
        latency_cycles=latency,
        energy_pj=sum(r.energy_pj + r.network_energy_pj for r in levels) + mac_energy,
        mac_energy_pj=mac_energy,
        utilisation=layer.macs / (latency * architecture.macs),
        levels=tuple(levels),
    )


class _Counts:
    """Traffic of one data space: accesses per level, words delivered below each level."""

    def __init__(self, accesses: list[tuple[int, int, int]], delivered: list[int]) -> None:
        self.accesses = accesses
        self.delivered = delivered


def _count(
    layer: Layer, architecture: Architecture, mapping: Mapping, tiles: Tiles, space: str
) -> _Counts:
    """Reads, fills and updates per instance of each level (B.3 to B.8)."""
    depth = architecture.depth
    blocks = mapping.levels
    axes = axis_coefficients(layer, space)

    # B.3: words that one child receives in the whole run; the MAC takes a word every cycle.
    steps: list[Step] = []
    delivered: list[int] = []
    for index, block in enumerate(blocks):
        extents = dict(tiles.child_extents[index])
        for dim, bound in block.temporal:
            if bound > 1:
                shift = tuple(axis.get(dim, 0) * extents[dim] for axis in axes)
                steps.append(Step(bound, shift))
        if index < depth - 1:
            widths = box_widths(layer, space, tiles.extents[index + 1])
            delivered.append(words_delivered(widths, steps))
    delivered.append(mapping.compute_cycles)

    # B.4: children with different data; B.7: what a bypassed level would have served goes out.
    groups = [
        _groups(axes, block, tiles.extents[index + 1]) for index, block in enumerate(blocks)
    ]
    content = [words * distinct for words, distinct in zip(delivered, groups, strict=True)]
    for index in range(depth - 1, 0, -1):
        if space not in blocks[index].keep:
            content[index - 1] = content[index] * groups[index - 1]

    # B.6: distinct elements that one instance ever touches.
    partition = [tiles.words[0][space]]
    for index in range(1, depth):
        above = blocks[index - 1]
        union = tiles.union_words[index - 1] if above.spatial else tiles.words[index]
        partition.append(partition[-1] * tiles.words[index][space] // union[space])

    # B.5 and B.8: a partial sum that arrives for the first time is not read before it is written.
    accesses = []
    for index in range(depth):
        share = delivered[index - 1] if index else 0
        if space == "Outputs":
            fills = share - partition[index] if index else 0
            accesses.append((content[index] - partition[index], fills, content[index]))
        else:
            accesses.append((content[index], share, 0))
    return _Counts(accesses, delivered)


def _groups(axes: tuple[dict[str, int], ...], block: LevelNest, inner: dict[str, int]) -> int:
    """Children of one instance that hold different data (B.4)."""
    counts: dict[str, int] = {}
    for dim, factor in block.spatial:
        counts[dim] = counts.get(dim, 1) * factor
    return math.prod(
        distinct_offsets([(counts.get(d, 1), c * inner[d]) for d, c in axis.items()])
        for axis in axes
    )


def _level_cycles(
    results: dict[str, DataSpaceResult],
    compute: int,
    read_bandwidth: float | None,
    write_bandwidth: float | None,
) -> int:
    """Cycles if this level alone limits the run (B.9), in the same doubles as Timeloop."""
    reads = writes = 0.0
    for result in results.values():
        reads += result.reads / compute
        writes += (result.fills + result.updates) / compute
    speed = 1.0
    if read_bandwidth is not None and reads > read_bandwidth:
        speed = min(speed, read_bandwidth / reads)
    if write_bandwidth is not None and writes > write_bandwidth:
        speed = min(speed, write_bandwidth / writes)
    return math.ceil(compute / speed)
