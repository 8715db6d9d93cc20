"""Why a mapped layer costs what it costs: traffic, energy, capacity, bandwidth, reuse, by level.

All figures follow from the evaluation; nothing is simulated again. For each data space, reuse x
multicast, multiplied over the levels that keep it, is the operations per word of the tensor.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bohwsw.arch import Architecture
from bohwsw.errors import SpecError
from bohwsw.mapping import Mapping, Tiles, check_factors, level_units, tiles_of
from bohwsw.simulator.bottleneck import AxisUse, Binding, axes_of, bindings, words_of_ports
from bohwsw.simulator.evaluation import DataSpaceResult, Evaluation
from bohwsw.workload import DATA_SPACES, Layer

NEARLY_FULL = 0.9
"""Share of a capacity from which on it is called nearly full."""


@dataclass(frozen=True)
class Use:
    """How much of a resource is in use."""

    used: float  # in the resource's unit
    available: float | None  # the same; None is unlimited

    @property
    def share(self) -> float | None:
        """Used over available; None if unlimited."""
        return None if self.available is None else self.used / self.available


@dataclass(frozen=True)
class DataSpaceUse:
    """One data space at a level that keeps it."""

    data_space: str  # ``Weights``, ``Inputs`` or ``Outputs``
    reads: int  # elements read, over all instances
    fills: int  # elements that arrive from the level outside, over all instances
    updates: int  # elements that arrive from inside (partial sums), over all instances
    energy_pj: float  # energy of these accesses, all instances
    energy_share: float  # part of the layer's energy
    tile_words: int  # elements that one instance holds at a time
    # Reads for each word that arrives. Outputs: updates for each word that leaves. At the outermost
    # level each word of the tensor arrives, or leaves, once.
    reuse: float
    # Words that the next level inside receives, or the MACs use, for each word read here. Outputs:
    # partial sums that come from inside for each update here; the others are added on the way.
    multicast: float


@dataclass(frozen=True)
class LevelUse:
    """One storage level."""

    name: str
    instances: Use  # instances in use, of those on the chip
    capacity: Use  # words that one instance holds at a time, of its entries
    read_bandwidth: Use  # words read per cycle of the latency, one instance
    write_bandwidth: Use  # the same for fills and updates
    latency_cycles: int  # cycles if this level were the only bottleneck
    data_spaces: tuple[DataSpaceUse, ...]  # what is kept here
    network_energy_pj: float  # energy of the network below the level
    network_energy_share: float  # part of the layer's energy

    @property
    def nearly_full(self) -> bool:
        """Whether at least ``NEARLY_FULL`` of the capacity is in use."""
        return (self.capacity.share or 0.0) >= NEARLY_FULL


@dataclass(frozen=True)
class MacUse:
    """The MAC array."""

    operations: int  # multiply-accumulates of the layer
    instances: Use  # units in use, of those on the chip
    energy_pj: float  # energy of the operations
    energy_share: float  # part of the layer's energy
    utilisation: float  # operations over (latency x units of the chip)


@dataclass(frozen=True)
class EnergyPart:
    """A part of the layer's energy."""

    component: str  # a storage level or ``MAC``
    kind: str  # a data space, ``network`` (below the level) or ``operations``
    energy_pj: float  # energy of all instances
    share: float  # part of the layer's energy


@dataclass(frozen=True)
class Explanation:
    """Where the energy and the cycles of a mapped layer go."""

    layer: str
    architecture: str
    latency_cycles: int  # cycles of the layer
    compute_cycles: int  # cycles at the speed of the MACs, no bandwidth in the way
    energy_pj: float  # energy of the layer
    levels: tuple[LevelUse, ...]
    mac: MacUse
    axes: tuple[AxisUse, AxisUse]  # the X and the Y axis of the MAC array
    binding: tuple[Binding, ...]  # the resources that set the latency; at least one

    @property
    def edp_pj_cycles(self) -> float:
        """Energy-delay product."""
        return self.energy_pj * self.latency_cycles

    @property
    def nearly_full(self) -> tuple[LevelUse, ...]:
        """Levels with little capacity left."""
        return tuple(level for level in self.levels if level.nearly_full)

    @property
    def energy_parts(self) -> tuple[EnergyPart, ...]:
        """All parts of the energy, largest first; they sum to ``energy_pj``."""
        parts = [EnergyPart("MAC", "operations", self.mac.energy_pj, self.mac.energy_share)]
        for level in self.levels:
            kinds = [(use.data_space, use.energy_pj, use.energy_share) for use in level.data_spaces]
            kinds.append(("network", level.network_energy_pj, level.network_energy_share))
            parts += [EnergyPart(level.name, *kind) for kind in kinds]
        return tuple(sorted(parts, key=lambda part: -part.energy_pj))


