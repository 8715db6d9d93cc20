"""What the actions of a machine cost: an architecture priced by a technology."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from bohwsw.arch import Architecture, StorageLevel
from bohwsw.mapping import OPERANDS
from bohwsw.tech import StorageCost, StorageKind, StorageShape, Technology, check_amount
from bohwsw.workload import Layer


@dataclass(frozen=True)
class Costs:
    """Energy and area of every part of a machine.

    Attributes:
        storage: for each level, energy per block access and area of one instance.
        hop_energy_pj: for each level, energy of one word over one hop of the network below it.
        mac_energy_pj: energy of one multiply-accumulate of operands as wide as the MAC takes.
        mac_linear_pj: the part of it that grows with the sum of the operands' widths; the rest
            grows with their product.
        mac_area_mm2: area of one multiply-accumulate unit; None if unknown.
    """

    storage: tuple[StorageCost, ...]
    hop_energy_pj: tuple[float, ...]
    mac_energy_pj: float
    mac_area_mm2: float | None = None
    mac_linear_pj: float = 0.0

    def mac_pj(self, layer: Layer, architecture: Architecture) -> float:
        """Energy of one multiply-accumulate of a layer; see ``mac_energy_pj``."""
        bits = architecture.mac.word_bits
        return float(mac_energy_pj(layer, bits, self.mac_energy_pj, self.mac_linear_pj))

    @property
    def hops_cost(self) -> bool:
        """Whether the ways on a network cost energy, which no bound of a mapper includes."""
        return any(self.hop_energy_pj)


def costs_of(architecture: Architecture, technology: Technology) -> Costs:
    """Price every level and the MAC of a machine in a technology.

    Raises:
        SpecError: the technology gives an energy or an area that is negative or not finite.
    """
    mac = technology.mac(architecture.mac.word_bits)
    hops = tuple(technology.hop_energy_pj(level.word_bits) for level in architecture.levels)
    for hop_energy_pj in hops:
        check_amount("hop_energy_pj", hop_energy_pj)
    return Costs(
        storage=tuple(technology.storage(_shape(level)) for level in architecture.levels),
        hop_energy_pj=hops,
        mac_energy_pj=mac.energy_pj,
        mac_area_mm2=mac.area_mm2,
        mac_linear_pj=mac.linear_pj,
    )


def mac_energy_pj(layer: Layer, mac_bits: Any, energy_pj: Any, linear_pj: Any) -> Any:
    """Energy of one multiply-accumulate of a layer's operands.

    An array multiplier grows with the product of its operands' widths, an adder and registers with
    their sum: so a technology that says what two operands of ``mac_bits`` cost, and which part of
    it is linear, says what others cost. Equal to ``energy_pj`` where the layer says no bits.

    Args:
        mac_bits: width of the operands that the unit takes; a number or an array, as the others.
        energy_pj: energy of one operation on two of these.
        linear_pj: the part of it that grows with the sum of the widths.
    """
    weights, inputs = (layer.bits[space] or mac_bits for space in OPERANDS)
    product, total = weights * inputs / mac_bits**2, (weights + inputs) / (2 * mac_bits)
    return energy_pj + (energy_pj - linear_pj) * (product - 1.0) + linear_pj * (total - 1.0)


def area_mm2(architecture: Architecture, costs: Costs) -> float | None:
    """Area of the whole chip without DRAM, in mm2; None if any part of it is unknown."""
    parts = [
        None if cost.area_mm2 is None else cost.area_mm2 * level.instances
        for level, cost in zip(architecture.levels, costs.storage, strict=True)
        if level.kind != "dram"
    ]
    parts.append(None if costs.mac_area_mm2 is None else costs.mac_area_mm2 * architecture.macs)
    known = [part for part in parts if part is not None]
    return sum(known) if len(known) == len(parts) else None


def _shape(level: StorageLevel) -> StorageShape:
    return StorageShape(
        kind=cast(StorageKind, level.kind),  # StorageShape refuses what is none
        entries=level.entries,
        word_bits=level.word_bits,
        block_size=level.block_size,
        cluster_size=level.cluster_size,
    )
