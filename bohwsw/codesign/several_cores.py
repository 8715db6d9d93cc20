"""A design of several cores from a given schedule; none is searched for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from bohwsw.codesign.design import Design
from bohwsw.codesign.hardware_space import Hardware
from bohwsw.codesign.mapped_network import MappedLayer, MappedNetwork
from bohwsw.errors import SpecError
from bohwsw.mapping import Mapping as Nest
from bohwsw.scheduling import Schedule
from bohwsw.simulator import simulate, simulate_imperfect
from bohwsw.workload import CountedLayer, Layer, Network


def scheduled_design(
    hardware: Hardware,
    networks: Sequence[Network],
    schedule: Schedule,
    mappings: Mapping[str, Mapping[Layer, Nest]],
) -> Design:
    """Networks on the cores of a chip, each layer with its mapping on the core that runs it.

    Args:
        hardware: the chip: a core with ``others``.
        networks: what runs, each under a name of its own.
        schedule: which core runs which nodes in which order.
        mappings: by the name of a core, that of each layer that runs there; layers of one shape
            have one, as those of ``Network.unique_layers``.

    Returns:
        The design; its ``timeline`` says when each node runs, and its figures are the makespan and
        the sum of energies.

    Raises:
        SpecError: the schedule does not fit the networks or the chip, or its nodes wait for one
            another for ever; or a layer has no mapping on its core, or one of another layer.
    """
    schedule.check(networks, hardware.chip)
    cores = {core.architecture.name: core for core in hardware.cores}
    nests = {
        core: {layer.shape: nest for layer, nest in known.items()}
        for core, known in mappings.items()
    }
    mapped = []
    for network in networks:
        counts: Counter[tuple[str, tuple[int, ...]]] = Counter()
        first: dict[tuple[str, tuple[int, ...]], Layer] = {}
        for step in schedule.steps:
            if step.network != network.name:
                continue
            node = network.node(step.node)
            if isinstance(node, CountedLayer):
                key = (step.core, node.layer.shape)
                counts[key] += node.count
                first.setdefault(key, node.layer)
        layers = []
        for (core, shape), count in counts.items():
            layer, on = first[core, shape], cores[core]
            nest = nests.get(core, {}).get(shape)
            if nest is None:
                raise SpecError(
                    f"layer {layer.name!r} of {network.name!r} is not mapped onto {core!r}",
                    key_path="mappings",
                    expected="a mapping of its shape on that core",
                )
            is_perfect = nest.factor_products() == layer.sizes
            evaluate = simulate if is_perfect else simulate_imperfect
            evaluation = evaluate(layer, on.architecture, nest, on.costs)
            layers.append(MappedLayer(CountedLayer(layer, count), nest, evaluation, core=core))
        weight = 1.0 / len(networks)
        mapped.append(MappedNetwork(network.name, tuple(layers), weight=weight, network=network))
    design = Design(hardware, tuple(mapped), schedule=schedule)
    if design.is_whole:
        _ = design.timeline  # made here, so that an order against the edges shows at once
    return design
