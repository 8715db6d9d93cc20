"""The batched simulator against the scalar one, machines varying inside the batch."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_nests import padded_layer, random_costs, random_layer, random_machine, random_mapping

from bohwsw.arch import Architecture, MacArray, StorageLevel
from bohwsw.errors import SpecError
from bohwsw.mapping.batch import batch_of
from bohwsw.mapping.nest import LevelNest, Mapping
from bohwsw.simulator.batch import hardware_batch, simulate_batch
from bohwsw.simulator.costs import Costs
from bohwsw.simulator.evaluation import Evaluation
from bohwsw.simulator.reference import simulate
from bohwsw.tech.technology import StorageCost
from bohwsw.workload import DATA_SPACES, Layer

ROWS = 24
MACHINES = 4


@settings(max_examples=60)
@given(seed=st.integers(0, 2**32), depth=st.integers(1, 6), tightness=st.sampled_from([0.0, 0.5]))
def test_batched_equals_scalar(seed: int, depth: int, tightness: float) -> None:
    rng = Random(seed)
    drawn = padded_layer if seed % 3 == 0 else random_layer
    layer = drawn(rng, most_macs=20_000, sizes=(1, 2, 3, 5, 6, 8, 12, 16, 36))
    mappings = [random_mapping(rng, layer, depth, most_children=48) for _ in range(ROWS)]
    machine = np.array([rng.randrange(MACHINES) for _ in range(ROWS)])
    machines = [
        (random_machine(rng, layer, mine or mappings[:1], tightness), random_costs(rng, depth))
        for mine in (
            [mappings[row] for row in np.flatnonzero(machine == m)] for m in range(MACHINES)
        )
    ]
    result = simulate_batch(
        layer, hardware_batch(machines), batch_of(mappings), machine, with_counts=True
    )
    assert result.counts is not None
    for row, mapping in enumerate(mappings):
        scalar = simulate(layer, machines[machine[row]][0], mapping, machines[machine[row]][1])
        assert bool(result.valid[row]) == scalar.valid
        if scalar.valid:
            assert result.latency_cycles[row] == scalar.latency_cycles
            assert result.energy_pj[row] == pytest.approx(scalar.energy_pj, rel=1e-12)
            assert result.edp_pj_cycles[row] == pytest.approx(scalar.edp_pj_cycles, rel=1e-12)
            assert (result.counts[row] == counts_of(scalar)).all()
        else:
            worst = max(violation.ratio for violation in scalar.violations)
            assert result.worst_ratio[row] == pytest.approx(worst, rel=1e-12)
            assert result.edp_pj_cycles[row] == np.inf


def counts_of(evaluation: Evaluation) -> np.ndarray:
    counts = np.zeros((len(evaluation.levels), 3, 3), dtype=np.int64)
    for index, level in enumerate(evaluation.levels):
        for space, result in level.data_spaces.items():
            position = DATA_SPACES.index(space)
            counts[index, position] = (result.reads, result.fills, result.updates)
    return counts


def test_counts_are_returned_only_when_asked_for() -> None:
    layer = Layer("small", K=4)
    machine = Architecture("flat", (StorageLevel("DRAM"),), MacArray())
    costs = Costs((StorageCost(1.0, 1.0, 1.0, None),), (0.0,), 1.0)
    mappings = batch_of([Mapping((LevelNest(temporal=(("K", 4),)),))])
    assert simulate_batch(layer, hardware_batch([(machine, costs)]), mappings).counts is None


def test_depths_must_agree() -> None:
    costs = [Costs((StorageCost(1.0, 1.0, 1.0, None),) * n, (0.0,) * n, 1.0) for n in (1, 2)]
    flat = Architecture("flat", (StorageLevel("DRAM"),), MacArray())
    deep = Architecture("deep", (StorageLevel("DRAM"), StorageLevel("GLB")), MacArray())
    with pytest.raises(SpecError, match="one depth"):
        hardware_batch([(flat, costs[0]), (deep, costs[1])])
    with pytest.raises(SpecError, match="one depth"):
        hardware_batch([])
    mappings = batch_of([Mapping((LevelNest(temporal=(("K", 4),)),))])
    with pytest.raises(SpecError, match="differ in depth"):
        simulate_batch(Layer("small", K=4), hardware_batch([(deep, costs[1])]), mappings)
