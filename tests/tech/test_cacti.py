"""The CACTI technologies: exact at the table, flip-flops where they are the better choice."""

import math

import pytest

from bohwsw.errors import SpecError
from bohwsw.tech.cacti import Cacti
from bohwsw.tech.logic import register_file_figures
from bohwsw.tech.sram_table import sram_figures
from bohwsw.tech.technology import StorageShape


def test_a_global_buffer_is_the_tables() -> None:
    # Line 65,131072,64 of the table.
    cost = Cacti(65).storage(StorageShape("sram", 65536, 16, 4))
    assert (cost.read_pj, cost.fill_pj, cost.update_pj) == (59.336, 49.595, 49.595)
    assert cost.area_mm2 == 0.89644


def test_eyeriss_scratchpads_at_45nm_are_accelergys() -> None:
    costs = [Cacti(45).storage(StorageShape("regfile", words, 16)) for words in (12, 16, 192)]
    assert [cost.read_pj for cost in costs] == pytest.approx([0.237, 0.251, 1.586])


def test_a_register_file_stays_one_at_any_size() -> None:
    cost = Cacti(45).storage(StorageShape("regfile", 4096, 16))
    assert cost == register_file_figures(45, 4096, 16).shared_by(1)


def test_a_tiny_sram_is_made_of_flip_flops_and_a_larger_one_is_a_macro() -> None:
    tiny = Cacti(45).storage(StorageShape("sram", 12, 16))
    assert tiny == Cacti(45).storage(StorageShape("regfile", 12, 16))
    large = Cacti(45).storage(StorageShape("sram", 192, 16))
    assert large == sram_figures(45, 192, 16).shared_by(1)


@pytest.mark.parametrize("node_nm", [22, 28, 32, 45, 65])
@pytest.mark.parametrize("width_bits", [8, 16, 64, 100, 256, 512])
def test_flip_flops_are_given_up_once(node_nm: int, width_bits: int) -> None:
    costs = [Cacti(node_nm).storage(StorageShape("sram", n, width_bits)) for n in range(1, 2000)]
    registers = [register_file_figures(node_nm, n, width_bits).shared_by(1) for n in range(1, 2000)]
    same = [cost == register for cost, register in zip(costs, registers, strict=True)]
    assert same == sorted(same, reverse=True)
    assert same[0]
    assert not same[-1]


def test_clustered_instances_share_one_wide_array() -> None:
    cost = Cacti(45).storage(StorageShape("sram", 1024, 16, cluster_size=8))
    array = sram_figures(45, 1024, 128)
    assert cost.read_pj == pytest.approx(array.read_pj / 8)
    assert cost.area_mm2 == pytest.approx(array.area_mm2 / 8)


def test_dram_is_off_chip() -> None:
    cost = Cacti(45).storage(StorageShape("dram", None, 16, 4))
    assert cost.read_pj == 512.0
    assert cost.area_mm2 == 0.0


def test_smaller_nodes_cost_less() -> None:
    shape = StorageShape("sram", 5000, 16, 2)
    costs = [Cacti(node).storage(shape) for node in (22, 28, 32, 40, 45, 50, 65)]
    for column in ([c.read_pj for c in costs], [c.area_mm2 for c in costs]):
        assert column == sorted(column)  # type: ignore[type-var]


def test_name_and_source_say_the_node() -> None:
    assert Cacti(28).name == "cacti-28nm"
    assert Cacti(28.5).name == "cacti-28.5nm"
    assert "28 nm" in Cacti(28).source
    assert Cacti(28).hop_energy_pj(16) == 0.0


@pytest.mark.parametrize("node_nm", [7, 21.9, 90, 0, -45, math.nan, math.inf])
def test_a_node_outside_the_table_is_refused(node_nm: float) -> None:
    with pytest.raises(SpecError, match="22 to 65 nm"):
        Cacti(node_nm)


@pytest.mark.parametrize("bits", [0, -8, 8.5, float("nan")])
def test_a_bad_width_is_refused(bits: int) -> None:
    with pytest.raises(SpecError):
        Cacti(45).mac(bits)
    with pytest.raises(SpecError):
        Cacti(45).hop_energy_pj(bits)
