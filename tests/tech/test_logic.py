"""Logic scales with Aladdin's MAC in energy and with the square of the node in area.

Units and flip-flop register files meet their published energies and areas.
"""

from __future__ import annotations

import pytest

from bohwsw.tech.logic import (
    logic_area_ratio,
    logic_energy_ratio,
    mac_area_mm2,
    mac_cost,
    mac_energy_pj,
    register_file_area_mm2,
    register_file_energy_pj,
    register_file_figures,
)


def test_energy_meets_the_published_nodes() -> None:
    assert logic_energy_ratio(45, 45) == 1.0
    assert logic_energy_ratio(65, 45) == pytest.approx(1.28 / 1.03)
    assert logic_energy_ratio(28, 65) == pytest.approx(0.53 / 1.28)


def test_energy_never_rises_as_nodes_shrink() -> None:
    ratios = [logic_energy_ratio(node, 65) for node in range(22, 66)]
    assert ratios == sorted(ratios)
    assert ratios[-1] == 1.0


def test_area_is_ideal_scaling() -> None:
    assert logic_area_ratio(22.5, 45) == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("node_nm", "bits", "energy_pj"),
    [(65, 8, 1.28), (45, 8, 1.03), (28, 8, 0.53), (45, 16, 2.2)],
)
def test_published_energies_of_units_are_met(node_nm: int, bits: int, energy_pj: float) -> None:
    assert mac_energy_pj(node_nm, bits) == pytest.approx(energy_pj, rel=1e-12)


def test_energy_grows_faster_than_the_width_but_no_faster_than_its_square() -> None:
    for bits in (1, 2, 4, 8, 16, 32):
        assert 2 < mac_energy_pj(45, 2 * bits) / mac_energy_pj(45, bits) < 4


def test_area_at_40nm_is_aladdins_multiplier_and_a_double_width_adder() -> None:
    assert mac_area_mm2(40, 32) == pytest.approx((6350 + 2 * 278) * 1e-6)
    assert mac_area_mm2(40, 8) == pytest.approx((6350 / 16 + 278 / 2) * 1e-6)


def test_the_8_bit_area_is_between_two_other_published_ones() -> None:
    # 45 nm: 282 + 67 um2 synthesised without registers (Horowitz, ISSCC 2014, with areas by
    # Dally); 4470.9 um2 with everything around it in Spotlight's area model.
    assert 282 + 67 < mac_area_mm2(45, 8) * 1e6 < 4470.9


def test_cost_of_a_unit_holds_both() -> None:
    cost = mac_cost(45, 16)
    assert (cost.energy_pj, cost.area_mm2) == (mac_energy_pj(45, 16), mac_area_mm2(45, 16))


@pytest.mark.parametrize(("rows", "energy_pj"), [(12, 0.237), (16, 0.251), (192, 1.586)])
def test_published_energies_are_met(rows: int, energy_pj: float) -> None:
    assert register_file_energy_pj(45, rows, 16) == pytest.approx(energy_pj, rel=1e-12)


def test_end_segments_go_on() -> None:
    assert register_file_energy_pj(45, 8, 16) == pytest.approx(0.237 - 0.014)
    assert register_file_energy_pj(45, 368, 16) == pytest.approx(1.586 + 1.335)


def test_energy_is_proportional_to_width_and_scales_like_logic() -> None:
    assert register_file_energy_pj(45, 16, 64) == pytest.approx(4 * 0.251)
    assert register_file_energy_pj(65, 16, 16) == pytest.approx(0.251 * 1.28 / 1.03)


def test_area_is_the_flip_flops() -> None:
    assert register_file_area_mm2(40, 12, 16) == pytest.approx(192 * 5.98e-6)
    assert register_file_area_mm2(65, 12, 16) == pytest.approx(192 * 5.98e-6 * (65 / 40) ** 2)


def test_figures_hold_both_and_writing_costs_as_much_as_reading() -> None:
    figures = register_file_figures(45, 16, 16)
    assert figures.read_pj == figures.write_pj == register_file_energy_pj(45, 16, 16)
    assert figures.area_mm2 == register_file_area_mm2(45, 16, 16)
