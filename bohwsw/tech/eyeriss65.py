"""Technology ``eyeriss-65nm``: Accelergy's 65 nm energies of an Eyeriss-like machine.

Source: Accelergy-Project/timeloop-accelergy-exercises, commit 2d55108,
workspace/example_designs/example_designs/eyeriss_like/ref_outputs/default_problem/
timeloop-mapper.ERT_summary.yaml: five storages and one multiply-accumulate unit. What is between
and beyond them is our interpolation, stated below.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from bohwsw.tech.monotone_curve import MonotoneCurve
from bohwsw.tech.sram_table import sram_figures
from bohwsw.tech.technology import MacCost, StorageCost, StorageShape, check_count

# (rows, width_bits, read pJ, write pJ) per access of the whole row.
_INPUT_SPAD = (12, 16, 0.202442, 0.176713)
_PSUM_SPAD = (16, 16, 0.2513, 0.2191)
_WEIGHT_SPAD = (192, 16, 1.976602, 1.881657)
_GLOBAL_BUFFER = (16384, 64, 18.183829, 14.137929)
_DRAM_PJ_PER_BIT = 512 / 64  # LPDDR4
_MAC8_PJ = 0.207692

# Above the global buffer's 128 KB, in steps of two up to the end of the CACTI table, 4 MB.
_DOUBLINGS_ABOVE_GLOBAL_BUFFER = 5


@dataclass(frozen=True)
class Eyeriss65:
    """The table as a function of size and width; it knows no area.

    Energy per bit of an access depends on the capacity alone, so an access costs in proportion to
    its width. Over capacity the curve is straight on log-log paper through the three scratchpads
    and the global buffer; above that it grows as CACTI 7's 65 nm SRAM does, and below the
    smallest scratchpad it goes on with the slope of the smallest two. It is exact at the table's
    components. Register files and SRAM are on the same curve.
    """

    name: str = "eyeriss-65nm"
    source: str = "Accelergy, eyeriss_like at 65 nm (timeloop-accelergy-exercises, 2d55108)"

    def storage(self, shape: StorageShape) -> StorageCost:
        """Energy per vector access of one instance; updates cost as much as fills."""
        if shape.kind == "dram":
            energy_pj = _DRAM_PJ_PER_BIT * shape.width_bits
            return StorageCost(energy_pj, energy_pj, energy_pj, None)
        capacity_bits = shape.rows * shape.width_bits
        read_curve, write_curve = _curves()
        # A clustered instance pays for its own share of the width.
        access_bits = shape.width_bits / shape.cluster_size
        write_pj = write_curve(capacity_bits) * access_bits
        return StorageCost(read_curve(capacity_bits) * access_bits, write_pj, write_pj, None)

    def mac(self, word_bits: int) -> MacCost:
        """0.2077 pJ at 8 bit, times (bits/8)^2: PAT's law for multipliers."""
        return MacCost(_MAC8_PJ * (check_count("word_bits", word_bits) / 8) ** 2, None)

    def hop_energy_pj(self, word_bits: int) -> float:
        """0: the table has no wires."""
        check_count("word_bits", word_bits)
        return 0.0


@cache
def _curves() -> tuple[MonotoneCurve, MonotoneCurve]:
    """Read and write energy (pJ per bit of access) over the capacity (bits)."""
    arrays = [_INPUT_SPAD, _PSUM_SPAD, _WEIGHT_SPAD, _GLOBAL_BUFFER]
    rows, width, read_pj, write_pj = _GLOBAL_BUFFER
    anchor = sram_figures(65, rows, width)
    for doubling in range(1, _DOUBLINGS_ABOVE_GLOBAL_BUFFER + 1):
        larger = sram_figures(65, rows * 2**doubling, width)
        read = read_pj * larger.read_pj / anchor.read_pj
        arrays.append(
            (rows * 2**doubling, width, read, write_pj * larger.write_pj / anchor.write_pj)
        )
    reads = MonotoneCurve.through((n * bits, pj / bits) for n, bits, pj, _ in arrays)
    return reads, MonotoneCurve.through((n * bits, pj / bits) for n, bits, _, pj in arrays)
