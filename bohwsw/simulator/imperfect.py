"""The simulator for imperfect factors: rounds of which the last is only partly filled.

A dimension of 64 over 12 rows runs in 6 rounds, the last of 4 rows; its factors multiply to 72.
Timeloop 3 writes such loops with a residual bound; Horeni et al., "Ruby: Improving Hardware
Efficiency for Tensor Algebra Accelerators Through Imperfect Factorization", ISPASS 2022, show what
they are good for. The exact semantics are in ``docs/counting-rules.md``, and a test walks them step
by step. With perfect factors the result is that of ``reference.simulate``.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from itertools import product

from bohwsw.arch import Architecture
from bohwsw.mapping import Mapping, level_units, trimmed, violations
from bohwsw.simulator.costs import Costs
from bohwsw.simulator.evaluation import DataSpaceResult, Evaluation, LevelResult
from bohwsw.simulator.imperfect_counts import Axis, Measure, Nest, Place, Remainders
from bohwsw.simulator.noc import hops_of_groups
from bohwsw.simulator.reference import evaluation_of, level_cycles, storage_energy_pj
from bohwsw.workload import DATA_SPACES, Layer


def simulate_imperfect(
    layer: Layer, architecture: Architecture, mapping: Mapping, costs: Costs
) -> Evaluation:
    """``simulate`` for a mapping whose factors multiply to at least the layer's sizes.

    Instances may differ: ``reads``, ``fills`` and ``updates`` of a level are those of its busiest
    instance, the one at the origin, which also sets the pace; energies are those of all instances,
    each as busy as it is. The cost grows with the number of loops and of instances, not with
    that of steps in time.

    Raises:
        SpecError: another depth than the machine's, a bypass of the outermost level, or factors
            that do not reach the layer's sizes.
    """
    broken = violations(layer, architecture, mapping, imperfect=True)
    if broken:
        return Evaluation(violations=broken)
    mapping = trimmed(layer, mapping)
    nest = Nest(layer, mapping)
    compute = nest.compute_cycles()
    levels = []
    for index, (level, block) in enumerate(zip(architecture.levels, mapping.levels, strict=True)):
        results = {}
        for space in DATA_SPACES:
            if space in block.keep:
                accesses = _accesses(nest, space, index)
                price, bits = costs.storage[index], layer.bits[space]
                energy = sum(
                    often * storage_energy_pj(level, price, *counts, bits)
                    for counts, often in accesses.items()
                )
                results[space] = DataSpaceResult(*next(iter(accesses)), energy_pj=energy)
        network, hop_energy = 0.0, costs.hop_energy_pj[index]
        if hop_energy and block.spatial:
            word, units = level_units(layer, level.word_bits)
            hops = sum(_word_hops(nest, architecture, index, s) * units[s] for s in DATA_SPACES)
            network = hop_energy / word * hops
        cycles = level_cycles(layer, level, results, compute)
        levels.append(LevelResult(level.name, nest.instances(index), cycles, results, network))
    return evaluation_of(layer, architecture, costs, levels, compute)


def _accesses(nest: Nest, space: str, level: int) -> Counter[tuple[int, int, int]]:
    """(reads, fills, updates) of the instances of a level, and how many instances have them.

    The first entry is that of the instance at the origin.
    """
    source = level  # the level whose children's traffic arrives here (rule B.7)
    while source + 1 < nest.depth and space not in nest.mapping.levels[source + 1].keep:
        source += 1
    served = nest.delivery(space, source + 1, level)
    received = nest.delivery(space, level, level)
    touched = Measure(level, level, once=True)
    accesses: Counter[tuple[int, int, int]] = Counter()
    measures = [measure for way in (*served, *received) for measure in way]
    for sums, often in _instances(nest, space, level, [*measures, touched]):
        left = iter(sums)
        content, share = (
            min(next(left) - sum(next(left) for _ in way[1:]) for way in ways)
            for ways in (served, received)
        )
        share = share if level else 0
        if space == "Outputs":
            fills = share - sums[-1] if level else 0
            accesses[content - sums[-1], fills, content] += often
        else:
            accesses[content, share, 0] += often
    return accesses


def _instances(
    nest: Nest, space: str, level: int, measures: list[Measure]
) -> Iterator[tuple[list[int], int]]:
    """The measures of the instances of a level, equal instances together with their number."""
    profiles: list[Counter[tuple[int, ...]]] = []
    for axis in nest.axes(space):
        sites = nest.sites(axis, level)
        profiles.append(
            Counter(
                tuple(nest.total(axis, measure, site) for measure in measures) for site in sites
            )
        )
    for choice in product(*(profile.items() for profile in profiles)):
        sums = [math.prod(values) for values in zip(*(values for values, _ in choice), strict=True)]
        yield sums, math.prod(often for _, often in choice)


def _word_hops(nest: Nest, architecture: Architecture, level: int, space: str) -> float:
    """Words times hops below all instances of a level, in the whole run (rule B.10)."""
    ways = [
        [_measured_hops(nest, architecture, level, space, measure) for measure in way]
        for way in nest.delivery(space, level + 1, level)
    ]
    return min(first - sum(others) for first, *others in ways)


def _measured_hops(
    nest: Nest, architecture: Architecture, level: int, space: str, measure: Measure
) -> float:
    """The share of one measure: sum over groups of what is measured times the group's hops."""
    block, fanout = nest.mapping.levels[level], architecture.fanout(level)
    columns, rows = max(fanout[0], block.fanout_x), max(fanout[1], block.fanout_y)
    spread, factor = [], 1  # axes along which the children differ, and what the others contribute
    for axis in nest.axes(space):
        if any((level, dim) in nest.spatial for dim in axis.coefficients):
            spread.append(axis)
        else:
            factor *= nest.total(axis, measure, None)
    places = _child_places(nest, level)
    total = 0.0
    arrivals = [nest.remainders(axis, measure, None, before=level).items() for axis in spread]
    for choice in product(*arrivals):
        rests = [rest for rest, _ in choice]
        children = [_child(nest, level, measure, spread, rests, place) for place in places]
        active = [(number, child) for number, child in enumerate(children) if child is not None]
        words = {group: width for _, (group, width) in active}
        hops = hops_of_groups(
            [group for _, (group, _) in active], [number for number, _ in active], columns, rows
        )
        often = math.prod(count for _, count in choice)
        total += often * sum(words[group] * hops[group] for group in hops)
    return factor * total


