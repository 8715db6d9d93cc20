"""Energy and area of logic at any width and node: multiply-accumulate units, flip-flop memories.

It scales between technology nodes, 7 to 65 nm, unlike memory macros.
"""

from __future__ import annotations

from itertools import pairwise

from bohwsw.tech.monotone_curve import MonotoneCurve
from bohwsw.tech.technology import ArrayFigures, MacCost

# Energy (pJ) of an 8x8-bit integer multiply with 16-bit accumulation, by node (nm): Aladdin's
# model (Shao et al., ISCA 2014) as Accelergy's libraries evaluate it.
MAC8_ENERGY_PJ = {7: 0.097, 28: 0.53, 45: 1.03, 65: 1.28}

_MAC8_CURVE = MonotoneCurve.through((float(node), pj) for node, pj in MAC8_ENERGY_PJ.items())

# What is measured at 45 nm (energy) and at 40 nm (area) is scaled from there.
_ENERGY_NODE_NM, _AREA_NODE_NM = 45, 40


def logic_energy_ratio(node_nm: float, from_nm: float) -> float:
    """Energy of logic at ``node_nm`` over that at ``from_nm``.

    The ratio of Aladdin's 8-bit MAC energies, log-log interpolated in the node.
    """
    return _MAC8_CURVE(node_nm) / _MAC8_CURVE(from_nm)


def logic_area_ratio(node_nm: float, from_nm: float) -> float:
    """Area of logic at ``node_nm`` over that at ``from_nm``: ideal scaling, the node squared.

    Real libraries shrink a little less than this below 28 nm.
    """
    return (node_nm / from_nm) ** 2


# 45 nm, pJ. 8 bit: Aladdin's model. 16 bit: Accelergy's Eyeriss-like reference output of 2021
# (Accelergy-Project/timeloop-accelergy-exercises, commit 1be0685, baseline_designs).
_MAC8_PJ, _MAC16_PJ = MAC8_ENERGY_PJ[45], 2.2

# 40 nm, um2: Aladdin's 32-bit integer multiplier and adder (Shao et al., ISCA 2014; the table at
# a 1 ns clock, as in Accelergy's hwcomponents library, aladdin.py).
_MULTIPLIER32_UM2, _ADDER32_UM2 = 6350.0, 278.0


def mac_energy_pj(node_nm: float, word_bits: int) -> float:
    """Energy of multiplying two ``word_bits`` operands and adding the product.

    a * bits^2 + c * bits: an array multiplier grows with the product of its operands, an adder
    and the pipeline registers with their sum. The two coefficients are such that the 8-bit and
    the 16-bit figure at 45 nm are met exactly; other nodes scale as Aladdin's 8-bit MAC does.
    """
    quadratic, linear = _coefficients_pj()
    at_45nm_pj = quadratic * word_bits**2 + linear * word_bits
    return at_45nm_pj * logic_energy_ratio(node_nm, _ENERGY_NODE_NM)


def _coefficients_pj() -> tuple[float, float]:
    """pJ at 45 nm for each bit squared, and for each bit."""
    per_bit8, per_bit16 = _MAC8_PJ / 8, _MAC16_PJ / 16
    quadratic = (per_bit16 - per_bit8) / (16 - 8)
    return quadratic, per_bit8 - quadratic * 8


def mac_area_mm2(node_nm: float, word_bits: int) -> float:
    """Area of a ``word_bits`` multiplier and an adder of twice that width, no registers."""
    multiplier_um2 = _MULTIPLIER32_UM2 * (word_bits / 32) ** 2
    adder_um2 = _ADDER32_UM2 * (2 * word_bits / 32)
    return (multiplier_um2 + adder_um2) * logic_area_ratio(node_nm, _AREA_NODE_NM) * 1e-6


def mac_cost(node_nm: float, word_bits: int) -> MacCost:
    """Energy and area of the unit together."""
    _, linear = _coefficients_pj()
    return MacCost(
        mac_energy_pj(node_nm, word_bits),
        mac_area_mm2(node_nm, word_bits),
        linear * word_bits * logic_energy_ratio(node_nm, _ENERGY_NODE_NM),
    )


# 45 nm, (rows, pJ per 16-bit access): the scratchpads of Accelergy's Eyeriss-like reference
# output of 2021 (Accelergy-Project/timeloop-accelergy-exercises, commit 1be0685,
# baseline_designs). Timeloop takes the dearer of read and write, so one figure serves for both.
_ENERGY_BITS = 16
_ENERGY_POINTS = ((12, 0.237), (16, 0.251), (192, 1.586))

# 40 nm, um2 per bit: Aladdin's flip-flop (Shao et al., ISCA 2014; as in Accelergy's hwcomponents
# library, aladdin.py). NanGate's 45 nm DFF_X1 of 4.522 um2 would be 40 % smaller.
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
