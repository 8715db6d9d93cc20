"""Networks on the engines of FPGAs, by the models of ``tech``: what they take, how long they run.

``hotnas2020``  one tiled engine, layer after layer; besides one for depthwise layers
``lu2019``      an engine for each layer in groups, tiles and groups exactly the best for its LUTs
``finn_r``      a matrix-vector unit for each layer, all in one pipeline, folded for its LUTs
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bohwsw.divisors import divisors
from bohwsw.errors import SpecError, unknown_name
from bohwsw.tech import (
    Board,
    ConvolutionEngine,
    FixedPoint,
    FpgaUsage,
    MatrixVectorUnit,
    TiledEngine,
    TiledLayer,
    best_partition,
    finn_r_usage,
    hotnas2020_run,
    hotnas2020_usage,
    least_luts,
)
from bohwsw.workload import CountedLayer, Layer, Network

ENGINE = {
    "tm": 64,
    "tn": 16,
    "tr": 14,
    "tc": 14,
    "tk": 7,
    "weight_port": 16,
    "input_port": 8,
    "output_port": 8,
    "bits": 16,
}
"""An engine to begin with; ``depthwise_tm`` besides makes one for depthwise layers."""


@dataclass(frozen=True)
class FpgaRun:
    """A network on engines."""

    model: str  # which says so
    says: tuple[str, ...]  # the resources that it speaks of
    usage: FpgaUsage  # of the whole network; cycles are those from one image to the next
    layers: tuple[Mapping[str, Any], ...]
    """Of each unique layer, or, where each has an engine, of each layer: plain data."""

    def to_data(self) -> dict[str, Any]:
        """All of it as plain data."""
        usage = {key: getattr(self.usage, key) for key in (*self.says, "cycles")}
        return {"model": self.model, **usage, "layers": [dict(layer) for layer in self.layers]}


def engines_of(changes: Mapping[str, Any]) -> tuple[TiledEngine, TiledEngine | None]:
    """The engine for convolutions and that for depthwise ones, if there is to be one.

    Raises:
        SpecError: an unknown size, or one that is not valid.
    """
    for name in changes:
        if name not in (*ENGINE, "depthwise_tm"):
            raise unknown_name("size of the engine", name, (*ENGINE, "depthwise_tm"))
    sizes = {**ENGINE, **changes}
    depthwise_tm = sizes.pop("depthwise_tm", None)
    engine = TiledEngine(**sizes)
    if depthwise_tm is None:
        return engine, None
    return engine, replace(engine, tm=depthwise_tm, depthwise=True)


def is_depthwise(layer: Layer) -> bool:
    """Whether each of several channels has a filter of its own."""
    return layer.G > 1 and layer.K == layer.C == 1


def tiled_layer(
    layer: Layer, weight_bits: int | None = None, kept_of_3x3: int | None = None
) -> TiledLayer:
    """A layer as tiled engines take it.

    Groups that are not depthwise run one after the other. Positions are those of the output times
    the stride, as the model counts inputs without their padding.

    Raises:
        SpecError: a filter or a stride that differs on the two axes.
    """
    if layer.R != layer.S or layer.stride_w != layer.stride_h:
        raise SpecError(
            f"layer {layer.name!r} is not for engines with square filters",
            got=f"filter {layer.R} x {layer.S}, stride {layer.stride_w} x {layer.stride_h}",
            expected="the same on both axes",
        )
    depthwise = is_depthwise(layer)
    return TiledLayer(
        outputs=layer.G if depthwise else layer.K,
        inputs=layer.C,
        rows=layer.Q * layer.stride_h,
        columns=layer.P * layer.stride_w,
        kernel=layer.R,
        stride=layer.stride_w,
        batch=layer.N * (1 if depthwise else layer.G),
        weight_bits=weight_bits or layer.weights_bits,
        kept_weights=kept_of_3x3 if layer.R == 3 else None,
    )


def kept_weights(layer: Layer, patterns: bool) -> int | None:
    """Of a 3 x 3 filter whose zeros stand in patterns, as the layer's density says."""
    density = layer.weights_density if patterns else None
    return None if density is None else max(1, round(9 * density))


