"""Technologies as they stand in a YAML file: one, or energy of one and area of another.

Timeloop's PAT has energies that reproduce the field's results and no area at all; an area budget
needs both.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated

from pydantic import Field

from bohwsw.errors import SpecError
from bohwsw.tech.catalogue import technology
from bohwsw.tech.technology import MacCost, StorageCost, StorageShape, Technology
from bohwsw.yamlfile import SpecModel

Name = Annotated[str, Field(min_length=1, max_length=100)]


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


class TechnologySpec(SpecModel):
    """Energy of one technology, area of another."""

    energy: Name
    area: Name

    def build(self) -> Technology:
        """The technology; a SpecError if one of the names is not known."""
        found = {}
        for key in ("energy", "area"):
            try:
                found[key] = technology(getattr(self, key))
            except SpecError as error:
                place = "technology" if self.energy == self.area else f"technology.{key}"
                raise error.within(key_path=place) from error
        if self.energy == self.area:
            return found["energy"]
        return Combined(found["energy"], found["area"])


def technology_of(chosen: str | TechnologySpec) -> Technology:
    """The technology of a file: one for both, or one each."""
    spec = TechnologySpec(energy=chosen, area=chosen) if isinstance(chosen, str) else chosen
    return spec.build()
