"""Energy and area of one physical array, before it is divided among clustered instances."""

from __future__ import annotations

from dataclasses import dataclass

from bohwsw.tech.technology import StorageCost


@dataclass(frozen=True)
class ArrayFigures:
    """Energy of one access to a whole row (pJ) and area (mm2) of an array."""

    read_pj: float
    write_pj: float
    area_mm2: float

    def no_dearer_than(self, other: ArrayFigures) -> bool:
        """Whether this array costs at most as much as ``other`` in every figure."""
        return (
            self.read_pj <= other.read_pj
            and self.write_pj <= other.write_pj
            and self.area_mm2 <= other.area_mm2
        )

    def shared_by(self, instances: int) -> StorageCost:
        """The share of each of ``instances`` that make up the array; updates are writes."""
        write_pj = self.write_pj / instances
        return StorageCost(self.read_pj / instances, write_pj, write_pj, self.area_mm2 / instances)
