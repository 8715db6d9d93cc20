"""A chip design: one machine with the mappings of every network that is to run on it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from bohwsw.codesign.design import Design, Rejection
from bohwsw.codesign.hardware_space import Hardware
from bohwsw.codesign.objectives import AREA, FIGURES
from bohwsw.mapper.mapper import gap_to
from bohwsw.mapping.validity import Violation


@dataclass(frozen=True)
class ChipDesign:
    """A machine with a design for each network; figures are weighted geometric means of theirs.

    Attributes:
        designs: one for each network, all of the same machine.
        weights: of the networks; they add up to 1.
    """

    designs: tuple[Design, ...]
    weights: tuple[float, ...] = (1.0,)

    @property
    def hardware(self) -> Hardware:
        """The machine."""
        return self.designs[0].hardware

    @property
    def area_mm2(self) -> float | None:
        """Area of the chip without DRAM; None if unknown."""
        return self.hardware.area_mm2

    @property
    def over_limits(self) -> tuple[Rejection, ...]:
        """What the machine, or a network on it, is over the limits of the space in."""
        return self.designs[0].over_limits

    @property
    def violations(self) -> tuple[Violation, ...]:
        """The limits of the space that are broken, with value, limit and ratio."""
        return self.designs[0].violations

    @property
    def evaluations(self) -> int:
        """Mappings that were simulated to find those of the layers."""
        return sum(design.evaluations for design in self.designs)

    def design(self, network: str) -> Design:
        """The design of a network, by its name."""
        return next(design for design in self.designs if design.network == network)

    def objective(self, name: str) -> float:
        """Mean of ``edp`` (pJ x cycles), ``energy`` (pJ) or ``latency`` (cycles); ``area`` (mm2).

        The area must be known.
        """
        if name == AREA:
            assert self.area_mm2 is not None
            return self.area_mm2
        return self._mean([design.objective(name) for design in self.designs])

    def log_objective(self, name: str) -> float:
        """Natural logarithm of an objective: the weighted sum of the networks' logarithms."""
        if name == AREA:
            return math.log(self.objective(AREA))
        return sum(
            weight * math.log(design.objective(name))
            for weight, design in zip(self.weights, self.designs, strict=True)
        )

    def ratio_to(self, other: ChipDesign, objective: str) -> float:
        """This chip's objective as a share of another's with the same networks.

        The weighted geometric mean of the shares of each network.
        """
        if objective == AREA:
            return self.objective(AREA) / other.objective(AREA)
        return self._mean(
            [
                mine.objective(objective) / theirs.objective(objective)
                for mine, theirs in zip(self.designs, other.designs, strict=True)
            ]
        )

    @property
    def lower_bound(self) -> float:
        """Mean of the networks' bounds on what they were mapped for; 0 where one has none."""
        return self._mean([design.lower_bound for design in self.designs])

    def gap(self, objective: str) -> float:
        """How far, at most, what was mapped for is above the least on this machine."""
        return gap_to(self.objective(objective), self.lower_bound)

    def figures(self) -> dict[str, float | None]:
        """All figures, units in the names; the area is None if unknown."""
        if len(self.designs) == 1:
            return self.designs[0].figures()
        return {
            figure: self.area_mm2 if name == AREA else self.objective(name)
            for name, figure in FIGURES.items()
        }

    def _mean(self, values: list[float]) -> float:
        powers = [value**weight for value, weight in zip(values, self.weights, strict=True)]
        return float(math.prod(powers))
