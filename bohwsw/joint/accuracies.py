"""Accuracies of networks as a joint search asks for them, keeps them and stores them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from typing import Any

from bohwsw.accuracy import AccuracySource, Measurement, NotMeasurableError
from bohwsw.codesign import Design, Hardware, MappedNetwork, Networks, mapped_layer
from bohwsw.errors import BohwswError
from bohwsw.mapping_search import NetworkMappings
from bohwsw.simulator import simulate
from bohwsw.space import Value
from bohwsw.workload import CountedLayer, Network

Ask = Callable[[AccuracySource, Mapping[str, Any], Mapping[str, int]], Measurement]
"""Asks a source for a network's figures at a fidelity, in this process or somewhere else."""


@dataclass(frozen=True)
class Accuracy:
    """What a source said of a network, or why it said nothing."""

    figures: Mapping[str, float] = field(default_factory=dict)  # by name; empty if there are none
    standard_errors: Mapping[str, float] = field(default_factory=dict)
    """Of those whose spread is known."""
    seconds: float = 0.0
    trainings: int = 0  # runs that were started for it
    reused: bool = False  # whether nobody was asked, because an earlier trial had the same network
    reason: str | None = None  # why it has no accuracy; None if it has
    densities: Mapping[str, float] = field(default_factory=dict)
    """Of weights, as measured, by node; empty where nobody asks."""
    partial: bool = False
    """Whether it was measured at less than the full fidelity: nothing to report."""


class BrokenSourceError(BohwswError):
    """The source is broken; how long that took is known."""

    def __init__(self, text: str, seconds: float) -> None:
        super().__init__(text)
        self.seconds = seconds


def asked(
    source: AccuracySource,
    knobs: Mapping[str, Value],
    ask: Ask,
    fidelity: Mapping[str, int] | None = None,
) -> Accuracy:
    """What a source says, at a fidelity or at its full one; that it cannot is an answer, too.

    Raises:
        BrokenSourceError: it is broken.
    """
    began = time.perf_counter()
    try:
        found = ask(source, knobs, fidelity or {})
    except NotMeasurableError as error:
        reason = f"accuracy source {source.name!r}: {error}"
        return Accuracy(seconds=time.perf_counter() - began, reason=reason)
    except (Exception, SystemExit) as error:
        text = " ".join(f"{type(error).__name__}: {error}".split())
        raise BrokenSourceError(
            f"accuracy source {source.name!r}: {text}", time.perf_counter() - began
        ) from error
    return Accuracy(
        dict(found.figures),
        dict(found.standard_errors),
        time.perf_counter() - began,
        found.trainings,
        densities=dict(found.densities),
    )


def network_key(knobs: Mapping[str, Value]) -> str:
    """Equal for equal networks of one model."""
    return json.dumps(dict(knobs), sort_keys=True)


def measured_design(design: Design, accuracy: Accuracy) -> Design:
    """A design with what a source has measured of its network."""
    networks = [replace(network, measured=dict(accuracy.figures)) for network in design.networks]
    return replace(design, networks=tuple(networks))


PLAIN = (bool, int, float, str, tuple, dict, Path)


def source_settings(source: AccuracySource) -> dict[str, Any]:
    """What a source says of itself: its name and, of a dataclass, what it was made of."""
    told: dict[str, Any] = {}
    known: Any
    for known in fields(source) if is_dataclass(source) else ():
        value = getattr(source, known.name)
        if known.init and known.repr and isinstance(value, PLAIN):
            told[known.name] = str(value) if isinstance(value, Path) else value
    return {**told, "name": source.name}


def with_densities(design: Design, densities: Mapping[str, float]) -> Design:
    """A design whose layers have these densities of weights, by the names of the nodes.

    Layers without a density of weights have none afterwards. Of nodes that are one layer of the
    design it is the mean.
    """
    if not densities or design.hardware.sparse is None:
        return design
    networks = [_changed(mapped, design.hardware, densities) for mapped in design.networks]
    return replace(design, networks=tuple(networks))


def mappings_named(mappings: NetworkMappings, networks: Networks) -> NetworkMappings:
    """Mappings of layers with some densities for those of the same names with others."""
    found = {}
    for network in networks.networks:
        named = {layer.name: mapping for layer, mapping in mappings[network.name].items()}
        layers = [entry.layer for entry in network.unique_layers()]
        found[network.name] = {layer: named[layer.name] for layer in layers}
    return found


def _changed(
    mapped: MappedNetwork, hardware: Hardware, densities: Mapping[str, float]
) -> MappedNetwork:
    graph = mapped.network
    assert graph is not None
    means = _means(graph, densities)

    def changed(entry: CountedLayer) -> CountedLayer:
        mean = means.get(entry.layer.shape)
        return entry if mean is None else _with(entry, mean)

    layers = []
    for known in mapped.layers:
        entry = changed(known.entry)
        architecture, costs = hardware.architecture, hardware.costs
        dense = simulate(entry.layer, architecture, known.mapping, costs)
        bound, tried = known.lower_bound, known.evaluations
        layers.append(mapped_layer(hardware, entry, known.mapping, dense, bound, tried))
    nodes = [changed(node) if isinstance(node, CountedLayer) else node for node in graph.nodes]
    return replace(mapped, layers=tuple(layers), network=replace(graph, nodes=tuple(nodes)))


def _means(graph: Network, densities: Mapping[str, float]) -> dict[tuple[int, ...], float]:
    """For each shape with a density the mean of those measured."""
    found: dict[tuple[int, ...], list[float]] = {}
    for node in graph.nodes:
        if isinstance(node, CountedLayer) and node.layer.weights_density is not None:
            share = densities.get(node.name, node.layer.weights_density)
            found.setdefault(node.layer.shape, []).extend([share] * node.count)
    return {shape: sum(shares) / len(shares) for shape, shares in found.items()}


def _with(entry: CountedLayer, density: float) -> CountedLayer:
    return replace(entry, layer=replace(entry.layer, weights_density=density))
