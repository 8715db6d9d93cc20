"""Data spaces: the three tensors of a layer and how loop indices project onto them.

Boxes are axis-aligned: the widths of the smallest box that holds the elements a tile touches. For
Inputs the gaps that a stride or a dilation leaves are inside the box and counted, as in Timeloop.
A tile is its box, but no wider than what there is: padding is no part of the Inputs of a layer that
says their true extents.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache

from bohwsw.workload.layer import Layer

RELEVANT_DIMENSIONS: dict[str, frozenset[str]] = {
    "Weights": frozenset("GKCRS"),
    "Inputs": frozenset("NGCPQRS"),
    "Outputs": frozenset("NGKPQ"),
}
"""The dimensions that index each data space; a loop over any other leaves its tile in place."""


def axis_coefficients(layer: Layer, data_space: str) -> tuple[Mapping[str, int], ...]:
    """For each tensor axis of a data space, the dimensions that move along it and by how much.

    ``Inputs`` has two axes on which two dimensions meet: ``P * stride_w + R * dilation_w`` and
    ``Q * stride_h + S * dilation_h``.
    """
    return _axes(data_space, layer.stride_w, layer.dilation_w, layer.stride_h, layer.dilation_h)


@lru_cache(maxsize=1024)
def _axes(
    data_space: str, stride_w: int, dilation_w: int, stride_h: int, dilation_h: int
) -> tuple[Mapping[str, int], ...]:
    if data_space == "Inputs":
        shared = ({"P": stride_w, "R": dilation_w}, {"Q": stride_h, "S": dilation_h})
        return ({"N": 1}, {"G": 1}, {"C": 1}, *shared)
    return tuple({dim: 1} for dim in ("GKCRS" if data_space == "Weights" else "NGKQP"))


def box_widths(layer: Layer, data_space: str, extents: Mapping[str, int]) -> tuple[int, ...]:
    """Widths of the bounding box of a tile, one per tensor axis as in ``axis_coefficients``.

    Written out for each data space: a simulation asks dozens of times.

    Args:
        data_space: ``Weights``, ``Inputs`` or ``Outputs``.
        extents: how many steps the tile makes along each dimension.
    """
    e = extents
    if data_space == "Weights":
        return e["G"], e["K"], e["C"], e["R"], e["S"]
    if data_space == "Outputs":
        return e["N"], e["G"], e["K"], e["Q"], e["P"]
    width = 1 + (e["P"] - 1) * layer.stride_w + (e["R"] - 1) * layer.dilation_w
    height = 1 + (e["Q"] - 1) * layer.stride_h + (e["S"] - 1) * layer.dilation_h
    return e["N"], e["G"], e["C"], width, height


def tensor_widths(layer: Layer, data_space: str) -> tuple[int, ...]:
    """Widths of a whole tensor of the layer, one per tensor axis."""
    return tile_widths(layer, data_space, layer.sizes)


def tile_widths(layer: Layer, data_space: str, extents: Mapping[str, int]) -> tuple[int, ...]:
    """Widths of a tile: those of ``box_widths``, of Inputs at most the true extents."""
    widths = box_widths(layer, data_space, extents)
    if data_space != "Inputs" or layer.input_width is layer.input_height is None:
        return widths
    *others, width, height = widths
    return (
        *others,
        min(width, layer.input_width or width),
        min(height, layer.input_height or height),
    )


def tile_words(layer: Layer, data_space: str, extents: Mapping[str, int]) -> int:
    """Words in a tile (product of ``tile_widths``)."""
    return math.prod(tile_widths(layer, data_space, extents))


def tensor_words(layer: Layer, data_space: str) -> int:
    """Words in a whole tensor of the layer."""
    return math.prod(tensor_widths(layer, data_space))


def layer_key(layer: Layer) -> str:
    """A layer's sizes as text: equal for layers of equal shape only."""
    *_, width, height = box_widths(layer, "Inputs", layer.sizes)
    parts = [
        f"Conv-input:{height}x{width}x{layer.G * layer.C}",
        f"output:{layer.Q}x{layer.P}x{layer.G * layer.K}",
        f"kernel:{layer.S}x{layer.R}",
        f"stride:{layer.stride_h}x{layer.stride_w}",
    ]
    if (layer.dilation_h, layer.dilation_w) != (1, 1):
        parts.append(f"dilation:{layer.dilation_h}x{layer.dilation_w}")
    if layer.G > 1:
        parts.append(f"groups:{layer.G}")
    if layer.N > 1:
        parts.append(f"batch:{layer.N}")
    if layer.sequential is not None and layer.steps > 1:
        parts.append(f"sequential:{layer.sequential}")
    if layer.is_padded:
        parts.append("inputs:{1}x{0}".format(*layer.input_extents))
    parts += [f"{space.lower()}_bits:{bits}" for space, bits in layer.bits.items() if bits]
    parts += [f"{k.lower()}_density:{x:.9g}" for k, x in layer.density.items() if x is not None]
    return "-".join(parts)
