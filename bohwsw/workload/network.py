"""A network: named layers with how often each occurs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from bohwsw.checks import LARGEST_PRODUCT, set_whole
from bohwsw.errors import SpecError
from bohwsw.workload.layer import Layer


@dataclass(frozen=True)
class CountedLayer:
    """A layer and how many layers of that shape the network has."""

    layer: Layer
    count: int

    def __post_init__(self) -> None:
        set_whole(self, ("count",), LARGEST_PRODUCT, problem="count is not valid")


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
        SpecError: no layer at all, a count below 1, or more work than 64-bit integers count.
    """
    merged: dict[tuple[int, ...], CountedLayer] = {}
    total = 0
    for position, (layer, count) in enumerate(layers):
        place = f"layers[{position}]"
        try:
            entry = CountedLayer(layer, count)
            layer.require_countable()
        except SpecError as error:
            raise error.within(key_path=place) from error
        total += entry.count * layer.most_words
        if total > LARGEST_PRODUCT:
            raise SpecError(
                "the layers up to here are more work than 64-bit integers can count",
                key_path=place,
                got=f"{total:.4g} multiply-accumulates or words",
                expected=f"at most {LARGEST_PRODUCT} = {LARGEST_PRODUCT:.4g}",
            )
        known = merged.get(layer.shape)
        if known is not None:
            entry = replace(known, count=known.count + entry.count)
        merged[layer.shape] = entry
    if not merged:
        raise SpecError(
            "a network needs layers", key_path="layers", got=[], expected="at least one layer"
        )
    return Network(name=name, layers=tuple(merged.values()), description=description)
