"""What is written for Timeloop and what is read from it: as the real one takes and prints it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import yaml
from plugins.timeloop_cases import (
    ACCEPTED,
    FILES,
    LAYER,
    MACHINE,
    PRICES,
    WEIGHTS_INPUTS,
    accepted,
    nest,
    run_stand_in,
)
from simulator.golden import COUNTED, golden

from bohwsw.arch import Architecture
from bohwsw.errors import SpecError
from bohwsw.exporters.timeloop_target import timeloop_files_of
from bohwsw.mapping.nest import LevelNest
from bohwsw.mapping.nest import Mapping as Nest
from bohwsw.plugins.timeloop import read_stats, relative_differences
from bohwsw.simulator.costs import Costs
from bohwsw.simulator.reference import simulate
from bohwsw.tech.technology import StorageCost
from bohwsw.workload import Layer

MAC_TABLE = {"name": "MAC", "actions": [{"name": "compute", "energy": 1.0}]}


def test_the_files_are_those_that_timeloop_has_read() -> None:
    """Text for text; but the units, whose price Timeloop took from its own model there."""
    written = timeloop_files_of(*accepted())
    tables = written["energies.yaml"]["ERT"]["tables"]
    assert tables.pop() == MAC_TABLE
    assert tuple(written) == FILES
    for name, data in written.items():
        assert yaml.safe_dump(data, sort_keys=False) == (ACCEPTED / name).read_text()


def test_prices_stand_in_the_table_of_energies_whatever_they_are() -> None:
    layer, architecture, mapping, prices = accepted()
    files = timeloop_files_of(layer, architecture, mapping, replace(prices, mac_energy_pj=2.2))
    assert "energy" not in files["architecture.yaml"]["architecture"]["arithmetic"]
    found = read_stats(run_stand_in(files), 3)
    assert found.mac_energy_pj == pytest.approx(2.2 * 16384)
    assert found.energy_pj == pytest.approx((19168.46e-3 + 1.2) * 16384, rel=1e-6)


def test_limits_and_shapes_are_written() -> None:
    """Strides, dilations, bandwidths, blocks and hops; a cluster is in the price already."""
    layer = Layer("odd", C=2, P=3, R=2, stride_w=3, dilation_w=2)
    odd = {"read_words_per_cycle": 2, "write_words_per_cycle": 0.5, "block_size": 4}
    levels = list(MACHINE.levels)
    levels[1] = replace(levels[1], name="a b.c[0..3]: #é", word_bits=24, cluster_size=1, **odd)
    levels[2] = replace(levels[2], cluster_size=2)
    machine = Architecture("odd", tuple(levels), MACHINE.mac)
    shared, own = (
        LevelNest((("P", 3),), (), (("C", 2),)),
        LevelNest((("R", 2),), keep=WEIGHTS_INPUTS),
    )
    mapping = Nest((LevelNest(), shared, own))
    files = timeloop_files_of(layer, machine, mapping, PRICES)
    reg, buffer, _ = files["architecture.yaml"]["architecture"]["storage"]
    assert buffer["name"] == "L1_a_b_c_0__3_____"
    assert (buffer["read_bandwidth"], buffer["write_bandwidth"]) == (2.0, 0.5)
    assert (buffer["word-bits"], buffer["block-size"], buffer["energy-per-hop"]) == (24, 4, 0.5)
    assert "cluster-size" not in reg
    instance = files["problem.yaml"]["problem"]["instance"]
    assert (instance["Wstride"], instance["Wdilation"], instance["Hstride"]) == (3, 2, 1)
    ours = simulate(layer, machine, mapping, PRICES)
    found = read_stats(run_stand_in(files), 3)
    assert all(abs(d) < 1e-3 for d in relative_differences(found, ours).values())


def test_numbers_of_numpy_are_written_as_numbers() -> None:
    price = StorageCost(np.float64(1e-5), np.float64(1e22), np.float64(3), None)
    prices = Costs((price,) * 3, (np.float64(0.5),) * 3, np.float64(2.5))
    files = timeloop_files_of(LAYER, MACHINE, nest(), prices)
    text = yaml.safe_dump(files["energies.yaml"])
    assert yaml.safe_load(text) == files["energies.yaml"]
    assert "energy: 1.0e-05" in text
    assert "energy: 1.0e+22" in text


@pytest.mark.parametrize("name", COUNTED)
def test_counted_cases_go_out_and_come_back(name: str) -> None:
    """Every kind of layer, depth, fan-out, bypass and bandwidth that Timeloop was seen to count."""
    for case, raw in golden(name)[:: len(golden(name)) // 9]:
        files = timeloop_files_of(case.layer, case.architecture, case.mapping, case.costs)
        check_factors(case.layer, files["mapping.yaml"]["mapping"])
        found = read_stats(run_stand_in(files), case.architecture.depth)
        expected = raw["expected"]["base"]
        assert found.latency_cycles == pytest.approx(expected["cycles"], abs=1)
        assert found.energy_pj == pytest.approx(expected["energy_pj"], rel=2e-6, abs=0.1)
        parts = [
            sum(space["energy_total"] for space in expected["levels"][level.name]["ds"].values())
            for level in case.architecture.levels
        ]
        assert found.level_energy_pj == pytest.approx(parts, rel=1e-6, abs=0.03)


def test_every_counted_case_is_expressible() -> None:
    for name in COUNTED:
        for case, _ in golden(name):
            timeloop_files_of(case.layer, case.architecture, case.mapping, case.costs)


def check_factors(layer: Layer, directives: list[dict[str, Any]]) -> None:
    """Each dimension's factors multiply to its size; each order has every dimension once."""
    products = dict.fromkeys(layer.sizes, 1)
    for directive in directives:
        if directive["type"] == "bypass":
            continue
        assert sorted(directive["permutation"]) == sorted(products)
        for text in directive["factors"].split():
            products[text[0]] *= int(text[1:])
    assert products == layer.sizes