def explain(
    layer: Layer, architecture: Architecture, mapping: Mapping, evaluation: Evaluation
) -> Explanation:
    """Explain a mapped layer.

    Args:
        mapping: a valid mapping of the layer on it, with perfect factors.
        evaluation: what it costs, by the scalar simulator.

    Raises:
        SpecError: the mapping is not valid, or the evaluation is not one of this machine.
    """
    latency, energy_pj = evaluation.latency_cycles, evaluation.energy_pj
    if latency is None or energy_pj is None:
        broken = "; ".join(str(violation) for violation in evaluation.violations)
        raise SpecError("only a valid mapping can be explained", got=broken)
    names = [level.name for level in architecture.levels]
    if [result.name for result in evaluation.levels] != names:
        raise SpecError(
            f"this evaluation is not one of machine {architecture.name!r}",
            got=", ".join(result.name for result in evaluation.levels),
            expected=", ".join(names),
        )
    check_factors(layer, mapping)
    axes = axes_of(layer, architecture, mapping)
    mac_energy_pj = evaluation.mac_energy_pj or 0.0
    return Explanation(
        layer=layer.name,
        architecture=architecture.name,
        latency_cycles=latency,
        compute_cycles=mapping.compute_cycles,
        energy_pj=energy_pj,
        levels=tuple(_levels(layer, architecture, tiles_of(layer, mapping), evaluation)),
        mac=MacUse(
            layer.macs,
            Use(axes[0].used * axes[1].used, architecture.macs),
            mac_energy_pj,
            _share(mac_energy_pj, energy_pj),
            evaluation.utilisation or 0.0,
        ),
        axes=axes,
        binding=bindings(layer, architecture, mapping, evaluation),
    )


def _levels(
    layer: Layer, architecture: Architecture, tiles: Tiles, evaluation: Evaluation
) -> Iterator[LevelUse]:
    latency, energy_pj = evaluation.latency_cycles or 1, evaluation.energy_pj or 0.0
    for index, (level, result) in enumerate(
        zip(architecture.levels, evaluation.levels, strict=True)
    ):
        uses = tuple(
            _data_space(layer, tiles, evaluation, index, space)
            for space in DATA_SPACES
            if space in result.data_spaces
        )
        word, units = level_units(layer, level.word_bits)
        held = sum(use.tile_words * units[use.data_space] for use in uses)
        reads, writes = words_of_ports(layer, level, result)
        yield LevelUse(
            name=level.name,
            instances=Use(result.instances, level.instances),
            capacity=Use(held if word == 1 else held / word, level.entries),
            read_bandwidth=Use(reads / latency, level.read_words_per_cycle),
            write_bandwidth=Use(writes / latency, level.write_words_per_cycle),
            latency_cycles=result.latency_cycles,
            data_spaces=uses,
            network_energy_pj=result.network_energy_pj,
            network_energy_share=_share(result.network_energy_pj, energy_pj),
        )


def _data_space(
    layer: Layer, tiles: Tiles, evaluation: Evaluation, index: int, space: str
) -> DataSpaceUse:
    level = evaluation.levels[index]
    result, count = level.data_spaces[space], level.instances
    tile_words = tiles.words[index][space]
    received = layer.macs  # of the next keeper inside, each MAC operation takes a word
    for inner in evaluation.levels[index + 1 :]:
        if space in inner.data_spaces:
            received = inner.instances * _exchanged(space, inner.data_spaces[space])
            break
    arrived = _exchanged(space, result) if index else tile_words
    served = result.updates if space == "Outputs" else result.reads
    return DataSpaceUse(
        data_space=space,
        reads=count * result.reads,
        fills=count * result.fills,
        updates=count * result.updates,
        energy_pj=result.energy_pj,
        energy_share=_share(result.energy_pj, evaluation.energy_pj or 0.0),
        tile_words=tile_words,
        reuse=served / arrived,
        multicast=received / (count * served),
    )


def _exchanged(space: str, result: DataSpaceResult) -> int:
    """Words that one instance gets from outside, or, of Outputs, gives back."""
    if space == "Outputs":
        return result.fills + result.updates - result.reads
    return result.fills


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
