"""The bound with imperfect factors is below every mapping: brute force through the simulator."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from benchmarks.mapper.problem import reference_problems
from bohwsw.arch import Architecture
from bohwsw.mapper.goal import Goal
from bohwsw.mapper.imperfect_bound import MOST_VECTORS, imperfect_bound
from bohwsw.mapper.skeletons import Objective
from bohwsw.mapping.dataflow import Dataflow
from bohwsw.mapping.mapspace import MapSpace
from bohwsw.mapping.nest import LevelNest, Mapping
from bohwsw.simulator import Costs, simulate_imperfect
from bohwsw.tech import StorageCost
from bohwsw.testing.small_map_spaces import KINDS, costs, machine
from bohwsw.workload import DATA_SPACES, Layer

RESULTS = Path(__file__).parents[2] / "benchmarks" / "results"
Slots = list[tuple[int, str]]


def split(size: int, slots: Slots) -> Iterator[dict[tuple[int, str], int]]:
    """Every way to split a dimension over slots, innermost first, each loop rounded up."""
    if not slots:
        if size == 1:
            yield {}
        return
    for factor in range(1, size + 1):
        for rest in split(-(-size // factor), slots[1:]):
            yield {slots[0]: factor, **rest}


def choices(layer: Layer, chip: Architecture, slots: Slots) -> list[list[Any]]:
    """What a mapping chooses: a split of each dimension, the loops' order, what is kept."""
    splits = [list(split(size, slots)) for size in layer.sizes.values()]
    orders = [list(itertools.permutations(d for d, n in layer.sizes.items() if n > 1))] * chip.depth
    subsets = [frozenset(c) for n in range(4) for c in itertools.combinations(DATA_SPACES, n)]
    keeps = [[k for k in subsets if k <= level.keeps] for level in chip.levels[1:]]
    return [*splits, *orders, [frozenset(DATA_SPACES)], *keeps]


def mapping_of(layer: Layer, depth: int, chosen: Sequence[Any]) -> Mapping:
    """The loops of what ``choices`` has been chosen."""
    splits = dict(zip(layer.sizes, chosen, strict=False))
    orders, keeps = chosen[len(splits) : len(splits) + depth], chosen[len(splits) + depth :]

    def loops(level: int, kind: str) -> tuple[tuple[str, int], ...]:
        own = [(dim, splits[dim].get((level, kind), 1)) for dim in orders[level]]
        return tuple((dim, factor) for dim, factor in own if factor > 1)

    return Mapping(
        tuple(
            LevelNest(loops(i, KINDS[0]), loops(i, KINDS[1]), loops(i, KINDS[2]), keep=keeps[i])
            for i in range(depth)
        )
    )


def prices(rng: Random) -> Costs:
    """Where some actions cost nothing, the others must be bounded without their help."""

    def price() -> float:
        return rng.choice((0.0, 1.0, 7.0, 100.0))

    storage = tuple(StorageCost(price(), price(), price(), None) for _ in range(3))
    return Costs(storage, (0.0,) * 3, rng.choice((0.0, 1.0)))


def case(rng: Random, dims: str, most: int) -> tuple[Layer, Architecture, Slots]:
    """Small dimensions on a few children."""
    sizes: dict[str, Any] = {d: rng.randint(2, most) for d in dims}
    strides: dict[str, Any] = {
        "stride_w": rng.choice((1, 1, 2)),
        "dilation_w": rng.choice((1, 1, 2)),
        "stride_h": rng.choice((1, 3)),
    }
    chip = machine(rng.choice((6, 20, 100)), rng.choice((2, 5, 30)), (rng.randint(1, 4), 2))
    port = {f"{way}_words_per_cycle": rng.choice((None, 0.5, 2.0)) for way in ("read", "write")}
    levels = tuple(replace(level, **port) for level in chip.levels)
    chip = replace(chip, levels=levels)
    slots = [(2, "temporal"), (1, "spatial_x"), (1, "spatial_y"), (1, "temporal"), (0, "temporal")]
    layer = Layer("tiny", **sizes, **strides)
    if rng.random() < 0.2:
        layer = replace(layer, input_width=rng.randint(1, layer.reach[0]))
    return layer, chip, slots


def least_and_bound(
    layer: Layer,
    chip: Architecture,
    charged: Costs,
    mappings: Iterable[Mapping],
    goal: Goal,
    *,
    single_axis: bool,
) -> tuple[float, float]:
    """The least objective of some mappings, and the bound over the map space that they are in."""
    space = MapSpace(layer, chip, Dataflow(single_axis=single_axis))
    inside = (m for m in mappings if not (single_axis and on_both_axes(m)))
    reached = (goal.of(simulate_imperfect(layer, chip, m, charged)) for m in inside)
    return min(reached), imperfect_bound(space, charged, goal)


def on_both_axes(mapping: Mapping) -> bool:
    """Whether a level unrolls a dimension on both axes."""
    return any({d for d, _ in b.spatial_x} & {d for d, _ in b.spatial_y} for b in mapping.levels)


@pytest.mark.parametrize(("seed", "dims"), [(0, "PR"), (1, "KP"), (5, "PR")])
def test_no_mapping_at_all_is_below_the_bound(seed: int, dims: str) -> None:
    rng = Random(seed)
    layer, chip, slots = case(rng, dims, 2)
    every = itertools.product(*choices(layer, chip, slots))
    mappings = {mapping_of(layer, chip.depth, chosen) for chosen in every}
    assert len(mappings) > 500
    least, bound = least_and_bound(
        layer, chip, prices(rng), mappings, Goal("energy"), single_axis=True
    )
    assert bound <= least


@pytest.mark.parametrize("seed", range(20))
def test_no_mapping_of_many_is_below_the_bound(seed: int) -> None:
    rng = Random(seed)
    dims = rng.choice(("PR", "PRK", "QSC", "PQR", "KCR", "PRS", "NPR", "PRG"))
    layer, chip, slots = case(rng, dims, 6)
    ways = choices(layer, chip, slots)
    drawn = (mapping_of(layer, chip.depth, [rng.choice(w) for w in ways]) for _ in range(300))
    goals: tuple[Objective, ...] = ("edp", "energy", "latency")
    goal = Goal(goals[seed % 3])
    least, bound = least_and_bound(layer, chip, prices(rng), drawn, goal, single_axis=seed % 4 > 0)
    assert bound <= least


def test_it_is_reached_where_nothing_but_rounds_count() -> None:
    layer = Layer("uneven", K=9, C=3)
    space = MapSpace(layer, machine(glb=200, spad=12, mesh=(5, 1)))
    assert imperfect_bound(space, costs(3), Goal("latency")) == pytest.approx(6)


def test_too_many_vectors_are_not_looked_at() -> None:
    layer = Layer("large", K=512, C=512, P=64, Q=64, R=7, S=7)
    space = MapSpace(layer, machine(glb=None, spad=None, mesh=(128, 128)))
    assert MOST_VECTORS < 10**8
    assert imperfect_bound(space, costs(3), Goal()) == 0.0


def test_the_layers_of_the_table_are_proven_within_five_percent() -> None:
    page = json.loads((RESULTS / "mapper.imperfect.json").read_text(encoding="utf-8"))
    found = {row["layer"]: row["edp_pj_cycles"] for row in page["rows"]}
    gaps = [
        found[p.layer] / imperfect_bound(p.space, p.costs, Goal()) - 1.0
        for p in reference_problems()
    ]
    assert min(gaps) >= 0.0
    assert max(gaps) <= 0.05
