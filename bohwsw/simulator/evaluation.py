"""What a simulation answers."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from bohwsw.mapping import Violation


@dataclass(frozen=True)
class DataSpaceResult:
    """Traffic of one data space at one level.

    Attributes:
        reads: words read from one instance.
        fills: words that arrive in one instance from the level outside.
        updates: words that arrive in one instance from inside (partial sums).
        energy_pj: energy of all instances.
    """

    reads: int
    fills: int
    updates: int
    energy_pj: float


@dataclass(frozen=True)
class LevelResult:
    """One storage level.

    Attributes:
        instances: instances that the mapping uses.
        latency_cycles: cycles if this level were the only bottleneck.
        data_spaces: results of the data spaces kept here.
        network_energy_pj: energy of the network below the level, all data spaces.
    """

    name: str
    instances: int
    latency_cycles: int
    data_spaces: dict[str, DataSpaceResult]
    network_energy_pj: float

    @property
    def energy_pj(self) -> float:
        """Energy of the level's storage, all instances, without the network."""
        return sum(result.energy_pj for result in self.data_spaces.values())

    def to_json(self) -> dict[str, dict[str, Any]]:
        """The traffic of each data space as plain data."""
        return {space: asdict(result) for space, result in self.data_spaces.items()}


@dataclass(frozen=True)
class Evaluation:
    """A mapping's cost on a machine.

    An invalid mapping has ``violations`` and no numbers: levels is empty, the rest None.

    Attributes:
        violations: every constraint the mapping breaks.
        latency_cycles: cycles of the whole layer.
        energy_pj: energy of the whole layer.
        mac_energy_pj: the part of the multiply-accumulate operations.
        utilisation: multiply-accumulates over (cycles x units of the chip).
        levels: results of each storage level, outermost first.
    """

    violations: tuple[Violation, ...] = ()
    latency_cycles: int | None = None
    energy_pj: float | None = None
    mac_energy_pj: float | None = None
    utilisation: float | None = None
    levels: tuple[LevelResult, ...] = ()

    @property
    def valid(self) -> bool:
        """Whether the mapping fits the machine."""
        return not self.violations

    @property
    def edp_pj_cycles(self) -> float | None:
        """Energy-delay product; None if invalid."""
        if self.energy_pj is None or self.latency_cycles is None:
            return None
        return self.energy_pj * self.latency_cycles
