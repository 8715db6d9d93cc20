"""The technologies by name, the place to add one's own, and what a YAML file says of them.

Timeloop's PAT has energies that reproduce the field's results and no area at all; an area budget
needs both.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Annotated

from pydantic import Field

from bohwsw.errors import SpecError, unknown_name
from bohwsw.tech.cacti import Cacti
from bohwsw.tech.eyeriss65 import Eyeriss65
from bohwsw.tech.pat import TimeloopPat
from bohwsw.tech.technology import MacCost, StorageCost, StorageShape, Technology
from bohwsw.yamlfile import SpecModel

_BUILT_IN: tuple[Technology, ...] = (
    TimeloopPat(),
    Eyeriss65(),
    Cacti(65),
    Cacti(45),
    Cacti(32),
    Cacti(22),
)
_REGISTERED: dict[str, Technology] = {built_in.name: built_in for built_in in _BUILT_IN}

# Nodes between the tabled ones, like cacti-28nm.
_CACTI_NODE = re.compile(r"cacti-(\d{1,4}(?:\.\d{1,3})?)nm")


def technology(name: str) -> Technology:
    """The technology called ``name``.

    Args:
        name: one of :func:`technology_names`, or ``cacti-<node>nm`` for any node from 22 to 65.

    Raises:
        SpecError: if there is none of that name, or its node is outside the table.
    """
    found = _REGISTERED.get(name) if isinstance(name, str) else None
    if found is not None:
        return found
    match = _CACTI_NODE.fullmatch(name) if isinstance(name, str) else None
    if match is not None:
        return Cacti(float(match.group(1)))
    raise unknown_name("technology", name, technology_names())


def technology_names() -> list[str]:
    """Names that :func:`technology` knows, built-in ones first; nodes between are not listed."""
    return list(_REGISTERED)


def register_technology(new: Technology, *, replace: bool = False) -> None:
    """Make a technology of one's own available by its name, in this process.

    Args:
        new: an object with the members of :class:`~bohwsw.tech.technology.Technology`.
        replace: whether it may take the place of one that has the same name.

    Raises:
        SpecError: if a member is missing, the name is not usable or already taken.
    """
    if not isinstance(new, Technology):
        raise SpecError(
            "this is not a technology",
            got=new,
            expected="an object with name, source, storage, mac and hop_energy_pj",
        )
    if not isinstance(new.name, str) or not new.name.strip():
        raise SpecError("a technology needs a name", key_path="name", got=new.name)
    if new.name in _REGISTERED and not replace:
        raise SpecError(
            "a technology of this name exists",
            key_path="name",
            got=new.name,
            expected="another name, or replace=True",
        )
    _REGISTERED[new.name] = new


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

    energy: Name  #: technology of the energies
    area: Name  #: technology of the areas

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
