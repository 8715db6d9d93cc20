"""Energy and area of an integer multiply-accumulate unit at any width and node."""

from __future__ import annotations

from bohwsw.tech.node_scaling import MAC8_ENERGY_PJ, logic_area_ratio, logic_energy_ratio
from bohwsw.tech.technology import MacCost

# 45 nm, pJ. 8 bit: Aladdin's model. 16 bit: Accelergy's Eyeriss-like reference output of 2021
# (Accelergy-Project/timeloop-accelergy-exercises, commit 1be0685, baseline_designs).
_ENERGY_NODE_NM = 45
_MAC8_PJ, _MAC16_PJ = MAC8_ENERGY_PJ[45], 2.2

# 40 nm, um2: Aladdin's 32-bit integer multiplier and adder (Shao et al., ISCA 2014; the table at
# a 1 ns clock, as in Accelergy's hwcomponents library, aladdin.py).
_AREA_NODE_NM = 40
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
