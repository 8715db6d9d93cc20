"""Small map spaces, and all their mappings by brute force, straight from the words of the rules."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from random import Random

from bohwsw.arch import Architecture, MacArray, StorageLevel
from bohwsw.errors import SpecError
from bohwsw.mapping import FREE, Dataflow, LevelDataflow, LevelNest, Mapping, MapSpace, violations
from bohwsw.simulator import Costs
from bohwsw.tech import StorageCost
from bohwsw.workload import DATA_SPACES, DIMENSIONS, RELEVANT_DIMENSIONS, Layer

KINDS = ("temporal", "spatial_x", "spatial_y")
Place = tuple[int, str]


def machine(
    glb: int | None = 12, spad: int | None = 5, mesh: tuple[int, int] = (2, 2)
) -> Architecture:
    """DRAM, a global buffer with fan-out below it, a scratchpad that cannot hold Outputs."""
    levels = (
        StorageLevel("DRAM", kind="dram"),
        StorageLevel("GLB", entries=glb),
        StorageLevel(
            "Spad",
            entries=spad,
            mesh_x=mesh[0],
            mesh_y=mesh[1],
            keeps=frozenset({"Weights", "Inputs"}),
        ),
    )
    return Architecture("small", levels, MacArray(16, *mesh))


def costs(depth: int, hop_energy_pj: float = 0.0) -> Costs:
    """Prices that fall by ten from level to level."""
    storage = tuple(StorageCost(p, p, p, None) for p in (200.0 / 10**i for i in range(depth)))
    return Costs(storage, (hop_energy_pj,) * depth, 1.0)


def random_dataflow(rng: Random, names: list[str]) -> Dataflow:
    """Some restrictions at some levels; a map space of it may turn out to be contradictory."""

    def some(likely: float, of: tuple[str, ...]) -> frozenset[str]:
        return frozenset(x for x in of if rng.random() < likely)

    def maybe(likely: float) -> frozenset[str] | None:
        return some(0.7, DIMENSIONS) if rng.random() < likely else None

    levels = {
        name: LevelDataflow(
            temporal=maybe(0.3),
            spatial_x=maybe(0.3),
            spatial_y=maybe(0.3),
            whole=some(0.2, DIMENSIONS),
            keep=some(0.3, DATA_SPACES),
            bypass=some(0.15, DATA_SPACES) if name != "DRAM" else frozenset(),
            stationary=rng.choice((None, *DATA_SPACES)),
        )
        for name in names
        if rng.random() < 0.7
    }
    return Dataflow(levels, single_axis=rng.random() < 0.7)


def random_space(rng: Random, layer: Layer, architecture: Architecture | None = None) -> MapSpace:
    """A map space with random restrictions that do not contradict themselves."""
    while True:
        try:
            dataflow = random_dataflow(rng, ["DRAM", "GLB", "Spad"])
            return MapSpace(layer, architecture or machine(), dataflow)
        except SpecError:
            continue


def places(space: MapSpace, dim: str) -> list[Place]:
    """Where a dimension may have a factor, read off the dataflow."""
    if dim == space.layer.sequential:
        return [(0, "temporal")]
    found: list[Place] = []
    innermost_whole = 0
    for index, level in enumerate(space.architecture.levels):
        rule = space.dataflow.levels.get(level.name, LevelDataflow())
        if dim in rule.whole:
            innermost_whole = index
        fan_out = dict(zip(KINDS, (2, *space.architecture.fanout(index)), strict=True))
        for kind in KINDS:
            barred = getattr(rule, kind) is not None and dim not in getattr(rule, kind)
            if fan_out[kind] > 1 and not barred:
                found.append((index, kind))
    return [place for place in found if place[0] >= innermost_whole]


def products(size: int, count: int) -> Iterator[tuple[int, ...]]:
    """All ways to write a number as a product of so many."""
    if count == 0:
        if size == 1:
            yield ()
        return
    for factor in range(1, size + 1):
        if size % factor == 0:
            for others in products(size // factor, count - 1):
                yield factor, *others


def splits(space: MapSpace, dim: str) -> list[dict[Place, int]]:
    """All ways to split a dimension over its places."""
    where = places(space, dim)
    ways = []
    for factors in products(space.layer.sizes[dim], len(where)):
        used = {place: f for place, f in zip(where, factors, strict=True) if f > 1}
        crossed = any(
            (level, "spatial_x") in used and (level, "spatial_y") in used for level, _ in used
        )
        if not (crossed and space.dataflow.single_axis):
            ways.append(used)
    return ways


def keeps(space: MapSpace) -> Iterator[tuple[frozenset[str], ...]]:
    """All choices of what the levels keep."""
    options = []
    for index, level in enumerate(space.architecture.levels):
        rule = space.dataflow.levels.get(level.name, LevelDataflow())
        must = rule.keep if index else frozenset(DATA_SPACES)
        free = [s for s in DATA_SPACES if s in level.keeps - rule.bypass - must]
        options.append(
            [
                must | set(chosen)
                for n in range(len(free) + 1)
                for chosen in itertools.combinations(free, n)
            ]
        )
    return itertools.product(*options)


def factorisations(space: MapSpace) -> Iterator[dict[str, dict[Place, int]]]:
    """All ways to split all dimensions."""
    dims = [dim for dim in DIMENSIONS if space.layer.sizes[dim] > 1]
    for chosen in itertools.product(*(splits(space, dim) for dim in dims)):
        yield dict(zip(dims, chosen, strict=True))


def stays_put(space: MapSpace, level: int, kind: str, loops: Sequence[tuple[str, int]]) -> bool:
    """Whether no loop that moves the level's stationary data space is inside one that does not."""
    name = space.architecture.levels[level].name
    stationary = space.dataflow.levels.get(name, LevelDataflow()).stationary
    if kind != "temporal" or stationary is None:
        return True
    free = [dim for dim, _ in loops if dim != space.layer.sequential]
    moves = [dim in RELEVANT_DIMENSIONS[stationary] for dim in free]
    return moves == sorted(moves, reverse=True)


def nests(
    space: MapSpace, split: dict[str, dict[Place, int]]
) -> Iterator[list[dict[str, tuple[tuple[str, int], ...]]]]:
    """All orders of the loops of one factorisation that the dataflow allows."""
    slots = [(level, kind) for level in range(space.architecture.depth) for kind in KINDS]
    loops = [
        [(dim, where[slot]) for dim, where in split.items() if slot in where] for slot in slots
    ]
    orders = [
        [order for order in itertools.permutations(line) if stays_put(space, *slot, order)]
        for slot, line in zip(slots, loops, strict=True)
    ]
    for ordered in itertools.product(*orders):
        yield [
            dict(zip(KINDS, ordered[3 * level : 3 * level + 3], strict=True))
            for level in range(space.architecture.depth)
        ]


def valid_mappings(space: MapSpace) -> set[Mapping]:
    """All valid mappings of a map space, orders included."""
    found = set()
    for split in factorisations(space):
        for blocks in nests(space, split):
            for kept in keeps(space):
                levels = tuple(
                    LevelNest(**block, keep=frozenset(keep))
                    for block, keep in zip(blocks, kept, strict=True)
                )
                mapping = Mapping(levels)
                if not violations(space.layer, space.architecture, mapping):
                    found.add(mapping)
    return found


def tiny_space(dataflow: Dataflow = FREE, layer: Layer | None = None) -> MapSpace:
    """Some thousand valid mappings; a part of the space is invalid."""
    return MapSpace(layer or Layer("tiny", K=4, P=3, R=2), machine(), dataflow)