def _child_places(nest: Nest, level: int) -> list[dict[Place, int]]:
    """Position of each child along each dimension, children in order of their number."""
    block = nest.mapping.levels[level]
    places = []
    for digits in product(*(range(factor) for _, factor in block.spatial)):
        place = {(level, dim): 0 for dim, _ in block.spatial}
        for (dim, factor), digit in zip(block.spatial, digits, strict=True):
            place[level, dim] = place[level, dim] * factor + digit
        places.append(place)
    return places


def _child(
    nest: Nest,
    level: int,
    measure: Measure,
    spread: list[Axis],
    rests: list[Remainders],
    place: dict[Place, int],
) -> tuple[tuple[object, ...], int] | None:
    """The group of a child and what is measured along the spread axes; None if it has no work."""
    group: list[object] = []
    words = 1
    for axis, rest in zip(spread, rests, strict=True):
        inside, offset = [], 0
        for (dim, coefficient), remaining in zip(axis.coefficients.items(), rest, strict=True):
            step = nest.extents[level + 1][dim]
            start = place.get((level, dim), 0) * step
            if start >= remaining:
                return None
            inside.append(min(step, remaining - start))
            offset += coefficient * start
        if axis.moves:
            group.append((offset, *inside))
        words *= nest.width(axis, measure, tuple(inside))
    return tuple(group), words
