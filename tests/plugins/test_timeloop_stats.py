"""The statistics that Timeloop prints, and texts that are none."""

from __future__ import annotations

import pytest
from timeloop_cases import STATS, accepted

from bohwsw.plugins.other_simulator import SimulatorError
from bohwsw.plugins.timeloop import read_stats, relative_differences
from bohwsw.simulator.reference import simulate


def test_the_figures_that_timeloop_printed_are_ours() -> None:
    found, ours = read_stats(STATS, 3), simulate(*accepted())
    assert all(abs(d) < 2e-6 for d in relative_differences(found, ours).values())
    assert found.latency_cycles == 2048
    assert found.energy_pj == pytest.approx(19168.46e-3 * 16384, rel=1e-6)
    assert found.level_energy_pj == pytest.approx((262144.0, 14427.90, 21100.08))
    assert (found.mac_energy_pj, found.network_energy_pj) == (16384.0, 0.0)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "Link transfers                          : 0",
            "Link transfers : 96",
            "counts link",
        ),
        ("=== L1_Buf ===\n\n    SPECS", "    SPECS", "3 levels instead of 4"),
        ("Energy: 0.31 uJ", "Energy: 0.33 uJ", "add up to"),
        ("Energy: 0.31 uJ", "Energy of it all", "no line like Energy"),
        ("Cycles: 2048", "Cycles: many", "not a figure: many"),
        ("16384.00 pJ", "nan pJ", "not a figure: nan"),
        ("16384.00 pJ", "-1.00 pJ", "not a figure: -1.00"),
    ],
)
def test_statistics_that_are_none(old: str, new: str, message: str) -> None:
    assert old in STATS
    with pytest.raises(SimulatorError, match=message):
        read_stats(STATS.replace(old, new, 1), 3)


def test_statistics_of_another_depth() -> None:
    with pytest.raises(SimulatorError, match="4 levels instead of 3"):
        read_stats(STATS, 2)
