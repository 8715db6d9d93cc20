"""What a search of schedules chooses among: nodes, their cores, and what each choice costs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from bohwsw.arch import Chip
from bohwsw.checks import finite_number
from bohwsw.errors import SpecError, located, unknown_name
from bohwsw.scheduling.node_cost import NodeCost
from bohwsw.scheduling.schedule import Schedule, Step
from bohwsw.workload import CountedLayer, Network

Aim = Literal["edp", "latency", "energy"]
"""What is minimised: of all networks together, the latency being the makespan."""


@dataclass(frozen=True)
class Choices:
    """Nodes that are to run, numbered so that each comes after those it waits for."""

    places: tuple[tuple[str, str], ...]  # names of network and node ``[n]``
    cores: tuple[str, ...]  # names of the cores ``[m]``
    cycles: npt.NDArray[np.float64]
    """Of each node on each core ``[n, m]``; infinite where it does not run there."""
    energies: npt.NDArray[np.float64]  # in pJ, alike
    bits: npt.NDArray[np.float64]  # to and from DRAM, alike
    before: tuple[tuple[int, ...], ...]  # for each node those it waits for
    network_of: tuple[int, ...]  # for each node the number of its network
    networks: tuple[str, ...]  # their names
    dram_bits_per_cycle: float | None  # of the chip; None is no limit

    def latency(self, cycles: float, bits: float) -> float:
        """The makespan of what takes so many cycles before the shared DRAM delays it."""
        return max(cycles, bits / self.dram_bits_per_cycle) if self.dram_bits_per_cycle else cycles

    def value(self, aim: Aim, cycles: float, energy: float, bits: float) -> float:
        """What is minimised, of a schedule or of lower bounds of its parts."""
        if aim == "energy":
            return energy
        latency = self.latency(cycles, bits)
        return latency * energy if aim == "edp" else latency

    @cached_property
    def after(self) -> tuple[tuple[int, ...], ...]:
        """For each node those that wait for it."""
        found: list[list[int]] = [[] for _ in self.places]
        for node, before in enumerate(self.before):
            for other in before:
                found[other].append(node)
        return tuple(map(tuple, found))

    @cached_property
    def tails(self) -> list[float]:
        """For each node the fewest cycles from its begin to the end of all that wait for it."""
        tails: list[float] = self.cycles.min(axis=1).tolist()
        for node in reversed(range(len(tails))):
            tails[node] += max((tails[other] for other in self.after[node]), default=0.0)
        return tails

    def schedule(self, order: Sequence[int], core_of: Sequence[int]) -> Schedule:
        """A schedule of the nodes in an order, each on the core of that number."""
        return Schedule(
            tuple(Step(*self.places[node], self.cores[core_of[node]]) for node in order)
        )


def choices_of(networks: Sequence[Network], chip: Chip, costs: Mapping[Step, NodeCost]) -> Choices:
    """The nodes that have a cost somewhere; other operators hand on their inputs at once.

    Raises:
        SpecError: two networks of one name, a cost of an unknown network, node or core, or a layer
            that no core can run.
    """
    by_name = {network.name: network for network in networks}
    if not networks or len(by_name) < len(networks):
        got = [network.name for network in networks]
        expected = "at least one network, each with a name of its own"
        raise SpecError("not networks", key_path="networks", got=got, expected=expected)
    cores = tuple(core.name for core in chip.cores)
    for step in costs:
        with located(key_path="costs"):
            if step.network not in by_name:
                raise unknown_name("network", step.network, by_name)
            by_name[step.network].node(step.node)
            if step.core not in cores:
                raise unknown_name(f"core of {chip.name}", step.core, cores)
    known = {step[:2] for step in costs}
    places: list[tuple[str, str]] = []
    before: list[tuple[int, ...]] = []
    network_of: list[int] = []
    for number, network in enumerate(networks):
        waits: dict[str, tuple[int, ...]] = {}
        for name in network.order:
            producers = [x for s in ("Inputs", "Weights") for x in network.inputs(name, s)]
            found = tuple(sorted({node for x in producers for node in waits[x]}))
            if (network.name, name) not in known:
                if isinstance(network.node(name), CountedLayer):
                    raise SpecError(
                        f"no core can run layer {name!r} of {network.name!r}",
                        key_path="costs",
                        expected=f"a cost on one of {', '.join(cores)}",
                    )
                waits[name] = found
                continue
            waits[name] = (len(places),)
            places.append((network.name, name))
            before.append(found)
            network_of.append(number)
    table = np.full((3, len(places), len(cores)), math.inf)
    for node, place in enumerate(places):
        for core, name in enumerate(cores):
            if cost := costs.get(Step(*place, name)):
                table[:, node, core] = cost.latency_cycles, cost.energy_pj, cost.dram_bits
    return Choices(
        tuple(places),
        cores,
        table[0],
        table[1],
        table[2],
        tuple(before),
        tuple(network_of),
        tuple(by_name),
        chip.dram_bits_per_cycle,
    )


def checked_aim(aim: str) -> Aim:
    """The aim; a SpecError if there is no such one."""
    for known in get_args(Aim):
        if aim == known:
            found: Aim = known
            return found
    raise unknown_name("objective of schedules", aim, get_args(Aim))


def checked_latencies(limits: Mapping[str, object], networks: Sequence[str]) -> dict[int, float]:
    """Limits on latencies, in cycles, by the number of a network.

    Raises:
        SpecError: an unknown network, or no number above 0.
    """
    found = {}
    for name, limit in limits.items():
        if name not in networks:
            raise unknown_name("network", name, networks).within(key_path="latency_limits")
        number = finite_number(limit)
        if number is None or number <= 0:
            raise SpecError(
                "not a limit",
                key_path=f"latency_limits.{name}",
                got=limit,
                expected="cycles, above 0",
            )
        found[list(networks).index(name)] = float(number)
    return found
