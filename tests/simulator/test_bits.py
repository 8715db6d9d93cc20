"""Bits of layers: capacity, traffic, bandwidth and energy, by hand on one level each."""

from __future__ import annotations

import math
from dataclasses import replace
from random import Random

import numpy as np
import pytest
from random_nests import random_costs, random_layer, random_machine, random_mapping

from bohwsw.arch import Architecture, MacArray, StorageLevel
from bohwsw.errors import SpecError
from bohwsw.mapping.batch import batch_of
from bohwsw.mapping.mapspace import MapSpace
from bohwsw.mapping.nest import LevelNest, Mapping
from bohwsw.mapping.sampling import fitting, sample, space_arrays
from bohwsw.mapping.validity import Violation, violations
from bohwsw.simulator.batch import hardware_batch, simulate_batch
from bohwsw.simulator.costs import Costs, costs_of
from bohwsw.simulator.imperfect import simulate_imperfect
from bohwsw.simulator.reference import simulate
from bohwsw.tech.catalogue import technology, technology_names
from bohwsw.tech.technology import MacCost, StorageCost
from bohwsw.workload import BITS, Layer

DOT = Layer("dot", C=10)
"""Ten products: 10 Weights and 10 Inputs are read, one Output is written ten times, read nine."""


def flat(word_bits: int = 16, block_size: int = 1, **other: float | None) -> Architecture:
    dram = StorageLevel("DRAM", kind="dram", word_bits=word_bits, block_size=block_size, **other)  # type: ignore[arg-type]
    return Architecture("flat", (dram,), MacArray(16))


PRICES = Costs((StorageCost(1.0, 1.0, 100.0, None),), (0.0,), 1000.0)
IN_TIME = Mapping((LevelNest(temporal=(("C", 10),)),))


@pytest.mark.parametrize(
    ("bits", "word_bits", "block_size", "reads", "updates"),
    [
        # blocks = ceil(count x bits / (word_bits x block_size)), counts 10, 10, 9 and 10
        (4, 16, 1, 3 + 3 + 3, 3),
        (8, 16, 1, 5 + 5 + 5, 5),
        (16, 16, 1, 10 + 10 + 9, 10),
        (4, 16, 4, 1 + 1 + 1, 1),
        (8, 16, 4, 2 + 2 + 2, 2),
        (16, 16, 4, 3 + 3 + 3, 3),
        (16, 8, 1, 20 + 20 + 18, 20),
        (4, 6, 1, 7 + 7 + 6, 7),
    ],
)
def test_blocks_by_hand(
    bits: int, word_bits: int, block_size: int, reads: int, updates: int
) -> None:
    layer = replace(DOT, weights_bits=bits, inputs_bits=bits, outputs_bits=bits)
    machine = flat(word_bits, block_size)
    result = simulate(layer, machine, IN_TIME, PRICES)
    storage = sum(x.energy_pj for x in result.levels[0].data_spaces.values())
    assert storage == reads + 100 * updates
    assert result.mac_energy_pj == 10 * 1000.0 * (bits / 16) ** 2
    assert result.latency_cycles == 10
    assert simulate_imperfect(layer, machine, IN_TIME, PRICES).energy_pj == result.energy_pj
    batch = simulate_batch(layer, hardware_batch([(machine, PRICES)]), batch_of([IN_TIME]))
    assert batch.energy_pj[0] == pytest.approx(result.energy_pj, rel=1e-14)


@pytest.mark.parametrize(("bits", "cycles"), [(4, 10), (8, 15), (16, 29), (None, 29)])
def test_bandwidth_is_bits_a_cycle(bits: int | None, cycles: int) -> None:
    """29 values are read through a port of one 16-bit word a cycle; ten MACs take ten cycles."""
    layer = replace(DOT, weights_bits=bits, inputs_bits=bits, outputs_bits=bits)
    machine = flat(read_words_per_cycle=1.0)
    assert simulate(layer, machine, IN_TIME, PRICES).latency_cycles == cycles
    batch = simulate_batch(layer, hardware_batch([(machine, PRICES)]), batch_of([IN_TIME]))
    assert batch.latency_cycles.tolist() == [cycles]


@pytest.mark.parametrize(("bits", "fits"), [(4, True), (8, True), (9, False), (16, False)])
def test_capacity_is_bits(bits: int, fits: bool) -> None:
    """Ten Weights in a buffer of five 16-bit words."""
    layer = replace(DOT, weights_bits=bits)
    buffer = StorageLevel("buffer", entries=5)
    machine = replace(flat(), levels=(*flat().levels, buffer))
    inside = LevelNest(temporal=(("C", 10),), keep=frozenset({"Weights"}))
    mapping = Mapping((LevelNest(), inside))
    broken = violations(layer, machine, mapping)
    assert broken == (
        () if fits else (Violation("capacity_bits", "buffer", "Weights", 10 * bits, 5 * 16),)
    )
    arrays = space_arrays(MapSpace(layer, machine))
    assert fitting(arrays, batch_of([mapping])).tolist() == [fits]


def test_what_is_wider_than_a_word_takes_several() -> None:
    layer = replace(DOT, outputs_bits=32)
    result = simulate(layer, flat(), IN_TIME, PRICES).levels[0].data_spaces["Outputs"]
    assert result.energy_pj == 18 * 1.0 + 20 * 100.0


