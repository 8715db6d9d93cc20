"""Look-up tables and cycles of a tiled convolution engine of fixed-point numbers of few bits.

Lu, Jiang, Xu, Shi, Hu, "On Neural Architecture Search for Resource-Constrained Hardware Platforms"
(arXiv:1911.00105); formulas and the table of multipliers restated from the authors' model
(MariusAnje/NAQS @0ff00c8). A multiplier of a by b bits, trees of adders over Tn products for each
of Tm outputs, an adder for partial sums, a truncator to the bits of the output.

That model has faults, which are kept with ``as_published`` and corrected without: its cycles
take the number of input maps for the rows and the padded width of the input for the columns; its
multipliers are looked up by the activation's integer bits alone, and cost nothing where these are
none or more than the weight has bits; 8 x 13 bits take 42 in place of 142. With them kept it gives
what the authors logged, so that their published throughputs are not those of a correct model.
"""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bohwsw.checks import set_whole
from bohwsw.errors import SpecError
from bohwsw.tech.fpga import FpgaUsage

MOST_BITS = 14


@dataclass(frozen=True)
class FixedPoint:
    """Integer and fraction bits of a number."""

    integer: int
    fraction: int

    def __post_init__(self) -> None:
        set_whole(self, ("integer", "fraction"), MOST_BITS, least=0, problem="not bits")

    @property
    def bits(self) -> int:
        """Both."""
        return self.integer + self.fraction


@dataclass(frozen=True)
class ConvolutionEngine:
    """A convolution on an engine with Tn x Tm multipliers.

    Attributes:
        inputs: input maps N.
        outputs: output maps M.
        rows: of the output, R; not used as published.
        columns: of the output, C; as published of the padded input.
        filter_height: Kh.
        filter_width: Kw.
        activation: bits of the inputs.
        result: bits of the outputs.
        weight: bits of the weights.
        tn: input maps at a time, at most N.
        tm: output maps at a time, at most M.

    Raises:
        SpecError: a size below 1, a tile above its dimension, or more than 14 bits in all.
    """

    inputs: int
    outputs: int
    rows: int
    columns: int
    filter_height: int
    filter_width: int
    activation: FixedPoint
    result: FixedPoint
    weight: FixedPoint
    tn: int
    tm: int

    def __post_init__(self) -> None:
        sizes = ("inputs", "outputs", "rows", "columns", "filter_height", "filter_width")
        set_whole(self, (*sizes, "tn", "tm"), problem="not a size")
        for tile, size in (("tn", self.inputs), ("tm", self.outputs)):
            if getattr(self, tile) > size:
                raise SpecError(
                    "a tile is above its dimension",
                    key_path=tile,
                    got=getattr(self, tile),
                    expected=f"at most {size}",
                )


def lu2019_usage(engine: ConvolutionEngine, *, as_published: bool = False) -> FpgaUsage:
    """Look-up tables and cycles of an engine.

    Args:
        engine: the layer and its tiles.
        as_published: with the faults of the published model.

    Raises:
        SpecError: an operand of no bits or of more than 14.
    """
    e = engine
    rows = e.inputs if as_published else e.rows
    tiles = math.ceil(e.outputs / e.tm) * math.ceil(e.inputs / e.tn)
    cycles = tiles * rows * e.columns * e.filter_height * e.filter_width
    multipliers = e.tn * e.tm * _multiplier_luts(e.activation, e.weight, as_published)
    return FpgaUsage(luts=multipliers + e.tm * _sum_luts(e), cycles=cycles)


def _sum_luts(engine: ConvolutionEngine) -> int:
    """Adder tree, adder of partial sums and truncator of one output."""
    integer = engine.activation.integer + engine.weight.integer
    fraction = engine.activation.fraction + engine.weight.fraction
    left, width, luts = engine.tn, integer + fraction, 0
    while left > 1:
        luts += left // 2 * width
        left = math.ceil(left / 2)
        width, integer = width + 1, integer + 1
    result = engine.result
    integer, fraction = max(integer, result.integer), max(fraction, result.fraction)
    luts += integer + fraction
    integer += 1
    return luts + _truncator_luts(
        integer, fraction, integer - result.integer, fraction - result.fraction
    )


def _truncator_luts(integer: int, fraction: int, integer_cut: int, fraction_cut: int) -> int:
    """A truncator; narrow ones were never tabulated and cost nothing."""
    if integer < 3 or fraction < 2:
        return 0
    is_least = integer_cut == integer - 1 and fraction_cut == fraction - 1
    return 3 + (integer - 3) + (fraction - 2) - (integer_cut > 1) - fraction_cut - is_least


def _multiplier_luts(activation: FixedPoint, weight: FixedPoint, as_published: bool) -> int:
    a, b = activation.integer if as_published else activation.bits, weight.bits
    if as_published:
        if a < 1 or a > b:
            return 0
        if (a, b) == (8, 13):
            return 42
    for name, bits in (("activation", a), ("weight", b)):
        if not 1 <= bits <= MOST_BITS:
            raise SpecError(
                "no multiplier of these bits is known",
                key_path=name,
                got=bits,
                expected=f"1 to {MOST_BITS} bits, integer and fraction together",
            )
    return _table()[a, b]


@cache
def _table() -> dict[tuple[int, int], int]:
    """Look-up tables of a multiplier by the bits of its operands, which may change places."""
    with Path(__file__).with_name("lu2019_multiplier_luts.csv").open(encoding="utf-8") as file:
        rows = [(int(x["bits_a"]), int(x["bits_b"]), int(x["luts"])) for x in csv.DictReader(file)]
    return {pair: luts for a, b, luts in rows for pair in ((a, b), (b, a))}
