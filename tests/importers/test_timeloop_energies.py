"""Tables of energies in both layouts, prices in attributes, and what a table says beside."""

from __future__ import annotations

from pathlib import Path

import pytest
from importers.timeloop_files import imported

from bohwsw.simulator import Costs

MACHINE = """
architecture:
  version: 0.3
  subtree:
  - name: system
    local:
    - {name: Main, class: DRAM, attributes: {width: 64, word-bits: 16, energy-per-hop: 0.5}}
    - name: Pads[0..3]
      class: regfile
      attributes: {depth: 8, width: 32, block-size: 1, word-bits: 16, vector-access-energy: 3.0,
                   addr-gen-energy: 0.25}
    - {name: 'mac[0..3]', class: intmac, attributes: {datawidth: 8}}
"""
LIST = """
ERT:
  version: 0.4
  tables:
  - name: system.Main[1..1]
    actions:
    - {name: read, arguments: {x: 1}, energy: 100}
    - {name: read, arguments: {x: 2}, energy: 110.5}
    - {name: write, energy: 120.0}
    - {name: leak, energy: 1.5}
  - name: system.Pads[1..4]
    actions: [{name: write, energy: 8}]
  - {name: system.other, actions: [{name: read, energy: 2}]}
  - {name: system.mac, actions: [{name: compute, energy: 0.75}]}
"""
TABLES = """
ERT:
  version: 0.2
  tables:
    system.Main:
      read: [{arguments: {x: 1}, energy: 100}, {arguments: {x: 2}, energy: 110.5}]
      write: {energy: 120.0}
    system.PE[0..3].Pads: {write: {energy: 8}}
    system.mac: {mac_random: {energy: 0.75}, idle: {energy: 0}}
"""


def prices(costs: Costs | None) -> list[tuple[float, float, float]]:
    assert costs is not None
    return [(cost.read_pj, cost.fill_pj, cost.update_pj) for cost in costs.storage]


@pytest.mark.parametrize("table", [LIST, TABLES])
def test_a_table_has_the_last_word(table: str, tmp_path: Path) -> None:
    """Two pads share an array, and its price; what it does not say the attribute says."""
    found = imported(tmp_path, MACHINE, table)
    assert found.architecture is not None
    assert found.architecture.levels[1].cluster_size == 2
    assert prices(found.costs) == [(110.5, 120.0, 120.0), (3.0, 4.0, 4.0)]
    assert found.costs is not None
    assert (found.costs.mac_energy_pj, found.costs.hop_energy_pj) == (0.75, (0.5, 0.0))
    assert found.has_energies
    told = ["leakage: only", "energies of 'other'"] if table == LIST else []
    whats = [note.what for note in found.not_modelled]
    assert [any(part in what for what in whats) for part in told] == [True] * len(told)
    assert len(whats) == 1 + len(told)  # and addresses


def test_without_a_table_attributes_and_timeloops_own_model_hold(tmp_path: Path) -> None:
    """PAT: 200 for 16 bits of DRAM, here 64; the square of the width for the units."""
    found = imported(tmp_path, MACHINE)
    assert prices(found.costs) == [(800.0,) * 3, (3.0,) * 3]
    assert found.costs is not None
    assert found.costs.mac_energy_pj == 0.25
