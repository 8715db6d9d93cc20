"""Headroom: what no machine of a space can beat.

Machines of a space differ in structure (what fans out how far, bandwidths, word widths) and in the
sizes of their buffers, blocks and clusters. For each structure one *relaxed* machine is at least as
good as all others, whatever is mapped onto it:

- each level has the most entries that any machine has: no mapping that fits elsewhere is lost;
- moving a word costs the least that it costs anywhere, block accesses shared out to their words: a
  mapping that moves n words makes at least n / block accesses;
- restrictions of the dataflow that depend on a parameter are dropped, and hops cost nothing.

Sizes are relaxed one level at a time, constraints between them left out. The lower bound of the
best structure, by branch and bound over mappings, is a bound for the space.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from bohwsw.arch import Architecture, Columns, MachineSizes, Memory, Prices
from bohwsw.clock import Clock
from bohwsw.codesign.hardware_space import HardwareSpace
from bohwsw.codesign.networks import Networks
from bohwsw.codesign.space_spec import SpaceSpec
from bohwsw.errors import NoValidMappingError, SpecError
from bohwsw.mapper import (
    BranchAndBoundMapper,
    Goal,
    Objective,
    TilePaths,
    least_objective,
    promising,
)
from bohwsw.mapping import Dataflow, MapSpace, build_dataflow, level_units
from bohwsw.simulator import Costs, used_words
from bohwsw.space import Space, parse
from bohwsw.tech import StorageCost
from bohwsw.workload import Network

MOST_STRUCTURES, MOST_VALUES = 3_000, 10_000
SIZES = ("entries", "block_size", "cluster_size")
STRUCTURE = ("word_bits", "fanout[0]", "fanout[1]", "bandwidth.read", "bandwidth.write")
GAP, START_EVALUATIONS = 0.02, 50
"""How near to the optimum of a relaxed machine its bound is brought, from a mapping that so many
evaluations find."""


def least_of_space(
    hardware_space: HardwareSpace,
    network: Network,
    *,
    objective: Objective = "edp",
    seconds: float = float("inf"),
) -> float:
    """A lower bound on the objective of a network over all machines of a space.

    Args:
        network: what runs on them.
        objective: of the network: ``edp`` (pJ x cycles), ``energy`` (pJ) or ``latency`` (cycles).
        seconds: stop after about this time; what is not looked at by then has a bound, too.

    Returns:
        The bound; infinite if no machine can run the network.

    Raises:
        SpecError: the space has too many different structures.
    """
    clock = Clock.of(seconds)
    waiting: list[tuple[float, int, bool, _Relaxed]] = []
    for number, machine in enumerate(_relaxed_machines(hardware_space)):
        quick = machine.first_bound if clock.over else machine.quick_bound
        heapq.heappush(waiting, (quick(network, objective, clock), number, False, machine))
    while waiting:
        bound, number, tight, machine = waiting[0]
        if tight or bound == float("inf") or clock.over:
            return bound
        tighter = max(bound, machine.tight_bound(network, objective, clock))
        heapq.heapreplace(waiting, (tighter, number, True, machine))
    return float("inf")


def least_for_networks(
    hardware_space: HardwareSpace, networks: Networks, *, objective: Objective, seconds: float
) -> float:
    """The same for several networks: the weighted geometric mean of their bounds."""
    least, share = 1.0, seconds / len(networks.networks)
    for network, weight in zip(networks.networks, networks.weights, strict=True):
        least *= (
            least_of_space(hardware_space, network, objective=objective, seconds=share) ** weight
        )
    return least


def require_boundable(hardware_space: HardwareSpace, objectives: Sequence[str]) -> None:
    """Look whether `least_of_space` can bound what is minimised, before a search begins.

    Raises:
        SpecError: there are several objectives, or it is the area; or the space has too many
            different structures.
    """
    if len(objectives) != 1 or objectives[0] not in ("edp", "energy", "latency"):
        raise SpecError(
            "there is no bound on this over all machines of a space",
            key_path="headroom",
            got=", ".join(objectives),
            expected="one objective: edp, energy or latency",
        )
    if hardware_space.spec.sparse is not None:
        problem = "no bound is known on what machines save on zeros"
        raise SpecError(problem, key_path="headroom", got="sparse", expected="a space without")
    next(_relaxed_machines(hardware_space))


@dataclass(frozen=True)
class _Relaxed:
    """A relaxed machine, priced, with what always restricts it, and its bounds on a network."""

    architecture: Architecture
    costs: Costs
    dataflow: Dataflow

    def first_bound(self, network: Network, objective: Objective, _: Clock) -> float:
        """All units busy, and each word moved once at the outermost level."""
        prices = self.costs.storage[0]
        bounds = []
        for entry in network.unique_layers():
            weights, inputs, outputs = used_words(entry.layer)
            energy = entry.layer.macs * self.costs.mac_pj(entry.layer, self.architecture)
            word, units = level_units(entry.layer, self.architecture.levels[0].word_bits)
            read = weights * units["Weights"] + inputs * units["Inputs"]
            energy += read / word * prices.read_pj
            energy += outputs * units["Outputs"] / word * prices.update_pj
            at_once = entry.layer.macs // entry.layer.steps
            cycles = entry.layer.macs / min(self.architecture.macs, at_once)
            bounds.append(Goal(objective).value(energy, cycles))
        return _of_network(bounds, network, objective)

    def quick_bound(self, network: Network, objective: Objective, clock: Clock) -> float:
        """From the quick bounds of all skeletons of each layer."""
        bounds = []
        for entry in network.unique_layers():
            try:
                space = MapSpace(entry.layer, self.architecture, self.dataflow)
            except SpecError:  # a dimension has no place
                return float("inf")
            paths = TilePaths(space, self.costs, with_energy=objective != "latency")
            found = promising(paths, Goal(objective), float("inf"), clock)
            bounds.append(min([found.left_out, *found.rows["bound"][:1].tolist()]))
        return _of_network(bounds, network, objective)

    def tight_bound(self, network: Network, objective: Objective, clock: Clock) -> float:
        """From branch and bound on each layer."""
        bounds: list[float] = []
        for entry in network.unique_layers():
            share = clock.left / (len(network.unique_layers()) - len(bounds))
            try:
                found = BranchAndBoundMapper(gap=GAP, seconds=share).search(
                    MapSpace(entry.layer, self.architecture, self.dataflow),
                    self.costs,
                    objective=objective,
                    evaluations=START_EVALUATIONS,
                )
            except NoValidMappingError:
                return float("inf")
            bounds.append(found.lower_bound)
        return _of_network(bounds, network, objective)


def _of_network(bounds: list[float], network: Network, objective: Objective) -> float:
    return least_objective(bounds, [entry.count for entry in network.unique_layers()], objective)


def _relaxed_machines(space: HardwareSpace) -> Iterator[_Relaxed]:
    """The relaxed machine of each structure."""
    spec = space.spec
    restrictions = {name: level.always() for name, level in spec.dataflow.items()}
    dataflow = build_dataflow(restrictions, {}, single_axis=spec.single_axis)
    structures = _structures(spec)
    n = len(next(iter(structures.values()), [None]))
    relaxed = MachineSizes(spec.architecture, structures, n)
    prices = Prices(space.technology)
    best = [_best(spec, level, relaxed, prices) for level in range(len(spec.architecture.levels))]
    sizes = {}
    for level, memories in enumerate(best):
        sizes[level, "entries"] = np.array([memory.entries for memory in memories])
        sizes |= {(level, key): np.ones(n) for key in SIZES[1:]}
    relaxed = relaxed.with_sizes(sizes)
    for index in range(n):
        architecture = relaxed.architecture(spec.name, index)
        mac = space.technology.mac(architecture.mac.word_bits)
        costs = Costs(
            storage=tuple(memories[index].cost for memories in best),
            hop_energy_pj=(0.0,) * architecture.depth,
            mac_energy_pj=mac.energy_pj,
            mac_linear_pj=mac.linear_pj,
        )
        yield _Relaxed(architecture, costs, dataflow)


def _structures(spec: SpaceSpec) -> Columns:
    """Values of all parameters on which more than sizes of memories depends, a structure a row."""
    names = spec.architecture.names(STRUCTURE)
    parameters = [x.build(name) for name, x in spec.parameters.items() if name in names]
    if not parameters:
        return {}
    constraints = [text for text in spec.constraints if set(parse(text).names) <= names]
    structures = Space(parameters, constraints)
    rows = structures.all_rows(MOST_STRUCTURES)
    if rows is None:
        raise SpecError(
            "too many structures to bound each of them",
            got=str(structures.size()),
            expected=f"at most {MOST_STRUCTURES}",
        )
    return structures.columns(rows)


class _Memory(NamedTuple):
    """The best of a level: the most entries, and the least that moving a word costs."""

    entries: float
    cost: StorageCost


def _best(spec: SpaceSpec, level: int, structures: MachineSizes, prices: Prices) -> list[_Memory]:
    """The best memory of a level in each structure; once for those that share its parameters."""
    texts = [spec.architecture.levels[level].amounts()[key] for key in SIZES]
    names = dict.fromkeys(name for x in texts if isinstance(x, str) for name in parse(x).names)
    fixed = [name for name in names if name in structures.columns]
    free = [name for name in names if name not in structures.columns]
    grid = np.meshgrid(*(_values(spec, name) for name in free), indexing="ij")
    columns = {name: values.ravel() for name, values in zip(free, grid, strict=True)}
    n = grid[0].size if free else 1
    known: dict[tuple[object, ...], _Memory] = {}
    found = []
    for index in range(structures.n):
        word_bits = structures.of(level, "word_bits")[index]
        values = {name: structures.columns[name][index] for name in fixed}
        key = (word_bits, *(value.item() for value in values.values()))
        if key not in known:
            shared = {name: np.full(n, value) for name, value in values.items()}
            sizes = MachineSizes(spec.architecture, {**columns, **shared}, n).with_sizes(
                {(level, "word_bits"): np.full(n, word_bits)}
            )
            known[key] = _best_of([x for x in prices.memories(sizes, level)[0] if x is not None])
        found.append(known[key])
    return found


def _best_of(memories: list[Memory]) -> _Memory:
    costs = [(cost, shape.block_size) for shape, cost in memories]
    return _Memory(
        max(np.inf if shape.entries is None else shape.entries for shape, _ in memories),
        StorageCost(
            read_pj=min(cost.read_pj / block for cost, block in costs),
            fill_pj=min(cost.fill_pj / block for cost, block in costs),
            update_pj=min(cost.update_pj / block for cost, block in costs),
            area_mm2=None,
        ),
    )


def _values(spec: SpaceSpec, name: str) -> npt.NDArray[Any]:
    space = Space([spec.parameters[name].build(name)])
    rows = space.all_rows(MOST_VALUES)
    if rows is None:
        raise SpecError("too many values to bound", key_path=f"parameters.{name}")
    return space.columns(rows)[name]
