"""Evaluates a given schedule: when each node runs, the makespan, the energy.

Layers are placed on cores whole and run without interruption, as in Herald (Kwon et al. 2021,
arXiv:1909.07437); a node begins when its core is free and all nodes whose tensors it takes have
ended, as in Stream at its coarsest, one layer a node (Symons et al. 2022, arXiv:2212.10612).
The latency is the makespan: the end of the last node. Energies add up.

The cores share the DRAM. Each node's latency already respects what its core alone may move; all
together move at most ``dram_bits_per_cycle``, so no schedule ends before all bits / that. Where
this is later than the last end, every time is stretched by the same factor: traffic is taken to
spread evenly over the run. That is a lower bound, as bursts of several cores at once may wait
longer.

An operator that the schedule leaves out costs nothing and takes no time: it hands on its result
as soon as its inputs are there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from bohwsw.arch import Chip
from bohwsw.errors import SpecError
from bohwsw.scheduling.node_cost import NodeCost
from bohwsw.scheduling.schedule import Schedule, Step
from bohwsw.workload import Network

Place = tuple[str, str]
"""Names of a network and of a node of it."""


@dataclass(frozen=True)
class ScheduledNode:
    """When and where a node runs; ``core`` is None for an operator that is not counted.

    ``dram_bits`` are those that it moves to and from DRAM meanwhile.
    """

    network: str
    node: str
    core: str | None
    start_cycle: float
    end_cycle: float
    dram_bits: float = 0


@dataclass(frozen=True)
class Timeline:
    """What a schedule comes to."""

    nodes: tuple[ScheduledNode, ...]  # all of them, in the order in which they begin
    latency_cycles: float  # the makespan
    energy_pj: float  # of all nodes
    dram_bits: float  # what all nodes move to and from DRAM
    stretch: float  # by what factor the shared DRAM delays everything; 1 where it does not limit
    utilisation: Mapping[str, float]
    """For each core, the share of the makespan in which it would be busy if nothing were
    stretched."""

    @property
    def edp_pj_cycles(self) -> float:
        """Energy-delay product."""
        return self.energy_pj * self.latency_cycles

    def latency_of(self, network: str) -> float:
        """When the last node of one network ends, in cycles."""
        return max(node.end_cycle for node in self.nodes if node.network == network)


def evaluate_schedule(
    networks: Sequence[Network], chip: Chip, schedule: Schedule, costs: Mapping[Step, NodeCost]
) -> Timeline:
    """When each node runs, and what all of them cost.

    Args:
        networks: what runs, each under a name of its own.
        chip: where it runs.
        schedule: which core runs which nodes in which order.
        costs: of each step of the schedule.

    Raises:
        SpecError: the schedule does not fit, see ``Schedule.check``; a step has no cost; or nodes
            wait for one another for ever, because the order on a core is against the edges.
    """
    schedule.check(networks, chip)
    step_of = {step[:2]: step for step in schedule.steps}
    for position, step in enumerate(schedule.steps):
        if step not in costs:
            raise SpecError("this step has no cost", key_path=f"steps[{position}]", got=list(step))
    start: dict[Place, float] = {}
    end: dict[Place, float] = {}
    waits_for = _waits_for(networks, schedule)
    for place in _ordered(waits_for):
        start[place] = max((end[other] for other in waits_for[place]), default=0)
        runs = step_of.get(place)
        end[place] = start[place] + (costs[runs].latency_cycles if runs else 0)
    unstretched = max(end.values())
    dram_bits = sum(costs[step].dram_bits for step in schedule.steps)
    least = 0.0 if chip.dram_bits_per_cycle is None else dram_bits / chip.dram_bits_per_cycle
    stretch = least / unstretched if least > unstretched > 0 else 1
    latency = max(least, unstretched) if least else unstretched
    busy = dict.fromkeys((core.name for core in chip.cores), 0.0)
    for step in schedule.steps:
        busy[step.core] += costs[step].latency_cycles
    nodes = [
        ScheduledNode(
            *place,
            step_of[place].core if place in step_of else None,
            start[place] * stretch,
            end[place] * stretch,
            costs[step_of[place]].dram_bits if place in step_of else 0,
        )
        for place in start
    ]
    return Timeline(
        tuple(sorted(nodes, key=lambda node: (node.start_cycle, node.end_cycle))),
        latency,
        sum(costs[step].energy_pj for step in schedule.steps),
        dram_bits,
        stretch,
        {core: cycles / latency if latency else 0.0 for core, cycles in busy.items()},
    )


def _waits_for(networks: Sequence[Network], schedule: Schedule) -> dict[Place, list[Place]]:
    """What has to end before each node begins: who makes its tensors, and its core's last step."""
    waits_for = {
        (network.name, node.name): [
            (network.name, producer)
            for space in ("Inputs", "Weights")
            for producer in network.inputs(node.name, space)
        ]
        for network in networks
        for node in network.nodes
    }
    last: dict[str, Place] = {}
    for step in schedule.steps:
        if step.core in last:
            waits_for[step[:2]].append(last[step.core])
        last[step.core] = step[:2]
    return waits_for


def _ordered(waits_for: Mapping[Place, Sequence[Place]]) -> list[Place]:
    try:
        return list(TopologicalSorter(waits_for).static_order())
    except CycleError as error:
        cycle = [f"{network}: {node}" for network, node in error.args[1]]
        raise SpecError(
            "nodes wait for one another for ever",
            key_path="steps",
            got=" -> ".join(cycle),
            expected="on each core an order that agrees with the edges",
        ) from None
