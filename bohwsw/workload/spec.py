"""Networks from YAML files, shipped or the user's own.

A file has a name, a description, a source and a list of layers:

    name: tiny
    description: two layers, batch 1
    source: nobody
    layers:
      - {name: conv1, K: 64, C: 3, P: 112, Q: 112, R: 7, S: 7, stride: 2}
      - {name: heads, G: 12, P: 128, C: 64, K: 128, count: 4}

A layer says its sizes by the letters of ``bohwsw.workload.layer``; one left out is 1. ``K`` and
``C`` count channels per group. ``stride`` and ``dilation`` are a number for both axes or
``[w, h]``, where w goes with P and R, h with Q and S. ``bits`` is the width of a value, a number
for all data spaces or ``{Weights: 8, Inputs: 8, Outputs: 16}``; one that is left out has the word
width of the level that holds it. ``count`` says how many equal layers there are; layers of equal
shape are merged in any case.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import Field

from bohwsw.errors import SpecError
from bohwsw.shipped import find_spec
from bohwsw.workload.layer import DIMENSIONS, MAX_BITS, MAX_SIZE, MAX_STEP, UNSUPPORTED, Layer
from bohwsw.workload.network import Network, network_from_layers
from bohwsw.yamlfile import SpecModel, read_yaml, validate

Size = Annotated[int, Field(ge=1, le=MAX_SIZE)]
Step = Annotated[int, Field(ge=1, le=MAX_STEP)]
Bits = Annotated[int, Field(ge=1, le=MAX_BITS)]
Name = Annotated[str, Field(min_length=1, max_length=200)]


class BitsSpec(SpecModel):
    """``bits``: the width of a value of each data space; one left out is the level's word."""

    Weights: Bits | None = None
    Inputs: Bits | None = None
    Outputs: Bits | None = None


class LayerSpec(SpecModel):
    """One entry of ``layers``."""

    unsupported: ClassVar[dict[str, str]] = UNSUPPORTED

    name: Name
    N: Size = 1
    K: Size = 1
    C: Size = 1
    P: Size = 1
    Q: Size = 1
    R: Size = 1
    S: Size = 1
    G: Size = 1
    stride: Step | tuple[Step, Step] = 1
    dilation: Step | tuple[Step, Step] = 1
    bits: Bits | BitsSpec = BitsSpec()
    count: Size = 1

    def to_layer(self) -> Layer:
        """The layer, without its count."""
        stride_w, stride_h = _both_axes(self.stride)
        dilation_w, dilation_h = _both_axes(self.dilation)
        bits = self.bits
        if isinstance(bits, int):
            bits = BitsSpec(Weights=bits, Inputs=bits, Outputs=bits)
        return Layer(
            name=self.name,
            **{dim: getattr(self, dim) for dim in DIMENSIONS},
            stride_w=stride_w,
            stride_h=stride_h,
            dilation_w=dilation_w,
            dilation_h=dilation_h,
            weights_bits=bits.Weights,
            inputs_bits=bits.Inputs,
            outputs_bits=bits.Outputs,
        )


class NetworkSpec(SpecModel):
    """A network file."""

    name: Name
    description: str = ""
    source: str = ""
    layers: Annotated[list[LayerSpec], Field(min_length=1, max_length=10_000)]


def load_network(name_or_path: str | Path) -> Network:
    """A network by the name of a shipped model or by the path of a YAML file.

    Raises:
        SpecError: no such model or file, or something in the file is not valid.
    """
    path = find_spec("models", name_or_path)
    return network_from_dict(read_yaml(path), file=str(path))


def network_from_dict(data: object, file: str | None = None) -> Network:
    """A network from plain data laid out like a network file.

    Args:
        data: dictionaries, lists, text and numbers, as ``read_yaml`` returns them.
        file: where they come from, for errors.

    Raises:
        SpecError: unknown or missing keys, wrong types, sizes out of range, no layers, a layer name
            that occurs twice, or more work than can be counted in 64-bit integers.
    """
    spec = validate(NetworkSpec, data, file=file)
    layers = [(entry.to_layer(), entry.count) for entry in spec.layers]
    try:
        _refuse_equal_names(layers)
        description = "; source: ".join(text for text in (spec.description, spec.source) if text)
        return network_from_layers(spec.name, layers, description)
    except SpecError as error:
        raise error.within(file=file) from error


def _both_axes(step: int | tuple[int, int]) -> tuple[int, int]:
    return (step, step) if isinstance(step, int) else step


def _refuse_equal_names(layers: list[tuple[Layer, int]]) -> None:
    first: dict[str, int] = {}
    for position, (layer, _) in enumerate(layers):
        if layer.name in first:
            raise SpecError(
                "two layers have one name",
                key_path=f"layers[{position}].name",
                got=layer.name,
                expected=f"another name than that of layers[{first[layer.name]}]; "
                "use count for equal layers",
            )
        first[layer.name] = position