def tiled_run(
    network: Network,
    engine: TiledEngine,
    depthwise: TiledEngine | None = None,
    *,
    weight_bits: int | None = None,
    kept_of_3x3: int | None = None,
    patterns: bool = False,
) -> FpgaRun:
    """A network on one tiled engine, and one for depthwise layers; see ``run_on_fpga``.

    With ``patterns`` 3 x 3 filters keep what the density of their layer says.
    """
    layers, cycles = [], 0.0
    for entry in network.unique_layers():
        chosen = depthwise if is_depthwise(entry.layer) else engine
        if chosen is None:
            raise SpecError(
                f"no engine runs depthwise layer {entry.name!r}",
                key_path="depthwise_tm",
                got=None,
                expected="output channels at a time of an engine for them",
            )
        kept = kept_of_3x3 or kept_weights(entry.layer, patterns)
        run = hotnas2020_run(tiled_layer(entry.layer, weight_bits, kept), chosen)
        cycles += entry.count * run.cycles
        told = {"cycles": run.cycles, "binds": run.binds, "steps": dict(run.steps)}
        layers.append({"name": entry.name, "count": entry.count, **told})
    parts = [hotnas2020_usage(each) for each in (engine, depthwise) if each is not None]
    usage = FpgaUsage(
        dsps=sum(part.dsps for part in parts),
        bram18=sum(part.bram18 for part in parts),
        port_bits=max(part.port_bits for part in parts),
        cycles=cycles,
    )
    return FpgaRun("hotnas2020", ("dsps", "bram18", "port_bits"), usage, tuple(layers))


def run_on_fpga(
    network: Network,
    board: Board,
    engine: TiledEngine,
    depthwise: TiledEngine | None = None,
    *,
    weight_bits: int | None = None,
    kept_of_3x3: int | None = None,
) -> dict[str, Any]:
    """Cycles of a network, what binds each layer, and what the engines take of a board.

    The engines share the ports; one works at a time.

    Args:
        network: its layers run one after the other.
        board: what there is.
        engine: for convolutions and products.
        depthwise: for depthwise convolutions; needed if there are any.
        weight_bits: of all weights on their way in; those of the layers if absent.
        kept_of_3x3: weights of each 3 x 3 filter that pattern pruning keeps.

    Returns:
        Plain data: usage, limits that are broken, images a second, and each unique layer.

    Raises:
        SpecError: a layer that no engine runs.
    """
    run = tiled_run(network, engine, depthwise, weight_bits=weight_bits, kept_of_3x3=kept_of_3x3)
    excesses, binds = board.excesses(run.usage), Counter[str]()
    for layer in run.layers:
        binds[layer["binds"]] += layer["count"]
    return {
        "network": network.name,
        "board": board.name,
        **run.to_data(),
        "latency_ms": run.usage.cycles / board.clock_mhz * 1e-3,
        "images_per_s": board.images_per_s(run.usage),
        "valid": not excesses,
        "violations": [
            {
                "resource": each.resource,
                "value": each.value,
                "limit": each.limit,
                "ratio": each.ratio if each.limit else None,
                "text": str(each),
            }
            for each in excesses
        ],
        "binds": dict(binds),
    }


def convolution_engines(network: Network) -> list[ConvolutionEngine]:
    """The layers of a network in turn as ``lu2019`` takes them, with tiles of 1.

    Numbers have one integer bit, the sign, as their grids are scaled; results have the bits that
    the next layer takes. Groups, and examples of a batch, run one after the other.

    Raises:
        SpecError: a layer does not say its bits, or has more than 14.
    """
    layers = _in_turn(network)
    found = []
    for entry, following in zip(layers, [*layers[1:], layers[-1]], strict=True):
        layer = entry.layer
        bits = []
        for what, width in (
            ("Inputs", layer.inputs_bits),
            ("Inputs", following.layer.inputs_bits),
            ("Weights", layer.weights_bits),
        ):
            if width is None:
                raise SpecError(
                    f"layer {entry.name!r} does not say the bits of its {what}",
                    key_path=f"layers.{entry.name}.bits.{what}",
                    expected="1 to 14, which may be a knob",
                )
            bits.append(FixedPoint(1, width - 1))
        rows = layer.Q * layer.G * layer.N
        sizes = (layer.C, layer.K, rows, layer.P, layer.S, layer.R)
        into, out, weight = bits
        found.append(ConvolutionEngine(*sizes, into, out, weight, tn=1, tm=1))
    return found


