"""A design of several cores from a given schedule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bohwsw.codesign.design import Design
from bohwsw.codesign.hardware_space import Hardware
from bohwsw.codesign.mapped_network import MappedLayer, MappedNetwork
from bohwsw.errors import SpecError
from bohwsw.mapping import Mapping as Nest
from bohwsw.scheduling import Schedule
from bohwsw.simulator import is_sparse, simulate, simulate_imperfect
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
    weight = 1.0 / len(networks)
    mapped = tuple(
        MappedNetwork(
            network.name,
            tuple(_mapped_layers(hardware, network, schedule, mappings)),
            weight=weight,
            network=network,
        )
        for network in networks
    )
    design = Design(hardware, mapped, schedule=schedule)
    if design.is_whole:
        _ = design.timeline  # made here, so that an order against the edges shows at once
    return design


def _mapped_layers(
    hardware: Hardware,
    network: Network,
    schedule: Schedule,
    mappings: Mapping[str, Mapping[Layer, Nest]],
) -> Iterator[MappedLayer]:
    """The layers of a network on each core that runs some of their shape."""
    steps = schedule.of(network.name).steps
    for core in hardware.cores:
        name = core.architecture.name
        nodes = [network.node(step.node) for step in steps if step.core == name]
        layers = tuple(node for node in nodes if isinstance(node, CountedLayer))
        if any(is_sparse(core.sparse, layer.layer) for layer in layers):
            raise SpecError("what several cores save on zeros is not modelled", got=name)
        nests = {layer.shape: nest for layer, nest in mappings.get(name, {}).items()}
        for entry in Network(network.name, layers).unique_layers() if layers else ():
            nest = nests.get(entry.layer.shape)
            if nest is None:
                raise SpecError(
                    f"layer {entry.name!r} of {network.name!r} is not mapped onto {name!r}",
                    key_path="mappings",
                    expected="a mapping of its shape on that core",
                )
            is_perfect = nest.factor_products() == entry.layer.sizes
            evaluate = simulate if is_perfect else simulate_imperfect
            evaluation = evaluate(entry.layer, core.architecture, nest, core.costs)
            yield MappedLayer(entry, nest, evaluation, core=name)
