"""Imperfect factors against step-by-step execution, and against the perfect rules."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import replace
from random import Random

import golden as cases
import pytest
from executor import Runner, execute, volume
from random_nests import (
    padded_layer,
    random_costs,
    random_imperfect_mapping,
    random_layer,
    random_machine,
    random_mapping,
)

from bohwsw.arch import Architecture, MacArray, StorageLevel
from bohwsw.errors import SpecError
from bohwsw.mapping.nest import LevelNest, Mapping, check_factors, trimmed
from bohwsw.simulator.costs import Costs
from bohwsw.simulator.evaluation import Evaluation
from bohwsw.simulator.imperfect import simulate_imperfect
from bohwsw.simulator.reference import simulate, storage_energy_pj
from bohwsw.tech.technology import StorageCost
from bohwsw.workload import DATA_SPACES, Layer

SIZES = (1, 2, 3, 4, 5, 6, 7, 11)
EVERYTHING = frozenset(DATA_SPACES)


def totals(
    layer: Layer, machine: Architecture, mapping: Mapping
) -> list[dict[str, tuple[int, ...]]]:
    """Words (read, filled, updated) of all instances, from energies where one action costs 1 pJ."""
    words = replace(machine, levels=tuple(replace(x, block_size=1) for x in machine.levels))
    results = []
    for action in range(3):
        price = StorageCost(*(float(action == k) for k in range(3)), None)
        costs = Costs((price,) * machine.depth, (0.0,) * machine.depth, 0.0)
        results.append(simulate_imperfect(layer, words, mapping, costs).levels)
    return [
        {
            x: tuple(int(level.data_spaces[x].energy_pj) for level in same)
            for x in same[0].data_spaces
        }
        for same in zip(*results, strict=True)
    ]


def assert_as_perfect(imperfect: Evaluation, perfect: Evaluation) -> None:
    assert imperfect.valid
    assert imperfect.latency_cycles == perfect.latency_cycles
    assert imperfect.utilisation == perfect.utilisation
    assert imperfect.energy_pj == pytest.approx(perfect.energy_pj, rel=1e-12)
    for got, expected in zip(imperfect.levels, perfect.levels, strict=True):
        assert got.data_spaces == expected.data_spaces
        assert (got.instances, got.latency_cycles) == (expected.instances, expected.latency_cycles)
        assert got.network_energy_pj == pytest.approx(expected.network_energy_pj, rel=1e-12)


@pytest.mark.parametrize("name", ["golden_small", "golden_hier_small"])
def test_perfect_factors_of_golden_cases(name: str) -> None:
    for case, _ in cases.golden(name):
        inputs = (case.layer, case.architecture, case.mapping, case.costs)
        result = simulate_imperfect(*inputs)
        assert_as_perfect(result, simulate(*inputs))
        for level, words in zip(result.levels, totals(*inputs[:3]), strict=True):
            for space, counts in level.data_spaces.items():
                one = (counts.reads, counts.fills, counts.updates)
                assert words[space] == tuple(level.instances * count for count in one)


def test_perfect_factors_of_random_nests() -> None:
    for seed in range(60):
        rng = Random(seed)
        layer = (padded_layer if seed % 3 == 0 else random_layer)(rng, most_macs=2000)
        mapping = random_mapping(rng, layer, rng.randint(1, 5), most_children=24)
        machine = random_machine(rng, layer, [mapping])
        costs = random_costs(rng, machine.depth)
        assert_as_perfect(
            simulate_imperfect(layer, machine, mapping, costs),
            simulate(layer, machine, mapping, costs),
        )


@pytest.mark.parametrize("depth", range(1, 5))
def test_counts_equal_the_executor(depth: int) -> None:
    truly_imperfect = 0
    for seed in range(90):
        rng = Random(1000 * depth + seed)
        layer = random_layer(rng, most_macs=96, sizes=SIZES)
        mapping = random_imperfect_mapping(rng, layer, depth)
        machine = random_machine(rng, layer, [mapping])
        costs = random_costs(rng, depth)
        result = simulate_imperfect(layer, machine, mapping, costs)
        words = totals(layer, machine, mapping)
        run = execute(layer, mapping, "advance")
        truly_imperfect += mapping.factor_products() != layer.sizes
        assert run.executed == run.distinct == layer.macs
        assert result.mac_energy_pj == layer.macs * costs.mac_energy_pj
        assert result.latency_cycles is not None
        assert result.latency_cycles >= run.cycles
        for index, level in enumerate(result.levels):
            for space, counts in level.data_spaces.items():
                what = (seed, level.name, space)
                counted = run.accesses[index, space]
                origin = counted[next(iter(counted))]
                assert (counts.reads, counts.fills, counts.updates) == origin, what
                sums = tuple(sum(column) for column in zip(*counted.values(), strict=True))
                assert words[index][space] == sums, what
                parts = [
                    storage_energy_pj(machine.levels[index], costs.storage[index], *each)
                    for each in counted.values()
                ]
                assert counts.energy_pj == pytest.approx(sum(parts), rel=1e-12), what
    assert truly_imperfect > 40


def test_cycles_are_those_of_the_steps_that_execute_anything() -> None:
    for seed in range(60):
        rng = Random(seed)
        layer = random_layer(rng, most_macs=96, sizes=SIZES)
        mapping = random_imperfect_mapping(rng, layer, 2)
        unlimited = Architecture(
            "wide",
            (StorageLevel("DRAM"), StorageLevel("RF", mesh_x=64, mesh_y=64)),
            MacArray(mesh_x=512, mesh_y=512),
        )
        free = Costs((StorageCost(0.0, 0.0, 0.0, None),) * 2, (0.0, 0.0), 1.0)
        result = simulate_imperfect(layer, unlimited, mapping, free)
        assert result.latency_cycles == execute(layer, mapping, "advance").cycles


def network_energy(runner: Runner, machine: Architecture, costs: Costs, level: int) -> float:
    """Every delivery to every group of children at every step, wire by wire."""
    block, fanout = runner.mapping.levels[level], machine.fanout(level)
    if not block.spatial:
        return 0.0
    columns, rows = max(fanout[0], block.fanout_x), max(fanout[1], block.fanout_y)
    width, middle, hops = len(runner.spatial[level]), (rows - 1) / 2, 0.0
    numbers = {
        digits: number
        for number, digits in enumerate(dict.fromkeys(s[width:] for s in runner.spots[level + 1]))
    }
    for space in DATA_SPACES:
        groups: dict[object, list[tuple[int, int]]] = defaultdict(list)
        words: dict[object, int] = {}
        for spot in runner.spots[level + 1]:
            for time, (tile, held) in runner.fetches(space, level + 1, spot).items():
                key = (spot[:width], time, tile, held)
                number = numbers[spot[width:]]
                groups[key].append((number % columns, number // columns))
                words[key] = volume(tile[0]) - volume(held)
        for key, places in groups.items():
            length = float(max(x for x, _ in places))
            for column in {x for x, _ in places}:
                reached = [y for x, y in places if x == column]
                length += max(0, middle - min(reached)) + max(0, max(reached) - middle)
            hops += words[key] * length
    return hops * costs.hop_energy_pj[level]


def test_network_energy_equals_wire_by_wire() -> None:
    compared = 0
    for seed in range(150):
        rng = Random(seed)
        layer = random_layer(rng, most_macs=96, sizes=SIZES)
        mapping = trimmed(layer, random_imperfect_mapping(rng, layer, 3))
        machine = random_machine(rng, layer, [mapping])
        costs = random_costs(rng, 3)
        runner = Runner(layer, mapping, "advance")
        for index, level in enumerate(simulate_imperfect(layer, machine, mapping, costs).levels):
            expected = network_energy(runner, machine, costs, index)
            assert level.network_energy_pj == pytest.approx(expected, rel=1e-9), (seed, index)
            compared += expected > 0
    assert compared > 25


def test_sixty_four_over_twelve_rows() -> None:
    """The example that the semantics start from: six rounds, of which the last has four rows."""
    layer = Layer("rows", K=64, C=10)
    mapping = Mapping(
        (
            LevelNest(temporal=(("K", 6),), spatial_y=(("K", 12),)),
            LevelNest(temporal=(("C", 10),), keep=EVERYTHING),
        )
    )
    machine = Architecture(
        "rows", (StorageLevel("DRAM"), StorageLevel("RF", mesh_y=12)), MacArray(mesh_y=12)
    )
    prices = Costs((StorageCost(1.0, 1.0, 1.0, None),) * 2, (0.0, 0.0), 1.0)
    with pytest.raises(SpecError, match="do not multiply"):
        simulate(layer, machine, mapping, prices)
    result = simulate_imperfect(layer, machine, mapping, prices)
    assert result.latency_cycles == 6 * 10
    assert result.mac_energy_pj == 640
    assert result.utilisation == 640 / (60 * 12)
    dram, rows = totals(layer, machine, mapping)
    assert dram["Weights"] == (640, 0, 0)  # each weight once, not 12 x 6 x 10
    assert dram["Inputs"] == (10, 0, 0)  # they stay; one read serves all rows
    assert dram["Outputs"] == (0, 0, 64)
    assert rows["Inputs"] == (640, 10 * 12, 0)
    assert rows["Weights"] == (640, 640, 0)  # rows without work fetch nothing
    assert rows["Outputs"][2] == 640
    first = result.levels[1].data_spaces["Weights"]
    assert (first.reads, first.fills) == (60, 60)  # the busiest row, in all six rounds


def test_a_machine_too_small_is_told_in_clipped_tiles() -> None:
    layer = Layer("short", K=7)
    mapping = Mapping((LevelNest(), LevelNest(temporal=(("K", 8),), keep=frozenset({"Outputs"}))))
    machine = Architecture(
        "small", (StorageLevel("DRAM"), StorageLevel("RF", entries=6)), MacArray()
    )
    prices = Costs((StorageCost(1.0, 1.0, 1.0, None),) * 2, (0.0, 0.0), 1.0)
    (broken,) = simulate_imperfect(layer, machine, mapping, prices).violations
    assert (broken.constraint, broken.value, broken.limit) == ("capacity", 7, 6)
    with pytest.raises(SpecError, match="do not reach"):
        simulate_imperfect(Layer("long", K=9), machine, mapping, prices)


def test_trimming_leaves_the_executed_steps_as_they_are() -> None:
    changed = 0
    for seed in range(80):
        rng = Random(seed)
        layer = random_layer(rng, most_macs=48, sizes=SIZES)
        loose = random_imperfect_mapping(rng, layer, 2)
        dim = rng.choice("KCPQRS")
        extra = LevelNest(temporal=((dim, 3),), spatial_x=((rng.choice("KCPQ"), 2),))
        mapping = Mapping((extra, *loose.levels))
        short = trimmed(layer, mapping)
        changed += short != mapping
        one, other = (execute(layer, nest, "advance") for nest in (mapping, short))
        assert (one.cycles, one.executed) == (other.cycles, other.executed)
        for key, counted in one.accesses.items():
            busy = sorted(counts for counts in counted.values() if any(counts))
            assert busy == sorted(c for c in other.accesses[key].values() if any(c))
        for name, product in short.factor_products().items():
            outermost = next(
                (f for level in range(3) for d, f in short.loops(level) if d == name and f > 1), 1
            )
            assert (outermost - 1) * product // outermost < layer.sizes[name] <= product
    assert changed == 80


def test_trimming_keeps_perfect_mappings() -> None:
    rng = Random(1)
    layer = random_layer(rng, most_macs=200)
    mapping = random_mapping(rng, layer, 3)
    assert trimmed(layer, mapping) is mapping
    check_factors(layer, mapping)
    assert math.prod(mapping.factor_products().values()) == layer.macs
