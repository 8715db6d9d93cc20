"""Pricing a machine: block and cluster sizes reach the technology, areas add up, NaN is refused."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pytest

from bohwsw.arch import Architecture, MacArray, StorageLevel
from bohwsw.errors import SpecError
from bohwsw.simulator.costs import area_mm2, costs_of
from bohwsw.tech.technology import MacCost, StorageCost, StorageShape

MACHINE = Architecture(
    "two levels",
    (
        StorageLevel("DRAM", kind="dram"),
        StorageLevel("Buffer", entries=64, block_size=4, cluster_size=2, mesh_x=3, mesh_y=2),
    ),
    MacArray(16, 6, 4),
)


@dataclass(frozen=True)
class Plain:
    """Energies and areas that tell where they come from."""

    hop_pj: float = 0.5
    mac_area_mm2: float | None = 0.25
    name: str = "plain"
    source: str = "this test"

    def storage(self, shape: StorageShape) -> StorageCost:
        width = float(shape.width_bits)
        return StorageCost(width, 2 * width, 3 * width, 10.0)

    def mac(self, word_bits: int) -> MacCost:
        return MacCost(float(word_bits), self.mac_area_mm2)

    def hop_energy_pj(self, word_bits: int) -> float:
        return self.hop_pj * word_bits


def test_every_part_is_priced_by_its_shape() -> None:
    costs = costs_of(MACHINE, Plain())
    assert [cost.read_pj for cost in costs.storage] == [16.0, 16.0 * 4 * 2]
    assert costs.hop_energy_pj == (8.0, 8.0)
    assert costs.mac_energy_pj == 16.0


def test_the_area_counts_every_instance_but_no_dram() -> None:
    assert area_mm2(MACHINE, costs_of(MACHINE, Plain())) == 6 * 10.0 + 24 * 0.25


def test_one_unknown_area_makes_the_whole_unknown() -> None:
    assert area_mm2(MACHINE, costs_of(MACHINE, Plain(mac_area_mm2=None))) is None


@pytest.mark.parametrize("hop_pj", [math.nan, math.inf, -1.0])
def test_a_technology_that_gives_no_usable_energy_is_refused(hop_pj: float) -> None:
    with pytest.raises(SpecError, match="hop_energy_pj"):
        costs_of(MACHINE, Plain(hop_pj=hop_pj))
