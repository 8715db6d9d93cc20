"""The flip-flop register file meets its published points."""

import pytest

from bohwsw.tech.register_file import (
    register_file_area_mm2,
    register_file_energy_pj,
    register_file_figures,
)


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
