"""Technologies ``cacti-<node>nm``: CACTI 7's SRAM, flip-flop register files, Aladdin's MAC."""

from __future__ import annotations

from dataclasses import dataclass

from bohwsw.errors import SpecError
from bohwsw.tech.logic import mac_cost, register_file_figures
from bohwsw.tech.sram_table import node_range_nm, sram_figures
from bohwsw.tech.technology import MacCost, StorageCost, StorageShape, check_count

# LPDDR4, as Accelergy prices it: 512 pJ per 64 bits (timeloop-accelergy-exercises).
DRAM_PJ_PER_BIT = 8.0


@dataclass(frozen=True)
class Cacti:
    """Energy and area at a node between 22 and 65 nm.

    A ``regfile`` is made of flip-flops whatever its size. An ``sram`` is a memory macro, except
    where flip-flops beat the smallest macro in energy and in area both: then it is made of them.
    So neither figure ever falls as entries are added.
    Raises:
        SpecError: if the node is outside the table.
    """

    node_nm: float  # the node; 65, 45, 32 and 22 are tabled, the ones between are interpolated

    def __post_init__(self) -> None:
        low, high = node_range_nm()
        # NaN fails this comparison too.
        if not low <= self.node_nm <= high:
            raise SpecError(
                "the SRAM table does not reach this node",
                got=self.node_nm,
                expected=f"{low} to {high} nm",
            )

    @property
    def name(self) -> str:
        return f"cacti-{self.node_nm:g}nm"

    @property
    def source(self) -> str:
        return (
            f"{self.node_nm:g} nm: SRAM from CACTI 7 (itrs-lstp), register files from Accelergy's "
            "45 nm Eyeriss and Aladdin's flip-flop, MAC from Aladdin, LPDDR4 at 8 pJ/bit"
        )

    def storage(self, shape: StorageShape) -> StorageCost:
        """Energy per vector access and area; DRAM is off chip, so its area is 0.

        Clustered instances share one wide array; its energy and area are divided among them.
        """
        if shape.kind == "dram":
            energy_pj = DRAM_PJ_PER_BIT * shape.width_bits
            return StorageCost(energy_pj, energy_pj, energy_pj, 0.0)
        array = (self.node_nm, shape.rows, shape.width_bits)
        registers = register_file_figures(*array)
        if shape.kind == "regfile":
            return registers.shared_by(shape.cluster_size)
        macro = sram_figures(*array)
        cheaper = registers if registers.no_dearer_than(macro) else macro
        return cheaper.shared_by(shape.cluster_size)

    def mac(self, word_bits: int) -> MacCost:
        """Energy and area of an integer multiply-accumulate; see ``mac_cost``."""
        return mac_cost(self.node_nm, check_count("word_bits", word_bits))

    def hop_energy_pj(self, word_bits: int) -> float:
        """0: a hop's length, and so its energy, depends on a floor plan that is not known here."""
        check_count("word_bits", word_bits)
        return 0.0
