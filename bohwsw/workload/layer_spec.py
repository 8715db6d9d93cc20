"""A layer as it stands in a YAML file, with numbers or expressions; see ``docs/models.md``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, Field

from bohwsw.errors import located
from bohwsw.expressions import value_of, whole_number
from bohwsw.space import Value
from bohwsw.workload.layer import (
    BITS,
    DATA_SPACES,
    DIMENSIONS,
    EXTENTS,
    MAX_BITS,
    MAX_SIZE,
    MAX_STEP,
    UNSUPPORTED,
    Layer,
)
from bohwsw.workload.network import CountedLayer
from bohwsw.yamlfile import SpecModel


def _no_quoted_number(text: str) -> str:
    if re.fullmatch(r"\s*[-+]?[\d._]+([eE][-+]?\d+)?\s*", text):
        raise ValueError("a number in quotes is text")
    return text


ExpressionText = Annotated[str, AfterValidator(_no_quoted_number)]
Size = Annotated[int, Field(ge=1, le=MAX_SIZE)] | ExpressionText
Step = Annotated[int, Field(ge=1, le=MAX_STEP)] | ExpressionText
Bits = Annotated[int, Field(ge=1, le=MAX_BITS)] | ExpressionText
Share = Annotated[float, Field(ge=0, le=1)] | ExpressionText
"""Numbers, or expressions that give one."""
Name = Annotated[str, Field(min_length=1, max_length=200)]


class BitsSpec(SpecModel):
    """``bits`` of each data space; one left out is the level's word."""

    Weights: Bits | None = None  #: of a weight [bits]
    Inputs: Bits | None = None  #: of an input [bits]
    Outputs: Bits | None = None  #: of an output [bits]


class DensitySpec(SpecModel):
    """Share of values that are not zero, of each data space; of one left out nothing is known."""

    Weights: Share | None = None  #: of weights [share]
    Inputs: Share | None = None  #: of inputs [share]


class LayerSpec(SpecModel):
    """A layer and its count."""

    unsupported: ClassVar[dict[str, str]] = UNSUPPORTED

    name: Name  #: used once in the network; alternatives with conditions may share one
    N: Size = 1  #: batch
    K: Size = 1  #: output channels of a group
    C: Size = 1  #: input channels of a group
    P: Size = 1  #: width of the output
    Q: Size = 1  #: height of the output
    R: Size = 1  #: width of the filter
    S: Size = 1  #: height of the filter
    G: Size = 1  #: groups: of a depthwise layer its channels, of attention its heads
    #: a number, or `[w, h]`: w goes with P and R, h with Q and S
    stride: Step | tuple[Step, Step] = 1
    dilation: Step | tuple[Step, Step] = 1  #: the same
    #: of a value; the word width of the level that holds it if absent [bits]
    bits: Bits | BitsSpec | None = None
    sequential: Name | None = None  #: N, P or Q: its steps wait for one another
    #: values that are not zero; nothing is known of them if absent [share]
    density: DensitySpec = DensitySpec()
    #: true extent of the inputs without padding, on the axis of P and R
    input_width: Size | None = None
    input_height: Size | None = None  #: the same on the axis of Q and S
    count: Size = 1  #: equal layers, one after the other

    def build(self, values: Mapping[str, Value], name: str | None = None) -> CountedLayer:
        """The layer that these values make, and its count.

        Args:
            name: of the layer; its own if absent.

        Raises:
            SpecError: an expression fails or does not give a size.
        """
        sizes: dict[str, Any] = {
            dim: whole_number(getattr(self, dim), values, dim, MAX_SIZE) for dim in DIMENSIONS
        }
        for key in ("stride", "dilation"):
            given = getattr(self, key)
            for index, axis in enumerate("wh"):
                amount, place = (
                    (given[index], f"{key}[{index}]") if isinstance(given, tuple) else (given, key)
                )
                sizes[f"{key}_{axis}"] = whole_number(amount, values, place, MAX_STEP)
        for space, key in zip(DATA_SPACES, BITS, strict=True):
            width, place = self.bits, "bits"
            if isinstance(width, BitsSpec):
                width, place = getattr(width, space), f"bits.{space}"
            if width is not None:
                sizes[key] = whole_number(width, values, place, MAX_BITS)
        for space, share in self.density:
            if share is not None:
                with located(key_path="density"):
                    sizes[f"{space.lower()}_density"] = value_of(share, values, space)
        for key in EXTENTS:
            if (extent := getattr(self, key)) is not None:
                sizes[key] = whole_number(extent, values, key, MAX_SIZE)
        count = whole_number(self.count, values, "count", MAX_SIZE)
        own = self.name if name is None else name
        return CountedLayer(Layer(own, **sizes, sequential=self.sequential), count)


def layer_data(entry: CountedLayer) -> dict[str, Any]:
    """A layer in numbers, laid out as ``LayerSpec`` reads it."""
    layer = entry.layer
    data: dict[str, Any] = {"name": layer.name}
    data |= {dim: size for dim, size in layer.sizes.items() if size > 1}
    if (layer.stride_w, layer.stride_h) != (1, 1):
        data["stride"] = [layer.stride_w, layer.stride_h]
    if (layer.dilation_w, layer.dilation_h) != (1, 1):
        data["dilation"] = [layer.dilation_w, layer.dilation_h]
    bits = {space: width for space, width in layer.bits.items() if width is not None}
    data |= {"bits": bits} if bits else {}
    density = {space: share for space, share in layer.density.items() if share is not None}
    data |= {"density": density} if density else {}
    data |= {"sequential": layer.sequential} if layer.sequential else {}
    extents = {key: getattr(layer, key) for key in EXTENTS}
    data |= {key: extent for key, extent in extents.items() if extent is not None}
    data["count"] = entry.count
    return data
