"""What nodes cost, counted on paper."""

from __future__ import annotations

from typing import Any

import pytest
from two_cores import CORES, DRAM

from bohwsw.arch import Architecture, Chip, MacArray, StorageLevel
from bohwsw.errors import SpecError
from bohwsw.mapping.nest import LevelNest, Mapping
from bohwsw.scheduling import NodeCost, layer_cost, operator_cost, schedule_by_core, schedule_costs
from bohwsw.simulator.costs import Costs
from bohwsw.simulator.reference import simulate
from bohwsw.tech.technology import StorageCost
from bohwsw.workload import CountedLayer, Edge, Layer, Network, Operator

PRICES = Costs((StorageCost(10.0, 20.0, 30.0, None),) * 2, (0.0, 0.0), 1.0)


@pytest.mark.parametrize("key", ["latency_cycles", "energy_pj", "dram_bits"])
@pytest.mark.parametrize("value", [-1, float("nan"), float("inf"), None, "3"])
def test_costs_are_numbers_of_at_least_zero(key: str, value: Any) -> None:
    with pytest.raises(SpecError, match="not valid") as caught:
        NodeCost(**{"latency_cycles": 1, "energy_pj": 1, key: value})
    assert caught.value.key_path == key


def test_a_layer_costs_what_its_evaluation_says_as_often_as_it_occurs() -> None:
    """A vector of 4 inputs, 8 outputs: 32 weights and 4 inputs read once, 8 outputs written."""
    core = Architecture("core", (DRAM, StorageLevel("Buffer", entries=64)), MacArray())
    whole = Mapping((LevelNest(), LevelNest(temporal=(("K", 8), ("C", 4)))))
    evaluation = simulate(Layer("fc", K=8, C=4), core, whole, PRICES)
    cost = layer_cost(CountedLayer(Layer("fc", K=8, C=4), 3), core, evaluation)
    assert cost.latency_cycles == 3 * (evaluation.latency_cycles or 0)
    assert cost.energy_pj == 3 * (evaluation.energy_pj or 0)
    assert cost.dram_bits == 3 * 16 * (32 + 4 + 8)
    too_large = simulate(
        Layer("fc", K=64, C=4),
        core,
        Mapping((LevelNest(), LevelNest(temporal=(("K", 64), ("C", 4))))),
        PRICES,
    )
    with pytest.raises(SpecError, match="mapping of layer 'fc' is not valid on 'core'"):
        layer_cost(CountedLayer(Layer("fc", K=64, C=4)), core, too_large)


def test_an_operator_costs_its_tensors_at_their_widths_in_whole_blocks() -> None:
    """Read: 20 outputs of 8 bits and 20 of 16; written: 20 of 8. A block has 4 words of 16 bits."""
    nodes = (
        CountedLayer(Layer("a", K=20, outputs_bits=8)),
        CountedLayer(Layer("b", K=20)),
        Operator("sum", "add"),
        Operator("half", "slice", K=10),
    )
    edges = (Edge("a", "sum"), Edge("b", "sum"), Edge("sum", "half"))
    network = Network("net", nodes, edges)
    assert [network.bits(node.name) for node in nodes] == [8, None, 8, 8]
    (core, _), (_, _, add, view) = CORES, nodes
    assert isinstance(add, Operator)
    assert isinstance(view, Operator)
    read, written = 20 * 8 + 20 * 16, 20 * 8
    cost = operator_cost(network, add, core, PRICES)
    assert cost.dram_bits == read + written
    assert cost.latency_cycles == max(read / (2 * 16), written / (1 * 16)) == 15
    assert cost.energy_pj == (3 + 5) * 10.0 + 3 * 30.0
    assert operator_cost(network, view, core, PRICES) == NodeCost(0, 0)
    unlimited = Architecture("free", (StorageLevel("DRAM", "dram"),), MacArray())
    assert operator_cost(network, add, unlimited, PRICES).latency_cycles == 0


def test_costs_of_a_schedule_come_from_the_core_that_runs_each_step() -> None:
    cores = tuple(
        Architecture(name, (DRAM, StorageLevel("Buffer", entries=64)), MacArray())
        for name in ("big", "little")
    )
    chip, fc = Chip("two cores", cores), Layer("fc", K=8, C=4)
    nodes = (CountedLayer(fc), Operator("act", "activation"), CountedLayer(Layer("fc2", K=8, C=8)))
    network = Network("net", nodes, (Edge("fc", "act"), Edge("act", "fc2")))
    schedule = schedule_by_core([network], lambda _, node: "little", with_operators=True)
    whole = Mapping((LevelNest(), LevelNest(temporal=(("K", 8), ("C", 4)))))
    evaluations = {"little": {fc.shape: simulate(fc, cores[1], whole, PRICES)}}
    prices = dict.fromkeys(("big", "little"), PRICES)
    with pytest.raises(SpecError, match="'fc2' of 'net' is not mapped onto 'little'"):
        schedule_costs([network], chip, schedule, evaluations, prices)
    short = Network("net", nodes[:2], (Edge("fc", "act"),))
    schedule = schedule_by_core([short], lambda _, node: "little", with_operators=True)
    found = schedule_costs([short], chip, schedule, evaluations, prices)
    fc_step, act_step = schedule.steps
    assert found[fc_step] == layer_cost(nodes[0], cores[1], evaluations["little"][fc.shape])
    assert found[act_step] == operator_cost(short, Operator("act", "activation"), cores[1], PRICES)
