"""How logic (not memory macros) scales between technology nodes, 7 to 65 nm."""

from __future__ import annotations

from bohwsw.tech.monotone_curve import MonotoneCurve

# Energy (pJ) of an 8x8-bit integer multiply with 16-bit accumulation, by node (nm): Aladdin's
# model (Shao et al., ISCA 2014) as Accelergy's libraries evaluate it.
MAC8_ENERGY_PJ = {7: 0.097, 28: 0.53, 45: 1.03, 65: 1.28}

_MAC8_CURVE = MonotoneCurve.through((float(node), pj) for node, pj in MAC8_ENERGY_PJ.items())


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
