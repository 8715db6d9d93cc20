"""Timeloop's public technology model, "PAT": the one of the paper's era.

Source: NVlabs/timeloop, pat-public/src/pat/pat.cpp, and the way its buffer model calls it. All
figures are relative: a 16-bit multiply-accumulate costs 1. They follow the ratios published with
Eyeriss (Chen et al., ISCA 2016): register file 1, global buffer 6, DRAM 200.
"""

from __future__ import annotations

from dataclasses import dataclass

from bohwsw.tech.technology import MacCost, StorageCost, StorageShape, check_count

# pat.cpp, SRAMEnergy: a straight line through two (KiB, units per 16-bit access) points.
_SMALL_KIB, _SMALL_UNITS = 0.5, 1.0
_LARGE_KIB, _LARGE_UNITS = 100.0, 6.0
# pat.cpp, DRAMEnergy: units per 16-bit access.
_DRAM_UNITS = 200.0
_BASE_BITS = 16


def sram_energy_pj(rows: int, width_bits: int) -> float:
    """Energy of one access to an array of ``rows`` x ``width_bits``, pat.cpp's SRAMEnergy.

    Linear in capacity, then scaled by the width of the access over 16 bits.
    """
    slope = (_LARGE_UNITS - _SMALL_UNITS) / (_LARGE_KIB - _SMALL_KIB)
    kib = rows * width_bits / (8 * 1024)
    return (slope * (kib - _SMALL_KIB) + _SMALL_UNITS) * width_bits / _BASE_BITS


@dataclass(frozen=True)
class TimeloopPat:
    """Technology ``timeloop-pat``. Areas are unknown (PAT prints 0), wires are free."""

    name: str = "timeloop-pat"
    source: str = "NVlabs/timeloop, pat-public/src/pat/pat.cpp; 16-bit MAC = 1"

    def storage(self, shape: StorageShape) -> StorageCost:
        """Energy per vector access; reads and writes cost the same, register files are SRAM.

        Clustered instances share one wide array and its energy is divided among them, as in
        Timeloop's BufferLevel::ParseSpecs.
        """
        if shape.kind == "dram":
            energy_pj = _DRAM_UNITS * shape.width_bits / _BASE_BITS
        else:
            energy_pj = sram_energy_pj(shape.rows, shape.width_bits) / shape.cluster_size
        return StorageCost(energy_pj, energy_pj, energy_pj, None)

    def mac(self, word_bits: int) -> MacCost:
        """(bits/16)^2 units: the multiplier scales with both operands, the adder is free."""
        return MacCost((check_count("word_bits", word_bits) / _BASE_BITS) ** 2, None)

    def hop_energy_pj(self, word_bits: int) -> float:
        """0: wires are free in PAT."""
        check_count("word_bits", word_bits)
        return 0.0
