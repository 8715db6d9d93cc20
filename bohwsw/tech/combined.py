"""Energy of one technology, area of another.

Timeloop's PAT has energies that reproduce the field's results and no area at all; an area budget
needs both.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from bohwsw.tech.technology import MacCost, StorageCost, StorageShape, Technology


@dataclass(frozen=True)
class Combined:
    """A technology that asks ``energy`` for every energy and ``area`` for every area."""

    energy: Technology
    area: Technology

    @property
    def name(self) -> str:
        return f"{self.energy.name}+{self.area.name}"

    @property
    def source(self) -> str:
        return f"energy: {self.energy.source}; area: {self.area.source}"

    def storage(self, shape: StorageShape) -> StorageCost:
        """Energies (pJ per vector access) of one model, area (mm2) of the other."""
        return replace(self.energy.storage(shape), area_mm2=self.area.storage(shape).area_mm2)

    def mac(self, word_bits: int) -> MacCost:
        """Energy (pJ) of one model, area (mm2) of the other."""
        return replace(self.energy.mac(word_bits), area_mm2=self.area.mac(word_bits).area_mm2)

    def hop_energy_pj(self, word_bits: int) -> float:
        """Wire energy (pJ per word and hop) of the energy model."""
        return self.energy.hop_energy_pj(word_bits)
