"""An installed Timeloop as simulator: our mappings in its files, its answer in our terms.

Timeloop (Parashar et al., ISPASS 2019; NVlabs/timeloop) is no Python package: ``timeloop-model``
has to be built and on PATH, or its path be given. Energies per action are ours and link transfers
are switched off: under these settings version 3.0.3 (tag v3.0.3 of October 2023, whose spelling of
keys is written) counts as ``docs/counting-rules.md`` says, and `relative_differences` are rounding.
"""

from __future__ import annotations

import math
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from bohwsw.arch import Architecture
from bohwsw.checks import require_time_out
from bohwsw.execution import CommandError, checked_command, exit_message, run_program
from bohwsw.exporters import LINKS_OFF, check_expressible, timeloop_files_of
from bohwsw.mapping import Mapping as Nest
from bohwsw.mapping import violations
from bohwsw.plugins.other_simulator import LayerFigures, RejectedMappingError, SimulatorError
from bohwsw.simulator import Costs, Evaluation
from bohwsw.tech import StorageCost
from bohwsw.workload import DATA_SPACES, Layer, tensor_words

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


OTHER_COUNTS = (
    "TIMELOOP_ENABLE_FIRST_READ_ELISION",
    "TIMELOOP_ENABLE_UPDATED_RMW",
    "TIMELOOP_DISABLE_TEMPORAL_EXTRAPOLATION",
    "TIMELOOP_DISABLE_SPATIAL_EXTRAPOLATION",
    "TIMELOOP_DISABLE_FIRST_ELEMENT_ONLY_SPATIAL_EXTRAPOLATION",
    "TIMELOOP_RUN_LAST_ITERATION",
    "TIMELOOP_USE_ISL",
)
"""Variables that make Timeloop count by other rules; they are kept from it."""

ENVIRONMENT: dict[str, str | None] = {LINKS_OFF: "1", **dict.fromkeys(OTHER_COUNTS)}
HOW_TO_GET_IT = (
    "timeloop-model, built from github.com/NVlabs/timeloop, tag v3.0.3 (it is no Python package):"
    " on PATH, or its path as `command`"
)
PRINTED_PJ, DIGITS = 0.005, 1e-6
"""How far a printed energy may be from the true one, and how far the sum of all, as a share."""

LOWEST_EXPONENT, HIGHEST_EXPONENT, LARGEST_SHIFT = 20, 200, 1000
"""Powers of two between which raised prices lie, and the largest by which they are raised."""


@dataclass(frozen=True)
class Timeloop:
    """An installed Timeloop.

    Attributes:
        command: the program, perhaps with arguments; the names of the input files come after it.
    """

    command: str | Sequence[str] = "timeloop-model"
    seconds: float = 600.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "command", checked_command(self.command, HOW_TO_GET_IT))
        require_time_out("seconds", self.seconds)

    def evaluate(
        self, layer: Layer, architecture: Architecture, mapping: Nest, costs: Costs
    ) -> TimeloopResult:
        """Evaluate one mapping; see `Simulator.evaluate` for the errors.

        Timeloop prints pJ with two decimals. Where these would not tell six digits of the whole, it
        is told prices in a smaller unit, a power of two of a pJ.
        """
        check_expressible(layer, architecture, mapping, costs)
        unit_pj = _unit_pj(layer, architecture, costs)
        files = timeloop_files_of(layer, architecture, mapping, _in_units_of(unit_pj, costs))
        result = read_stats(self._stats(files), architecture.depth)
        if broken := violations(layer, architecture, mapping):
            raise RejectedMappingError(f"Timeloop takes it, but {broken[0]}")
        return result.in_units_of(unit_pj)

    def _stats(self, files: Mapping[str, Any]) -> str:
        """The statistics that Timeloop writes for its input files."""
        with tempfile.TemporaryDirectory(prefix="bohwsw-") as folder:
            for name, data in files.items():
                text = yaml.safe_dump(data, sort_keys=False, width=math.inf)
                Path(folder, name).write_text(text, encoding="utf-8")
            try:
                command = [*self.command, *files]
                ended = run_program(command, folder, seconds=self.seconds, environment=ENVIRONMENT)
            except CommandError as error:
                raise SimulatorError(str(error)) from error
            if ended.returncode != 0:
                rejected = re.search(r"couldn't map level .*", ended.stderr)
                if rejected:
                    raise RejectedMappingError(f"Timeloop {rejected[0]}")
                raise SimulatorError(f"Timeloop {exit_message(ended)}")
            try:
                return Path(folder, STATS_FILE).read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise SimulatorError(f"{STATS_FILE} cannot be read: {error}") from error


def _unit_pj(layer: Layer, architecture: Architecture, costs: Costs) -> float:
    """A pJ if its hundredth tells enough; otherwise a power of two in which no price is small."""
    figures = 2 * len(DATA_SPACES) * architecture.depth + 1  # levels, networks, units
    if figures * PRINTED_PJ <= DIGITS * _least_energy_pj(layer, architecture, costs):
        return 1.0
    prices = [price for cost in costs.storage for price in _prices(cost).values()]
    prices += [*costs.hop_energy_pj, costs.mac_energy_pj]
    exponents = [math.frexp(price)[1] for price in prices if price]
    if not exponents:
        return 1.0
    shift = min(LOWEST_EXPONENT - min(exponents), HIGHEST_EXPONENT - max(exponents), LARGEST_SHIFT)
    return math.ldexp(1.0, -max(shift, 0))


def _least_energy_pj(layer: Layer, architecture: Architecture, costs: Costs) -> float:
    """What any mapping costs: the operations, and each tensor through the outermost level once."""
    blocks = {
        space: -(-tensor_words(layer, space) // architecture.levels[0].block_size)
        for space in DATA_SPACES
    }
    outermost = costs.storage[0]
    read_pj = outermost.read_pj * (blocks["Weights"] + blocks["Inputs"])
    return layer.macs * costs.mac_energy_pj + read_pj + outermost.update_pj * blocks["Outputs"]


def _in_units_of(unit_pj: float, costs: Costs) -> Costs:
    return Costs(
        tuple(
            replace(cost, **{key: price / unit_pj for key, price in _prices(cost).items()})
            for cost in costs.storage
        ),
        tuple(price / unit_pj for price in costs.hop_energy_pj),
        costs.mac_energy_pj / unit_pj,
    )


def _prices(cost: StorageCost) -> dict[str, float]:
    return {"read_pj": cost.read_pj, "fill_pj": cost.fill_pj, "update_pj": cost.update_pj}


def relative_differences(result: TimeloopResult, evaluation: Evaluation) -> dict[str, float]:
    """How far Timeloop's answer is from our simulator's, as shares of ours; 0 is equal.

    Of ``energy_pj``, ``latency_cycles``, ``edp_pj_cycles`` and the energy of each level by name.
    """
    pairs = {
        key: (getattr(result, key), getattr(evaluation, key) or 0.0)
        for key in ("energy_pj", "latency_cycles", "edp_pj_cycles")
    }
    for level, theirs in zip(evaluation.levels, result.level_energy_pj, strict=True):
        pairs[level.name] = (theirs, level.energy_pj)
    return {
        name: 0.0 if theirs == ours else (theirs - ours) / ours if ours else math.inf
        for name, (theirs, ours) in pairs.items()
    }
