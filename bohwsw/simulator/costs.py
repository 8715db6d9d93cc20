"""What the actions of a machine cost: an architecture priced by a technology."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from bohwsw.arch import Architecture, StorageLevel
from bohwsw.tech.technology import (
    StorageCost,
    StorageKind,
    StorageShape,
    Technology,
    check_amount,
)


@dataclass(frozen=True)
class Costs:
    """Energy and area of every part of a machine.

    Attributes:
        storage: for each level, energy per block access and area of one instance.
        hop_energy_pj: for each level, energy of one word over one hop of the network below it.
        mac_energy_pj: energy of one multiply-accumulate operation.
        mac_area_mm2: area of one multiply-accumulate unit; None if unknown.
    """

    storage: tuple[StorageCost, ...]
    hop_energy_pj: tuple[float, ...]
    mac_energy_pj: float
    mac_area_mm2: float | None = None

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
    )


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
