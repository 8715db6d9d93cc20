"""Which tensors a layer takes, and which it puts out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bohwsw.errors import SpecError
from bohwsw.workload.layer import Layer
from bohwsw.workload.operator import Tensor


def output_of(layer: Layer) -> Tensor:
    """The tensor that a layer puts out, its groups side by side."""
    return Tensor(layer.N, layer.G * layer.K, layer.P, layer.Q)


def check_inputs(layer: Layer, producer: str, tensor: Tensor) -> None:
    """Refuse a tensor that cannot be the Inputs of a layer.

    Width and height are the true extents where the layer says them. They may miss what the filter
    reaches over on both sides (padding), and have on top what a stride leaves over. Of steps that
    wait for one another the first may be all there is: the others take what the layer puts out.

    Raises:
        SpecError: another batch, other channels, or a width or height out of range.
    """
    if layer.sequential is not None and tensor.sizes[layer.sequential] == 1:
        first: dict[str, Any] = {layer.sequential: 1}
        layer = replace(layer, **first)
    width = _range(layer.P, layer.stride_w, layer.R, layer.dilation_w, layer.input_width)
    height = _range(layer.Q, layer.stride_h, layer.S, layer.dilation_h, layer.input_height)
    channels = layer.G * layer.C
    fits = (layer.N, channels) == (tensor.N, tensor.K)
    if not (fits and tensor.P in width and tensor.Q in height):
        raise _misfit(
            layer,
            producer,
            tensor,
            "inputs",
            f"N={layer.N} K={channels} P={_words(width)} Q={_words(height)}",
        )


def check_weights(layer: Layer, producer: str, tensor: Tensor) -> None:
    """Refuse a tensor that cannot be the Weights of a layer, as keys and values of attention are.

    Raises:
        SpecError: it is neither a vector of all inputs for each output, nor the transpose.
    """
    filters = layer.R * layer.S
    straight = (layer.G * layer.C, layer.K * filters)
    transposed = (layer.G * layer.K, layer.C * filters)
    if tensor.N != 1 or (tensor.K, tensor.P * tensor.Q) not in (straight, transposed):
        expected = [f"K={channels} with P x Q={rest}" for channels, rest in (straight, transposed)]
        raise _misfit(layer, producer, tensor, "weights", " or ".join(dict.fromkeys(expected)))


def _range(steps: int, stride: int, taps: int, dilation: int, true: int | None) -> range:
    """The widths that a layer of so many outputs may have been given."""
    if true is not None:
        return range(true, true + 1)
    reach = (taps - 1) * dilation
    whole = (steps - 1) * stride + reach + 1
    return range(max(1, whole - 2 * reach), whole + stride)


def _words(sizes: range) -> str:
    return str(sizes[0]) if len(sizes) == 1 else f"{sizes[0]}..{sizes[-1]}"


def _misfit(layer: Layer, producer: str, tensor: Tensor, key: str, expected: str) -> SpecError:
    return SpecError(
        f"layer {layer.name!r} cannot take the output of {producer!r} as its {key}",
        key_path=key,
        got=str(tensor),
        expected=expected,
    )
