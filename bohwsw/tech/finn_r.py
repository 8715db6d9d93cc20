"""Resources of FINN's matrix-vector unit before synthesis.

Blott et al., "FINN-R" (ACM TRETS 2018), as FINN itself estimates them (Xilinx/finn @39f0c9a,
BSD-3, ``matrixvectoractivation``): P processing elements of Q lanes each go through a matrix of
MW columns and MH rows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from bohwsw.checks import set_whole
from bohwsw.errors import SpecError, unknown_name
from bohwsw.tech.fpga import FpgaUsage

Multipliers = Literal["luts", "dsp_hls", "dsp48", "dsp58"]
Weights = Literal["luts", "bram", "uram"]


@dataclass(frozen=True)
class MatrixVectorUnit:
    """A layer as a matrix product on P x Q multipliers.

    Attributes:
        pe: P, rows at a time; a divisor of ``rows``.
        simd: Q, columns at a time; a divisor of ``columns``.
        columns: MW, inputs of the matrix: input channels x filter.
        rows: MH, its outputs.
        weight_bits: W.
        activation_bits: A.
        vectors: input vectors of an image: output positions.
        accumulator_bits: as declared; never more than sums can have.
        output_bits: B; with ``thresholds`` in look-up tables they cost (2^B - 1) comparisons.
        thresholds: depth TMEM of the thresholds; 0 where they are elsewhere.
        signed: whether the activations are.
        multipliers: what they are made of.
        weights: where the weights lie.

    Raises:
        SpecError: a size below 1, P or Q that does not divide, or an unknown place.
    """

    pe: int
    simd: int
    columns: int
    rows: int
    weight_bits: int
    activation_bits: int
    vectors: int = 1
    accumulator_bits: int = 64
    output_bits: int = 8
    thresholds: int = 0
    signed: bool = True
    multipliers: Multipliers = "luts"
    weights: Weights = "bram"

    def __post_init__(self) -> None:
        bits = ("weight_bits", "activation_bits", "accumulator_bits", "output_bits")
        set_whole(self, ("pe", "simd", "columns", "rows", "vectors"), problem="not a size")
        set_whole(self, bits, 64, problem="not bits")
        set_whole(self, ("thresholds",), least=0, problem="not a depth")
        for part, whole in (("pe", self.rows), ("simd", self.columns)):
            if whole % getattr(self, part):
                raise SpecError(
                    "does not divide the matrix",
                    key_path=part,
                    got=getattr(self, part),
                    expected=f"a divisor of {whole}",
                )
        if self.multipliers not in ("luts", "dsp_hls", "dsp48", "dsp58"):
            names = ("luts", "dsp_hls", "dsp48", "dsp58")
            raise unknown_name("multipliers", self.multipliers, names)
        if self.weights not in ("luts", "bram", "uram"):
            raise unknown_name("weights", self.weights, ("luts", "bram", "uram"))

    @property
    def sum_bits(self) -> int:
        """Bits that a sum over a row can need, or as many as are declared."""
        a = math.log2(self.columns) + self.weight_bits + self.activation_bits - 1 - self.signed
        return min(self.accumulator_bits, math.ceil(a + math.log2(1 + 2**-a) + 1))


def finn_r_usage(unit: MatrixVectorUnit) -> FpgaUsage:
    """Look-up tables, DSPs, memories and cycles of a unit."""
    u = unit
    depth = u.columns * u.rows // (u.pe * u.simd)
    width = u.simd * u.weight_bits * u.pe
    operands = u.weight_bits + u.activation_bits
    multiplier = u.simd * (2 * math.ceil(operands / 6) - 1) * operands
    if u.multipliers != "luts":
        multiplier = 0
    tree, levels = operands * (2 * u.simd - 1), 2**u.output_bits - 1
    sums, compared = u.sum_bits, 0
    if u.thresholds:
        compared = levels * sums * math.ceil(u.thresholds / 64) + levels * sums
    luts = 300 + 1.1 * u.pe * (multiplier + tree + sums + compared)
    if u.weights == "luts":
        luts += u.pe * u.simd * u.weight_bits * math.ceil(depth / 64)
    dsps = {
        "luts": 0,
        "dsp_hls": u.pe * u.simd * math.ceil(operands / 48),
        "dsp48": math.ceil(u.pe / 4) * u.simd,
        "dsp58": u.pe * math.ceil(u.simd / 3),
    }[u.multipliers]
    return FpgaUsage(
        luts=luts,
        dsps=dsps,
        bram18=_bram18(width, depth) if u.weights == "bram" else 0,
        urams=math.ceil(width / 72) * math.ceil(depth / 4096) if u.weights == "uram" else 0,
        cycles=depth * u.vectors,
    )


def _bram18(width: int, depth: int) -> int:
    """Memories of 18 Kb for a memory of some width and depth, by the shapes that they may have."""
    for most, entries in ((1, 16384), (2, 8192)):
        if width <= most:
            return math.ceil(depth / entries)
    for lanes, entries in ((4, 4096), (9, 2048)):
        if width <= lanes:
            return math.ceil(depth / entries) * math.ceil(width / lanes)
    if width <= 18 or depth > 512:
        return math.ceil(depth / 1024) * math.ceil(width / 18)
    return math.ceil(depth / 512) * math.ceil(width / 36)
