"""Cycles and resources of a tiled convolution engine that loads, computes and stores side by side.

HotNAS: Jiang, Yang, Dasgupta, Hu, Shi, "Standing on the Shoulders of Giants: Hardware and Neural
Architecture Co-Search with Hot Start" (CODES+ISSS 2020, arXiv:2007.09087); restated from the
authors' model (weiwenjiang/hotNAS-CODES20 @0c6e702, PM_FPGA_Template). For a tile of Tm x Tn
channels and Tr x Tc positions of the input: loading weights and inputs and computing overlap over
the input channels, storing the outputs overlaps with all of that, so that the slowest binds. Few
bits of weights put several into a word of the port; a pattern computes the weights that it keeps.
Depthwise layers go through their engine once: they have no input channels to add up.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from bohwsw.checks import set_whole
from bohwsw.errors import SpecError
from bohwsw.tech.fpga import FpgaUsage

Step = Literal["load_weights", "load_inputs", "compute", "store"]
BRAM_BITS = 18_000


@dataclass(frozen=True)
class TiledEngine:
    """An engine for convolutions, or for depthwise ones (``tn`` counts nothing there).
    Raises:
        SpecError: a size below 1, or other bits.
    """

    tm: int  # output channels at a time
    tn: int  # input channels at a time
    tr: int  # rows of the input
    tc: int  # columns of the input
    tk: int  # largest filter that it holds
    weight_port: int  # words a cycle
    input_port: int  # alike
    output_port: int  # alike
    bits: int = 16
    """Of a word: 16, fixed point, or 32, floating point, for which five DSPs multiply."""
    depthwise: bool = False  # whether it runs depthwise convolutions

    def __post_init__(self) -> None:
        tiles = ("tm", "tn", "tr", "tc", "tk")
        set_whole(self, (*tiles, "weight_port", "input_port", "output_port"), problem="not a size")
        if self.bits not in (16, 32):
            raise SpecError(
                "not bits of an engine", key_path="bits", got=self.bits, expected="16, 32"
            )


@dataclass(frozen=True)
class TiledLayer:
    """A convolution: M x N channels, R x C positions of the input, K x K filter, B images.
    Raises:
        SpecError: a size below 1, or more weights kept than there are.
    """

    outputs: int  # M
    inputs: int  # N; not used by depthwise engines
    rows: int  # R
    columns: int  # C
    kernel: int  # K
    stride: int = 1  # S
    batch: int = 1  # B
    weight_bits: int | None = None
    """Of the weights on their way in; those of the engine's words if absent."""
    kept_weights: int | None = None  # of the K x K, by pattern pruning; all if absent

    def __post_init__(self) -> None:
        sizes = ("outputs", "inputs", "rows", "columns", "kernel", "stride", "batch")
        set_whole(self, sizes, problem="not a size")
        if self.weight_bits is not None:
            set_whole(self, ("weight_bits",), 64, problem="not bits")
        if self.kept_weights is not None:
            most = self.kernel * self.kernel
            set_whole(self, ("kept_weights",), most, problem="not a number of weights kept")


@dataclass(frozen=True)
class TiledRun:
    """A layer on an engine."""

    cycles: float  # of the layer
    binds: Step  # the slowest step
    steps: dict[Step, float]  # cycles that each would take if it were alone


def hotnas2020_usage(engine: TiledEngine) -> FpgaUsage:
    """DSPs, memories and port bits of an engine, whatever runs on it."""
    e, channels = engine, 1 if engine.depthwise else engine.tn
    tile = math.ceil(e.tr * e.tc * e.bits / BRAM_BITS)
    copies = 4 if e.bits == 16 else 1  # of the weights; floating point has two memories instead
    weights = math.ceil(copies * e.tk * e.tk * e.bits / BRAM_BITS) * (1 if e.bits == 16 else 2)
    inputs = e.tm if e.depthwise else e.tn
    return FpgaUsage(
        dsps=e.tm * channels * (1 if e.bits == 16 else 5),
        bram18=2 * (inputs + e.tm) * tile + e.tm * channels * weights,
        port_bits=e.bits * (e.weight_port + e.input_port + e.output_port),
    )


def hotnas2020_run(layer: TiledLayer, engine: TiledEngine) -> TiledRun:
    """Cycles of a layer, and which step binds; the earlier step of two that are equally slow.

    Raises:
        SpecError: the filter is larger than the engine's.
    """
    x, e = layer, engine
    if x.kernel > e.tk:
        raise SpecError(
            "the filter is larger than the engine's",
            key_path="kernel",
            got=x.kernel,
            expected=f"at most {e.tk}",
        )
    channels = 1 if e.depthwise else e.tn
    into = 1 if e.depthwise else math.ceil(x.inputs / e.tn)
    held = e.tm if e.depthwise else min(e.tn, x.inputs)
    rows, columns = min(e.tr, x.rows), min(e.tc, x.columns)
    positions = math.ceil(rows / x.stride) * math.ceil(columns / x.stride)
    port: float = e.weight_port
    if x.weight_bits is not None:
        port = math.floor(e.weight_port * e.bits / x.weight_bits)
        if not port:
            raise SpecError(
                "the port of the weights is narrower than one of them",
                key_path="weight_bits",
                got=x.weight_bits,
                expected=f"at most {e.weight_port * e.bits}",
            )
    kept = x.kernel**2 if x.kept_weights is None else x.kept_weights
    tile: dict[Step, float] = {
        "load_weights": e.tm * channels * x.kernel**2 / port,
        "load_inputs": held * rows * columns / e.input_port,
        "compute": kept * positions,
        "store": min(e.tm, x.outputs) * positions / e.output_port,
    }
    inner: list[Step] = ["load_weights", "load_inputs", "compute"]
    slowest = max(inner, key=tile.__getitem__)
    one = max(into * tile[slowest], tile["store"])
    outer = (
        x.batch
        * math.ceil(x.rows / e.tr)
        * math.ceil(x.columns / e.tc)
        * math.ceil(x.outputs / e.tm)
    )
    binds: Step = "store" if tile["store"] > into * tile[slowest] else slowest
    steps = {step: outer * (1 if step == "store" else into) * tile[step] for step in tile}
    return TiledRun(outer * one, binds, steps)
