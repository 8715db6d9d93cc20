"""The tiled engine with the fewest cycles for a network: enumeration with bounds, exact.

Cycles are those of ``tech.hotnas2020``, for many engines at a time. With ports as wide as one likes
a tile has a lower bound, its compute cycles; tiles are tried by rising bound, each with all ports,
until no bound is below the best. Resources of tiles and of ports add to nothing of each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from bohwsw.fpga.engine_runs import ENGINE, is_depthwise, kept_weights, tiled_layer
from bohwsw.tech import TiledEngine, TiledLayer, hotnas2020_usage
from bohwsw.workload import Network

Numbers = npt.NDArray[np.float64]
PORTS = ("weight_port", "input_port", "output_port")
BITS = ENGINE["bits"]


@dataclass(frozen=True)
class BestEngine:
    """What is best."""

    tile: int  # which tile
    port: int  # which ports
    cycles: float  # of the network
    tried: int  # engines whose cycles were worked out


def best_tiled_engine(
    network: Network,
    tiles: Mapping[str, Numbers],
    ports: Mapping[str, Numbers],
    limits: Mapping[str, float],
    *,
    patterns: bool = False,
    most_cycles: float = np.inf,
) -> BestEngine | None:
    """The engine of 16 bits with the fewest cycles within limits; None if there is none.

    Args:
        network: what runs on it; its largest filter is the engine's.
        tiles: ``tm``, ``tn``, ``tr``, ``tc`` and, if it is another one, ``depthwise_tm``: ``[n]``.
        ports: widths in words of the three ports, ``[m]``.
        limits: of ``dsps``, ``bram18``, ``port_bits``; what is absent is not limited.
        patterns: whether zeros of 3 x 3 filters stand in patterns.
        most_cycles: engines that take more are of no use.
    """
    layers = [
        (
            entry.count,
            tiled_layer(entry.layer, None, kept_weights(entry.layer, patterns)),
            is_depthwise(entry.layer),
        )
        for entry in network.unique_layers()
    ]
    tk, deep = max(x.kernel for _, x, _ in layers), any(deep for *_, deep in layers)
    fits = np.flatnonzero(_within(tiles, tk, deep, limits))
    bits = BITS * sum(ports[name] for name in PORTS)
    wide = np.flatnonzero(bits <= limits.get("port_bits", np.inf))
    if not len(fits) or not len(wide):
        return None
    endless = {name: np.array(np.inf) for name in PORTS}
    bounds = _cycles(layers, {name: x[fits] for name, x in tiles.items()}, endless)
    chosen = {name: ports[name][wide] for name in PORTS}
    best: BestEngine | None = None
    for tried, place in enumerate(np.argsort(bounds, kind="stable"), start=1):
        if bounds[place] > most_cycles or (best is not None and bounds[place] >= best.cycles):
            break
        tile = int(fits[place])
        cycles = _cycles(layers, {name: x[tile] for name, x in tiles.items()}, chosen)
        port = int(np.argmin(cycles))
        least = most_cycles if best is None else np.nextafter(best.cycles, 0.0)
        if cycles[port] <= least:
            best = BestEngine(tile, int(wide[port]), float(cycles[port]), tried * len(wide))
        elif best is not None:
            best = replace(best, tried=tried * len(wide))
    return best


def _within(
    tiles: Mapping[str, Numbers], tk: int, deep: bool, limits: Mapping[str, float]
) -> npt.NDArray[np.bool_]:
    """Which tiles fit ``[n]``."""
    fits = []
    for values in zip(*tiles.values(), strict=True):
        sizes: dict[str, Any] = {
            name: int(value) for name, value in zip(tiles, values, strict=True)
        }
        depthwise_tm = sizes.pop("depthwise_tm", sizes["tm"])
        engine = TiledEngine(**sizes, tk=tk, weight_port=1, input_port=1, output_port=1)
        usages = [hotnas2020_usage(engine)]
        if deep:
            usages.append(hotnas2020_usage(replace(engine, tm=depthwise_tm, depthwise=True)))
        fits.append(
            all(
                sum(getattr(usage, name) for usage in usages) <= limits.get(name, np.inf)
                for name in ("dsps", "bram18")
            )
        )
    return np.array(fits)


def _cycles(
    layers: Sequence[tuple[int, TiledLayer, bool]],
    tiles: Mapping[str, Numbers],
    ports: Mapping[str, Numbers],
) -> Numbers:
    """Of a network on engines, as `hotnas2020_run` has them; tiles or ports are alike for all."""
    total: Numbers = np.zeros(())
    for count, x, deep in layers:
        tm = tiles.get("depthwise_tm", tiles["tm"]) if deep else tiles["tm"]
        tn, tr, tc = tiles["tn"], tiles["tr"], tiles["tc"]
        into = 1.0 if deep else np.ceil(x.inputs / tn)
        held = tm if deep else np.minimum(tn, x.inputs)
        rows, columns = np.minimum(tr, x.rows), np.minimum(tc, x.columns)
        positions = np.ceil(rows / x.stride) * np.ceil(columns / x.stride)
        words = ports["weight_port"]
        if x.weight_bits is not None:
            words = np.floor(words * BITS / x.weight_bits)
        with np.errstate(divide="ignore"):
            weights = tm * (1.0 if deep else tn) * x.kernel**2 / words
        kept = x.kernel**2 if x.kept_weights is None else x.kept_weights
        inner = np.maximum(weights, held * rows * columns / ports["input_port"])
        inner = np.maximum(inner, kept * positions)
        stored = np.minimum(tm, x.outputs) * positions / ports["output_port"]
        outer = np.ceil(x.rows / tr) * np.ceil(x.columns / tc) * np.ceil(x.outputs / tm)
        total = total + count * x.batch * outer * np.maximum(into * inner, stored)
    return total
