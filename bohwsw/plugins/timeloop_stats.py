"""How the answer of ``timeloop-model`` is read."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace

from bohwsw.exporters import LINKS_OFF
from bohwsw.plugins.other_simulator import LayerFigures, SimulatorError

STATS_FILE = "timeloop-model.stats.txt"
SUMMARY_ROUNDING_PJ = 5001.0
"""The summary tells the energy in uJ with two decimals."""


@dataclass(frozen=True)
class TimeloopResult(LayerFigures):
    """What Timeloop answers for one mapping: energies of all instances, outermost level first."""

    level_energy_pj: tuple[float, ...]
    mac_energy_pj: float
    network_energy_pj: float

    def in_units_of(self, unit_pj: float) -> TimeloopResult:
        """The same where prices were not in pJ but in this unit."""
        return replace(
            self,
            energy_pj=self.energy_pj * unit_pj,
            level_energy_pj=tuple(energy * unit_pj for energy in self.level_energy_pj),
            mac_energy_pj=self.mac_energy_pj * unit_pj,
            network_energy_pj=self.network_energy_pj * unit_pj,
        )


def read_stats(text: str, depth: int) -> TimeloopResult:
    """The figures in a ``timeloop-model.stats.txt`` of so many storage levels.

    The summary has the energy in uJ with two decimals. What is returned is the sum of the parts,
    which are printed in pJ; the summary is compared with it.

    Raises:
        SimulatorError: a figure is missing or no number, the parts do not add up, or there were
            link transfers, which our counting rules do not have.
    """
    details, _, summary = text.partition("\nSummary Stats\n")
    levels, _, networks = details.partition("\nNetworks\n")
    sections = re.split(r"^=== .* ===$", levels, flags=re.MULTILINE)[1:]
    if len(sections) != depth + 1:
        raise SimulatorError(f"{STATS_FILE}: {len(sections)} levels instead of {depth + 1}")
    mac, *inner_first = [_energies(section) for section in sections]
    networks = networks.partition("\nOperational Intensity Stats\n")[0]
    network = _energies(networks)
    if any(map(_number, re.findall(r"^ *Link transfers *: *(\S+)$", networks, re.MULTILINE))):
        raise SimulatorError(f"{STATS_FILE} counts link transfers: {LINKS_OFF}=1 was not seen")
    energy_pj = math.fsum([mac, *inner_first, network])
    told_pj = 1e6 * _figure(summary, r"^Energy: (\S+) uJ$")
    if not abs(energy_pj - told_pj) <= SUMMARY_ROUNDING_PJ + 1e-6 * told_pj:
        raise SimulatorError(
            f"{STATS_FILE}: energies of levels, units and networks add up to {energy_pj} pJ, the"
            f" summary says {told_pj} pJ"
        )
    cycles = _figure(summary, r"^Cycles: (\S+)$")
    return TimeloopResult(energy_pj, int(cycles), tuple(reversed(inner_first)), mac, network)


def _energies(section: str) -> float:
    """The sum of all energies of all instances that a section tells, in pJ."""
    found = re.findall(r"Energy \(total\) *: *(\S+) pJ$", section, re.MULTILINE | re.IGNORECASE)
    return math.fsum(_number(value) for value in found)


def _figure(text: str, pattern: str) -> float:
    found = re.search(pattern, text, re.MULTILINE)
    if found is None:
        raise SimulatorError(f"{STATS_FILE}: no line like {pattern.strip('^$')}")
    return _number(found[1])


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or value < 0:
        raise SimulatorError(f"{STATS_FILE}: not a figure: {text}")
    return value
