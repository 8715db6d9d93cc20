"""Logic scales with Aladdin's MAC in energy and with the square of the node in area."""

import pytest

from bohwsw.tech.node_scaling import logic_area_ratio, logic_energy_ratio


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
