"""A network: named layers with how often each occurs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from bohwsw.errors import SpecError
from bohwsw.workload.layer import Layer


@dataclass(frozen=True)
class CountedLayer:
    """A layer and how many layers of that shape the network has."""

    layer: Layer
    count: int


@dataclass(frozen=True)
class Network:
    """Layers of a neural network, those of equal shape merged.

    Network EDP = (sum of layer energies) x (sum of layer cycles), each with its count.

    Attributes:
        name: the network's name.
        layers: unique layers with their counts, in order of first appearance.
        description: where the shapes come from.
    """

    name: str
    layers: tuple[CountedLayer, ...]
    description: str = ""

    @property
    def macs(self) -> int:
        """Multiply-accumulate operations of the whole network."""
        return sum(entry.count * entry.layer.macs for entry in self.layers)


def network_from_layers(
    name: str, layers: Iterable[tuple[Layer, int]], description: str = ""
) -> Network:
    """A network from (layer, count) pairs; equal shapes are merged and their counts added.

    Raises:
        SpecError: no layer at all, or a count below 1.
    """
    merged: dict[tuple[int, ...], CountedLayer] = {}
    for position, (layer, count) in enumerate(layers):
        if isinstance(count, bool) or not isinstance(count, int) or count < 1:
            raise SpecError(
                "count is not valid",
                key_path=f"layers[{position}].count",
                got=count,
                expected="a whole number of at least 1",
            )
        known = merged.get(layer.shape)
        if known is None:
            merged[layer.shape] = CountedLayer(layer, count)
        else:
            merged[layer.shape] = replace(known, count=known.count + count)
    if not merged:
        raise SpecError(
            "a network needs layers", key_path="layers", got=[], expected="at least one layer"
        )
    return Network(name=name, layers=tuple(merged.values()), description=description)
