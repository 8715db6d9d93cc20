"""Data spaces: the three tensors of a layer and how loop indices project onto them.

Boxes are axis-aligned: the widths of the smallest box that holds the elements a tile touches. For
Inputs the gaps that a stride or a dilation leaves are inside the box and counted, as in Timeloop.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from bohwsw.workload.layer import Layer

DATA_SPACES: tuple[str, ...] = ("Weights", "Inputs", "Outputs")
"""The data spaces in the order in which every array of the package stores them."""

RELEVANT_DIMENSIONS: dict[str, frozenset[str]] = {
    "Weights": frozenset("GKCRS"),
    "Inputs": frozenset("NGCPQRS"),
    "Outputs": frozenset("NGKPQ"),
}
"""The dimensions that index each data space; a loop over any other leaves its tile in place."""

_PLAIN_AXES: dict[str, str] = {"Weights": "GKCRS", "Inputs": "NGC", "Outputs": "NGKQP"}


def axis_coefficients(layer: Layer, data_space: str) -> tuple[dict[str, int], ...]:
    """For each tensor axis of a data space, the dimensions that move along it and by how much.

    ``Inputs`` has two axes on which two dimensions meet: ``P * stride_w + R * dilation_w`` and
    ``Q * stride_h + S * dilation_h``.
    """
    axes: list[dict[str, int]] = [{dim: 1} for dim in _PLAIN_AXES[data_space]]
    if data_space == "Inputs":
        axes.append({"P": layer.stride_w, "R": layer.dilation_w})
        axes.append({"Q": layer.stride_h, "S": layer.dilation_h})
    return tuple(axes)


def box_widths(layer: Layer, data_space: str, extents: Mapping[str, int]) -> tuple[int, ...]:
    """Widths of the bounding box of a tile, one per tensor axis.

    Args:
        layer: gives strides and dilations.
        data_space: ``Weights``, ``Inputs`` or ``Outputs``.
        extents: how many steps the tile makes along each dimension.
    """
    return tuple(
        1 + sum(coefficient * (extents[dim] - 1) for dim, coefficient in axis.items())
        for axis in axis_coefficients(layer, data_space)
    )


def tile_words(layer: Layer, data_space: str, extents: Mapping[str, int]) -> int:
    """Words in the bounding box of a tile (product of ``box_widths``)."""
    return math.prod(box_widths(layer, data_space, extents))


def tensor_words(layer: Layer, data_space: str) -> int:
    """Words in a whole tensor of the layer."""
    return tile_words(layer, data_space, layer.sizes)