def grouped_run(network: Network, most_luts: float) -> FpgaRun:
    """The fewest cycles of a network on engines of ``lu2019`` within some look-up tables.

    Where they are too few for any tiles it is the run that takes the fewest.
    """
    layers = convolution_engines(network)
    found = best_partition(layers, max(most_luts, least_luts(layers)))
    places = [place for place, group in enumerate(found.groups, start=1) for _ in group]
    engines = [engine for group in found.groups for engine in group]
    told = tuple(
        {"name": entry.name, "count": 1, "group": place, "tn": engine.tn, "tm": engine.tm}
        for entry, place, engine in zip(_in_turn(network), places, engines, strict=True)
    )
    return FpgaRun("lu2019", ("luts",), FpgaUsage(luts=found.luts, cycles=found.cycles), told)


def folded_run(
    network: Network, most_luts: float, multipliers: Any = "luts", weights: Any = "bram"
) -> FpgaRun:
    """The shortest cycle of a pipeline of FINN's units within some look-up tables.

    Each layer has the folding with the fewest look-up tables that keeps up; other resources are
    counted and not chosen for. Where there are too few it is the pipeline that takes the fewest.

    Raises:
        SpecError: a depthwise or grouped layer, which needs another unit; or no bits.
    """
    options = [_foldings(entry, multipliers, weights) for entry in _in_turn(network)]
    paces = sorted({usage.cycles for option in options for _, usage in option})

    def folded(pace: float) -> list[tuple[MatrixVectorUnit, FpgaUsage]] | None:
        kept = [[one for one in option if one[1].cycles <= pace] for option in options]
        if not all(kept):
            return None
        return [min(each, key=lambda one: (one[1].luts, one[1].cycles)) for each in kept]

    low, high = 0, len(paces) - 1  # a longer cycle never needs more
    while low < high:
        middle = (low + high) // 2
        units = folded(paces[middle])
        fits = units is not None and sum(usage.luts for _, usage in units) <= most_luts
        low, high = (low, middle) if fits else (middle + 1, high)
    units = folded(paces[low])
    assert units is not None
    sums = {k: sum(getattr(x, k) for _, x in units) for k in ("luts", "dsps", "bram18", "urams")}
    usage = FpgaUsage(**sums, cycles=max(x.cycles for _, x in units))
    told = tuple(
        {"name": entry.name, "count": 1, "cycles": x.cycles, "pe": unit.pe, "simd": unit.simd}
        for entry, (unit, x) in zip(_in_turn(network), units, strict=True)
    )
    return FpgaRun("finn_r", tuple(sums), usage, told)


def _foldings(
    entry: CountedLayer, multipliers: Any, weights: Any
) -> list[tuple[MatrixVectorUnit, FpgaUsage]]:
    layer = entry.layer
    if layer.G > 1 or layer.weights_bits is None or layer.inputs_bits is None:
        raise SpecError(
            f"layer {entry.name!r} is not for matrix-vector units",
            got=f"groups {layer.G}, bits {layer.weights_bits} and {layer.inputs_bits}",
            expected="no groups, and bits of weights and inputs",
        )
    whole = MatrixVectorUnit(
        pe=1,
        simd=1,
        columns=layer.C * layer.R * layer.S,
        rows=layer.K,
        weight_bits=layer.weights_bits,
        activation_bits=layer.inputs_bits,
        vectors=layer.N * layer.P * layer.Q,
        multipliers=multipliers,
        weights=weights,
    )
    units = [
        replace(whole, pe=pe, simd=simd)
        for pe in divisors(whole.rows)
        for simd in divisors(whole.columns)
    ]
    return [(unit, finn_r_usage(unit)) for unit in units]


def _in_turn(network: Network) -> Sequence[CountedLayer]:
    """Every layer, once for each time that it runs."""
    nodes = [node for node in network.nodes if isinstance(node, CountedLayer)]
    return [replace(node, count=1) for node in nodes for _ in range(node.count)]