def test_a_mapping_file_by_hand() -> None:
    directives = timeloop_files_of(LAYER, MACHINE, nest(), PRICES)["mapping.yaml"]["mapping"]
    assert [d["type"] for d in directives] == [
        *("bypass", "temporal"),
        *("bypass", "temporal", "spatial"),
        *("bypass", "temporal"),
    ]
    buffer, spatial, spad = directives[3], directives[4], directives[5]
    assert buffer["target"] == spatial["target"] == "L1_GLB"
    assert buffer["factors"] == "N1 K2 C1 P3 Q1 R1 S1 G1"
    assert buffer["permutation"].startswith("KP")  # the innermost comes first
    assert spatial["permutation"].startswith("KC")
    assert spatial["split"] == 1
    assert spad == {
        "target": "L2_Spad",
        "type": "bypass",
        "keep": ["Weights", "Inputs"],
        "bypass": ["Outputs"],
    }


def test_a_dimension_on_both_axes_cannot_be_said() -> None:
    block = LevelNest((("P", 3),), (("K", 2),), (("K", 2), ("C", 2)))
    mapping = Nest((LevelNest(), block, LevelNest((("R", 2),), keep=WEIGHTS_INPUTS)))
    with pytest.raises(SpecError, match="on one axis"):
        timeloop_files_of(LAYER, MACHINE, mapping, PRICES)


def test_spreading_without_fan_out_cannot_be_said() -> None:
    mapping = Nest((LevelNest(spatial_x=(("K", 2),)), nest().levels[1], nest().levels[2]))
    with pytest.raises(SpecError, match="no fan-out"):
        timeloop_files_of(Layer("conv", K=8, C=2, P=3, R=2), MACHINE, mapping, PRICES)


def test_a_level_without_data_has_no_energy() -> None:
    layer, architecture, mapping, prices = accepted()
    blocks = (mapping.levels[0], replace(mapping.levels[1], keep=frozenset()), mapping.levels[2])
    files = timeloop_files_of(layer, architecture, Nest(blocks), prices)
    assert files["mapping.yaml"]["mapping"][2] == {
        "target": "L1_Buf",
        "type": "bypass",
        "bypass": ["Weights", "Inputs", "Outputs"],
    }
    found = read_stats(run_stand_in(files), 3)
    ours = simulate(layer, architecture, Nest(blocks), prices)
    assert found.level_energy_pj[1] == 0.0
    assert found.energy_pj == pytest.approx(ours.energy_pj, rel=1e-6)