def test_an_operand_wider_than_the_mac_is_refused() -> None:
    layer = replace(DOT, inputs_bits=24)
    broken = simulate(layer, flat(), IN_TIME, PRICES).violations
    assert broken == (Violation("operand_bits", "MAC", "Inputs", 24, 16),)
    assert "24 of at most 16 bits" in str(broken[0])
    batch = simulate_batch(layer, hardware_batch([(flat(), PRICES)]), batch_of([IN_TIME]))
    assert batch.worst_ratio.tolist() == [1.5]


@pytest.mark.parametrize("name", technology_names())
def test_energy_of_a_mac_follows_the_technology(name: str) -> None:
    """Equal operands as the technology prices them; others by product and sum of the widths."""
    tech = technology(name)
    costs = costs_of(flat(), tech)
    for bits in (4, 8, 16):
        layer = replace(DOT, weights_bits=bits, inputs_bits=bits)
        assert costs.mac_pj(layer, flat()) == pytest.approx(tech.mac(bits).energy_pj, rel=1e-12)
    mixed = costs.mac_pj(replace(DOT, weights_bits=4, inputs_bits=8), flat())
    assert tech.mac(4).energy_pj < mixed < tech.mac(8).energy_pj
    assert costs.mac_pj(replace(DOT, weights_bits=16), flat()) == costs.mac_energy_pj


def test_the_linear_part_is_a_part() -> None:
    assert MacCost(2.0, None).linear_pj == 0.0
    assert costs_of(flat(), technology("cacti-45nm")).mac_linear_pj > 0.0


@pytest.mark.parametrize("seed", range(60))
def test_bits_of_a_word_change_nothing_and_more_bits_cost_no_less(seed: int) -> None:
    rng = Random(seed)
    depth = rng.randint(1, 4)
    layer = random_layer(rng, most_macs=5_000)
    mapping = random_mapping(rng, layer, depth)
    machine, costs = random_machine(rng, layer, [mapping], 0.0), random_costs(rng, depth)
    plain = simulate(layer, machine, mapping, costs)
    words = {level.word_bits for level in machine.levels} | {machine.mac.word_bits}
    if len(words) == 1:
        same = replace(layer, **dict.fromkeys(BITS, words.pop()))
        assert simulate(same, machine, mapping, costs) == plain
    before = None
    for bits in (1, 3, 4, 8, machine.mac.word_bits):
        given = replace(layer, **dict.fromkeys(BITS, bits))
        result = simulate(given, machine, mapping, costs)
        if before is not None and before.valid and result.valid:
            assert (result.energy_pj or math.inf) >= (before.energy_pj or 0.0) * (1 - 1e-12)
            assert (result.latency_cycles or math.inf) >= (before.latency_cycles or 0)
        if before is not None and not before.valid:
            assert not result.valid
        before = result


@pytest.mark.parametrize("seed", range(40))
def test_batched_equals_scalar(seed: int) -> None:
    rng = Random(seed)
    depth = rng.randint(1, 4)
    layer = random_layer(rng, most_macs=5_000)
    given = {key: rng.choice((None, 1, 3, 4, 8, 12, 16, 24)) for key in BITS}
    mappings = [random_mapping(rng, layer, depth) for _ in range(8)]
    tightness = rng.choice((0.0, 0.5))
    machine, costs = random_machine(rng, layer, mappings, tightness), random_costs(rng, depth)
    layer = replace(layer, **given)
    batch = simulate_batch(layer, hardware_batch([(machine, costs)]), batch_of(mappings))
    for row, mapping in enumerate(mappings):
        scalar = simulate(layer, machine, mapping, costs)
        assert bool(batch.valid[row]) == scalar.valid
        if scalar.valid:
            assert batch.latency_cycles[row] == scalar.latency_cycles
            assert batch.energy_pj[row] == pytest.approx(scalar.energy_pj, rel=1e-12)
        else:
            worst = max(violation.ratio for violation in scalar.violations)
            assert batch.worst_ratio[row] == pytest.approx(worst, rel=1e-12)


def test_more_bits_than_can_be_counted_are_refused() -> None:
    layer = Layer("huge", K=2**29, C=2**29, weights_bits=15)
    with pytest.raises(SpecError, match="more bits than 64-bit integers can count"):
        simulate_batch(
            layer, hardware_batch([(flat(), PRICES)]), batch_of([Mapping((LevelNest(),))])
        )


def test_samples_of_a_layer_with_bits_are_valid_and_use_what_narrow_values_leave() -> None:
    layer = Layer("conv", K=8, C=8, P=4, R=3, weights_bits=4, inputs_bits=8, outputs_bits=24)
    buffer = StorageLevel("buffer", entries=24)
    machine = replace(flat(), levels=(*flat().levels, buffer))
    space = MapSpace(layer, machine)
    batch = sample(space, 300, 0)
    assert all(not violations(layer, machine, batch.mapping(row)) for row in range(batch.size))
    plain = MapSpace(replace(layer, **dict.fromkeys(BITS)), machine)
    assert not fitting(space_arrays(plain), batch).all()
    assert np.unique(batch.factors, axis=0).shape[0] > 50
