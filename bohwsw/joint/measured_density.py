"""Designs with the densities that were measured on trained weights, in place of those promised."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bohwsw.codesign import Design, Hardware, MappedNetwork, Networks, mapped_layer
from bohwsw.mapping_search import NetworkMappings
from bohwsw.simulator import simulate
from bohwsw.workload import CountedLayer, Network


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
