"""A layer: seven dimensions and groups, one class for every kind of tensor product.

A convolution, a matrix product, a batched matrix product, a depthwise or grouped convolution are
all the same loop nest:

    for n, g, k, c, p, q, r, s:
        Outputs[n, g, k, p, q] += (
            Weights[g, k, c, r, s]
            * Inputs[n, g, c, p * stride_w + r * dilation_w, q * stride_h + s * dilation_h]
        )

``K`` and ``C`` count channels *per group*. A depthwise convolution has K = C = 1 and G channels; a
matrix product [P x C] . [C x K] has only P, C, K; in attention G is batch times heads, so that it
indexes all three data spaces.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from bohwsw.errors import SpecError

DIMENSIONS: tuple[str, ...] = ("N", "K", "C", "P", "Q", "R", "S", "G")
"""The dimensions of a layer in the order in which every array of the package stores them."""

DIMENSION_INDEX: dict[str, int] = {name: index for index, name in enumerate(DIMENSIONS)}


@dataclass(frozen=True)
class Layer:
    """One layer of a network, without its values: nothing but sizes.

    Attributes:
        name: any text; two layers that differ only in name are the same work.
        N: batch.
        K: output channels per group.
        C: input channels per group.
        P: output width (goes with R, stride_w, dilation_w).
        Q: output height (goes with S, stride_h, dilation_h).
        R: filter width.
        S: filter height.
        G: groups.
        stride_w: stride on the axis of P and R; stride_h on that of Q and S.
        dilation_w: filter dilation on the axis of P and R; dilation_h on that of Q and S.

    Raises:
        SpecError: a size is not a whole number of at least 1.
    """

    name: str
    N: int = 1
    K: int = 1
    C: int = 1
    P: int = 1
    Q: int = 1
    R: int = 1
    S: int = 1
    G: int = 1
    stride_w: int = 1
    stride_h: int = 1
    dilation_w: int = 1
    dilation_h: int = 1

    def __post_init__(self) -> None:
        for key, value in vars(self).items():
            if key == "name":
                continue
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise SpecError(
                    f"size of layer {self.name!r} is not valid",
                    key_path=key,
                    got=value,
                    expected="a whole number of at least 1",
                )

    @property
    def sizes(self) -> dict[str, int]:
        """The size of each dimension, in the order of ``DIMENSIONS``."""
        return {dim: getattr(self, dim) for dim in DIMENSIONS}

    @property
    def macs(self) -> int:
        """Multiply-accumulate operations."""
        return math.prod(self.sizes.values())

    @property
    def shape(self) -> tuple[int, ...]:
        """Everything but the name: layers of equal shape are evaluated once."""
        return tuple(value for key, value in vars(self).items() if key != "name")


def layer_from_sizes(name: str, sizes: Mapping[str, int], **geometry: int) -> Layer:
    """A layer from a dictionary of dimension sizes; absent dimensions are 1."""
    return Layer(name=name, **dict(sizes), **geometry)
