"""A mapping of another tool in our terms, and what it costs under our counting rules.

Both tools let each data space have its own tile in a memory ("uneven" mappings), while a level of
ours has one set of loops for all that it keeps. The same machine can be written so that ours covers
theirs: every memory is split into one level for each data space that it stores, ordered by where
the tile stands in the loop nest, with the memory's prices. Capacity and bandwidth, which the parts
of a memory share, are then counted together here. Levels that keep nothing take loops over a
dimension that stands twice between two tiles.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from benchmarks.mapper_peers.problem import PeerProblem
from bohwsw.arch import StorageLevel
from bohwsw.mapping.nest import LevelNest, Loop, Mapping, trimmed
from bohwsw.mapping.tiles import tiles_of
from bohwsw.simulator.evaluation import DataSpaceResult, Evaluation
from bohwsw.simulator.imperfect import simulate_imperfect
from bohwsw.simulator.imperfect_counts import Nest
from bohwsw.simulator.reference import level_cycles, simulate


@dataclass(frozen=True)
class Translated:
    """What a peer's mapping costs by our rules.

    Attributes:
        edp_pj_cycles: None if the mapping cannot be run on the machine.
        utilisation: multiply-accumulates over cycles times units.
        notes: what is special about it.
    """

    edp_pj_cycles: float | None
    utilisation: float | None
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Store:
    """A tile: its memory's position in the machine, the data space, and the loops outside it."""

    memory: int
    space: str
    outside: int


def evaluate(problem: PeerProblem, nest: dict[str, Any]) -> Translated:
    """Run a peer's loop nest on our simulator.

    Args:
        problem: layer, machine and prices.
        nest: ``temporal`` loops, outermost first; ``spatial_x`` and ``spatial_y`` loops;
            ``stores``, (memory, data space, number of temporal loops outside its tile).
    """
    notes: list[str] = []
    stores = _ordered(problem, nest, notes)
    levels, blocks, memories = _split(problem, nest, stores)
    mapping = Mapping(tuple(blocks))
    costs = replace(
        problem.costs,
        storage=tuple(problem.costs.storage[memory] for memory in memories),
        hop_energy_pj=tuple(problem.costs.hop_energy_pj[memory] for memory in memories),
    )
    machine = replace(problem.architecture, levels=tuple(levels))
    perfect = mapping.factor_products() == problem.layer.sizes
    run = simulate if perfect else simulate_imperfect
    evaluation = run(problem.layer, machine, mapping, costs)
    if not perfect:
        notes.append("imperfect factors")
    if not evaluation.valid:
        return Translated(None, None, (*notes, *(str(broken) for broken in evaluation.violations)))
    over = _over_capacity(problem, mapping, memories, perfect)
    if over:
        return Translated(None, None, (*notes, *over))
    cycles = _cycles(problem, mapping, memories, evaluation)
    if _uneven(stores):
        notes.append("uneven tiles in a shared memory")
    energy = evaluation.energy_pj or 0.0
    utilisation = problem.layer.macs / (cycles * problem.architecture.macs)
    return Translated(energy * cycles, utilisation, tuple(notes))


def _ordered(problem: PeerProblem, nest: dict[str, Any], notes: list[str]) -> list[_Store]:
    """Tiles below DRAM from the outside in; those in a PE stand inside all shared ones."""
    names = [level.name for level in problem.architecture.levels]
    stores = [
        _Store(names.index(n), s, outside) for n, s, outside in nest["stores"] if n != names[0]
    ]
    shared = [s for s in stores if problem.architecture.levels[s.memory].instances == 1]
    own = [s for s in stores if s not in shared]
    deepest = max((store.outside for store in shared), default=0)
    if any(store.outside < deepest for store in own):
        notes.append("a scratchpad's tile, kept while a shared memory is refilled, cut to fit")
    own = [replace(store, outside=max(store.outside, deepest)) for store in own]
    return [
        *sorted(shared, key=lambda s: (s.outside, s.memory)),
        *sorted(own, key=lambda s: (s.outside, s.memory)),
    ]


def _split(
    problem: PeerProblem, nest: dict[str, Any], stores: list[_Store]
) -> tuple[list[StorageLevel], list[LevelNest], list[int]]:
    """A level and a block of loops for each tile, and the memory that each level is part of."""
    real = problem.architecture.levels
    ends = [store.outside for store in stores] + [len(nest["temporal"])]
    levels, blocks, memories = [real[0]], [LevelNest()], [0]

    def add_loops(loops: list[Loop]) -> None:
        for dim, factor in loops:
            block = blocks[-1]
            if block.temporal and block.temporal[-1][0] == dim:
                merged = (dim, block.temporal[-1][1] * factor)
                blocks[-1] = replace(block, temporal=(*block.temporal[:-1], merged))
                continue
            if any(dim == other for other, _ in block.temporal):
                levels.append(replace(levels[-1], name=f"{levels[0].name}+{len(levels)}"))
                blocks.append(LevelNest(keep=frozenset()))
                memories.append(memories[-1])
            blocks[-1] = replace(blocks[-1], temporal=(*blocks[-1].temporal, (dim, factor)))

    loops: list[Loop] = [(dim, factor) for dim, factor in nest["temporal"]]
    add_loops(loops[: ends[0]])
    fanned = False
    for store, (start, end) in zip(stores, pairwise(ends), strict=True):
        if real[store.memory].instances > 1 and not fanned:
            blocks[-1], fanned = _with_fanout(blocks[-1], nest), True
        levels.append(replace(real[store.memory], name=f"{real[store.memory].name} {store.space}"))
        blocks.append(LevelNest(keep=frozenset({store.space})))
        memories.append(store.memory)
        add_loops(loops[start:end])
    if not fanned:
        blocks[-1] = _with_fanout(blocks[-1], nest)
    return levels, blocks, memories


def _with_fanout(block: LevelNest, nest: dict[str, Any]) -> LevelNest:
    x, y = (tuple((dim, n) for dim, n in nest[axis]) for axis in ("spatial_x", "spatial_y"))
    return replace(block, spatial_x=x, spatial_y=y)


def _over_capacity(
    problem: PeerProblem, mapping: Mapping, memories: list[int], perfect: bool
) -> list[str]:
    """Memories whose tiles together are too large."""
    tiles = tiles_of(problem.layer, mapping, clipped=not perfect)
    words = [0] * len(problem.architecture.levels)
    for memory, block, sizes in zip(memories, mapping.levels, tiles.words, strict=False):
        words[memory] += sum(sizes[space] for space in block.keep)
    return [
        f"{level.name} holds {count} of {level.entries} words"
        for level, count in zip(problem.architecture.levels, words, strict=True)
        if level.entries is not None and count > level.entries
    ]


def _cycles(
    problem: PeerProblem, mapping: Mapping, memories: list[int], evaluation: Evaluation
) -> int:
    """Latency with the traffic of a memory's parts through its common ports (rule B.9)."""
    parts: dict[int, dict[str, DataSpaceResult]] = {}
    for memory, level in zip(memories, evaluation.levels, strict=True):
        parts.setdefault(memory, {}).update(level.data_spaces)
    compute = Nest(problem.layer, trimmed(problem.layer, mapping)).compute_cycles()
    real = problem.architecture.levels
    return max(
        compute, *(level_cycles(problem.layer, real[m], part, compute) for m, part in parts.items())
    )


def _uneven(stores: list[_Store]) -> bool:
    """Whether two data spaces have different loops outside their tiles in one memory."""
    places: dict[int, set[int]] = {}
    for store in stores:
        places.setdefault(store.memory, set()).add(store.outside)
    return any(len(found) > 1 for found in places.values())
