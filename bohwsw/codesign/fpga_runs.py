"""Networks on the tiled engines of an FPGA board, layer after layer; see ``tech.hotnas2020``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bohwsw.errors import SpecError, unknown_name
from bohwsw.tech import (
    Board,
    FpgaUsage,
    TiledEngine,
    TiledLayer,
    TiledRun,
    hotnas2020_run,
    hotnas2020_usage,
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


def tiled_layer(layer: Layer, weight_bits: int | None = None) -> tuple[TiledLayer, bool]:
    """A layer as the engines take it, and whether it is depthwise.

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
    is_depthwise = layer.G > 1 and layer.K == layer.C == 1
    return (
        TiledLayer(
            outputs=layer.G if is_depthwise else layer.K,
            inputs=layer.C,
            rows=layer.Q * layer.stride_h,
            columns=layer.P * layer.stride_w,
            kernel=layer.R,
            stride=layer.stride_w,
            batch=layer.N * (1 if is_depthwise else layer.G),
            weight_bits=weight_bits or layer.weights_bits,
        ),
        is_depthwise,
    )


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
    rows = []
    for entry in network.unique_layers():
        tiled, is_depthwise = tiled_layer(entry.layer, weight_bits)
        if tiled.kernel == 3:
            tiled = replace(tiled, kept_weights=kept_of_3x3)
        chosen = depthwise if is_depthwise else engine
        if chosen is None:
            raise SpecError(
                f"no engine runs depthwise layer {entry.name!r}",
                key_path="depthwise_tm",
                got=None,
                expected="output channels at a time of an engine for them",
            )
        rows.append((entry, hotnas2020_run(tiled, chosen)))
    parts = [hotnas2020_usage(each) for each in (engine, depthwise) if each is not None]
    usage = FpgaUsage(
        dsps=sum(part.dsps for part in parts),
        bram18=sum(part.bram18 for part in parts),
        port_bits=max(part.port_bits for part in parts),
        cycles=sum(entry.count * run.cycles for entry, run in rows),
    )
    return {"network": network.name, **_board_data(board, usage), **_layer_data(rows)}


def _board_data(board: Board, usage: FpgaUsage) -> dict[str, Any]:
    """What is taken of a board, and what of that is too much."""
    excesses = board.excesses(usage)
    return {
        "board": board.name,
        "model": "hotnas2020",
        **{key: getattr(usage, key) for key in ("dsps", "bram18", "port_bits", "cycles")},
        "latency_ms": usage.cycles / board.clock_mhz * 1e-3,
        "images_per_s": board.images_per_s(usage),
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
    }


def _layer_data(rows: Sequence[tuple[CountedLayer, TiledRun]]) -> dict[str, Any]:
    """Each unique layer, and how many each step binds."""
    binds = Counter[str]()
    for entry, run in rows:
        binds[run.binds] += entry.count
    layers = [
        {
            "name": entry.name,
            "count": entry.count,
            "cycles": run.cycles,
            "binds": run.binds,
            "steps": dict(run.steps),
        }
        for entry, run in rows
    ]
    return {"binds": dict(binds), "layers": layers}
