"""The multiply-accumulate unit meets its published energies and areas."""

import pytest

from bohwsw.tech.mac_unit import mac_area_mm2, mac_cost, mac_energy_pj


@pytest.mark.parametrize(
    ("node_nm", "bits", "energy_pj"),
    [(65, 8, 1.28), (45, 8, 1.03), (28, 8, 0.53), (45, 16, 2.2)],
)
def test_published_energies_are_met(node_nm: int, bits: int, energy_pj: float) -> None:
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


def test_cost_holds_both() -> None:
    cost = mac_cost(45, 16)
    assert (cost.energy_pj, cost.area_mm2) == (mac_energy_pj(45, 16), mac_area_mm2(45, 16))
