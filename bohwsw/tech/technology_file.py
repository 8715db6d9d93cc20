"""Technologies as they stand in a YAML file."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from bohwsw.errors import SpecError
from bohwsw.tech.catalogue import technology
from bohwsw.tech.combined import Combined
from bohwsw.tech.technology import Technology
from bohwsw.yamlfile import SpecModel

Name = Annotated[str, Field(min_length=1, max_length=100)]


class TechnologySpec(SpecModel):
    """Energy of one technology, area of another."""

    energy: Name
    area: Name

    def build(self) -> Technology:
        """The technology.

        Raises:
            SpecError: one of the names is not known.
        """
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
