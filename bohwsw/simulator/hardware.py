"""Priced machines packed for compiled functions: the one packing that all of them work on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bohwsw.arch import Architecture
from bohwsw.errors import SpecError
from bohwsw.mapping import UNLIMITED, capacity_units, excess_of_operands, units_of
from bohwsw.simulator.costs import Costs, mac_energy_pj
from bohwsw.workload import Layer

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


class HardwareBatch(NamedTuple):
    """H machines of equal depth L as arrays, counted in words."""

    entries: Integers  # int64, H x L; words of one instance, ``UNLIMITED`` for no limit
    word_bits: Integers  # int64, H x L
    fanout: Integers  # int64, H x L x 2; children on (X, Y) of one instance of each level
    block: Integers  # int64, H x L; words moved by one access
    bandwidth: Floats  # float64, H x L x 2; (read, write) words per cycle of one instance
    energy: Floats  # float64, H x L x 3; pJ per access for (read, fill, update)
    hop_energy: Floats  # float64, H x L; pJ per word and hop below each level
    mac_bits: Integers  # int64, H; width of the operands of a multiply-accumulate
    mac_energy: Floats  # float64, H; pJ per multiply-accumulate of such operands
    mac_linear: Floats  # float64, H; the part of that which grows with the sum of their widths

    def seen_by(self, layer: Layer) -> PricedMachines:
        """The machines in the units of a layer; words, where the layer says no bits."""
        if not any(layer.bits.values()):
            return PricedMachines(
                units=np.ones((*self.entries.shape, 3), dtype=np.int64),
                capacity=self.entries,
                fanout=self.fanout,
                operands=np.zeros(len(self.entries)),
                block=self.block,
                bandwidth=self.bandwidth,
                energy=self.energy,
                hop_energy=self.hop_energy,
                mac_energy=self.mac_energy,
            )
        word_units, units = units_of(layer, self.word_bits)
        return PricedMachines(
            units=units,
            capacity=capacity_units(self.entries, word_units),
            fanout=self.fanout,
            operands=excess_of_operands(layer, self.mac_bits),
            block=self.block * word_units,
            bandwidth=self.bandwidth * word_units[..., None],
            energy=self.energy,
            hop_energy=self.hop_energy / word_units,
            mac_energy=mac_energy_pj(layer, self.mac_bits, self.mac_energy, self.mac_linear),
        )


class PricedMachines(NamedTuple):
    """H machines as compiled functions take them, in units of one layer (``mapping.limits``)."""

    units: Integers  # int64, H x L x 3; units of one element of each data space
    capacity: Integers  # int64, H x L; units of one instance, ``UNLIMITED`` for no limit
    fanout: Integers  # int64, H x L x 2; children on (X, Y) of one instance of each level
    operands: Floats  # float64, H; see ``Limits``
    block: Integers  # int64, H x L; units moved by one access
    bandwidth: Floats  # float64, H x L x 2; (read, write) units per cycle of one instance
    energy: Floats  # float64, H x L x 3; pJ per access for (read, fill, update)
    hop_energy: Floats  # float64, H x L; pJ per unit and hop below each level
    mac_energy: Floats  # float64, H; pJ per multiply-accumulate


def hardware_batch(machines: Sequence[tuple[Architecture, Costs]]) -> HardwareBatch:
    """Pack priced machines of equal depth.

    Raises:
        SpecError: no machine, or machines of different depth.
    """
    depths = sorted({architecture.depth for architecture, _ in machines})
    if len(depths) != 1:
        raise SpecError("machines of one batch have one depth", got=depths, expected="one depth")
    levels = [architecture.levels for architecture, _ in machines]
    costs = [costs for _, costs in machines]
    entries = [[UNLIMITED if x.entries is None else x.entries for x in own] for own in levels]
    fanout = [[machine.fanout(index) for index in range(machine.depth)] for machine, _ in machines]
    ports = [
        [(x.read_words_per_cycle or np.inf, x.write_words_per_cycle or np.inf) for x in own]
        for own in levels
    ]
    energy = [[(x.read_pj, x.fill_pj, x.update_pj) for x in own.storage] for own in costs]
    return HardwareBatch(
        entries=np.array(entries, dtype=np.int64),
        word_bits=np.array([[x.word_bits for x in own] for own in levels], dtype=np.int64),
        fanout=np.array(fanout, dtype=np.int64),
        block=np.array([[x.block_size for x in own] for own in levels], dtype=np.int64),
        bandwidth=np.array(ports, dtype=np.float64),
        energy=np.array(energy, dtype=np.float64),
        hop_energy=np.array([own.hop_energy_pj for own in costs], dtype=np.float64),
        mac_bits=np.array([machine.mac.word_bits for machine, _ in machines], dtype=np.int64),
        mac_energy=np.array([own.mac_energy_pj for own in costs], dtype=np.float64),
        mac_linear=np.array([own.mac_linear_pj for own in costs], dtype=np.float64),
    )
