"""The sizes of a layer as text, by which tables of what layers cost name their rows."""

from __future__ import annotations

from bohwsw.workload.dataspace import box_widths
from bohwsw.workload.layer import Layer


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
