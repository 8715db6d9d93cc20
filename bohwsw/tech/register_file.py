"""Energy and area of a small memory made of flip-flops, at any size, width and node."""

from __future__ import annotations

from itertools import pairwise

from bohwsw.tech.array_figures import ArrayFigures
from bohwsw.tech.node_scaling import logic_area_ratio, logic_energy_ratio

# 45 nm, (rows, pJ per 16-bit access): the scratchpads of Accelergy's Eyeriss-like reference
# output of 2021 (Accelergy-Project/timeloop-accelergy-exercises, commit 1be0685,
# baseline_designs). Timeloop takes the dearer of read and write, so one figure serves for both.
_ENERGY_NODE_NM = 45
_ENERGY_BITS = 16
_ENERGY_POINTS = ((12, 0.237), (16, 0.251), (192, 1.586))

# 40 nm, um2 per bit: Aladdin's flip-flop (Shao et al., ISCA 2014; as in Accelergy's hwcomponents
# library, aladdin.py). NanGate's 45 nm DFF_X1 of 4.522 um2 would be 40 % smaller.
_AREA_NODE_NM = 40
_AREA_UM2_PER_BIT = 5.98


def register_file_energy_pj(node_nm: float, rows: int, width_bits: int) -> float:
    """Energy of one read or write of a register file of ``rows`` x ``width_bits``.

    Linear in rows between the three published points and along the end segments past them (the
    read multiplexer and the clock load grow with the rows), proportional to the access width.
    Nodes scale as logic does.
    """
    for (r0, e0), (r1, e1) in pairwise(_ENERGY_POINTS):
        at_45nm_pj = e0 + (e1 - e0) * (rows - r0) / (r1 - r0)
        if rows <= r1:
            break
    return at_45nm_pj * width_bits / _ENERGY_BITS * logic_energy_ratio(node_nm, _ENERGY_NODE_NM)


def register_file_area_mm2(node_nm: float, rows: int, width_bits: int) -> float:
    """Area of the flip-flops alone: address decoding and read multiplexers are not counted."""
    cell_um2 = _AREA_UM2_PER_BIT * logic_area_ratio(node_nm, _AREA_NODE_NM)
    return rows * width_bits * cell_um2 * 1e-6


def register_file_figures(node_nm: float, rows: int, width_bits: int) -> ArrayFigures:
    """Energy and area together; reading and writing cost the same."""
    energy_pj = register_file_energy_pj(node_nm, rows, width_bits)
    area_mm2 = register_file_area_mm2(node_nm, rows, width_bits)
    return ArrayFigures(energy_pj, energy_pj, area_mm2)
