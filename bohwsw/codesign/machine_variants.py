"""What would change a mapped layer's cost most: the layer mapped again on machines a step away.

Each variant has one thing doubled: a capacity, a read or write bandwidth, one axis of the MAC
array. Energy per access is kept, but for a doubled capacity, which is priced again where the
technology is known. The lower bound of each search says what the change can bring at most.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from bohwsw.arch import Architecture
from bohwsw.clock import NO_LIMIT, Clock
from bohwsw.errors import SpecError
from bohwsw.mapper import (
    BranchAndBoundMapper,
    Goal,
    Objective,
    TilePaths,
    check_objective,
    gap_to,
    least_of_all,
)
from bohwsw.mapping import Mapping, MapSpace
from bohwsw.simulator import Costs, Evaluation, costs_of, simulate
from bohwsw.tech import Technology
from bohwsw.workload import Layer

Change = Literal["capacity", "read_bandwidth", "write_bandwidth", "mesh_x", "mesh_y"]
Pricing = Literal["kept", "priced again", "not priced again"]

ROUNDING = 1e-9
"""Relative difference below which two objectives count as equal."""


@dataclass(frozen=True)
class Variant:
    """A machine with one thing doubled."""

    change: Change
    levels: tuple[str, ...]  # names of the levels it is doubled at; of a mesh also ``MAC``
    before: float  # words, words per cycle, or units along the axis
    after: float
    pricing: Pricing
    """``kept`` where a change leaves the energy per access alone; of a capacity ``priced again``,
    or ``not priced again`` if no technology gives a price for it."""
    architecture: Architecture
    costs: Costs

    @property
    def relaxes(self) -> bool:
        """Whether each mapping of the machine as it is stays valid here and costs no more.

        A wider mesh may lengthen the ways on the network.
        """
        return not self.change.startswith("mesh") and self.pricing != "priced again"


@dataclass(frozen=True)
class Answer:
    """The best mapping known of the layer on one machine."""

    objective: float  # its objective (pJ x cycles, pJ or cycles)
    lower_bound: float  # no mapping of the map space has a smaller objective
    proven: bool  # whether the objective is within the gap asked for of the bound
    mapping: Mapping
    evaluation: Evaluation

    @property
    def gap(self) -> float:
        """How far, at most, the objective is above the optimum, as a share of it."""
        return gap_to(self.objective, self.lower_bound)


@dataclass(frozen=True)
class WhatIf:
    """What one change does to the layer."""

    variant: Variant  # the changed machine
    before: Answer  # the layer on the machine as it is
    after: Answer  # the layer, mapped again, on the variant

    @property
    def ratio(self) -> float:
        """Objective after over before; below 1 is better."""
        return self.after.objective / self.before.objective

    @property
    def least_ratio(self) -> float:
        """Proven: no mapping on the variant brings the ratio below this."""
        return self.after.lower_bound / self.before.objective


@dataclass(frozen=True)
class WhatIfs:
    """All changes to a machine, for one layer."""

    objective: Objective
    before: Answer  # the layer on the machine as it is
    changes: tuple[WhatIf, ...]  # the greatest improvement first


def what_if(
    space: MapSpace,
    costs: Costs,
    *,
    mapping: Mapping | None = None,
    technology: Technology | None = None,
    objective: Objective = "edp",
    gap: float = 0.01,
    seconds: float = 2.0,
    seed: int = 0,
    threads: int = 1,
    clock: Clock = NO_LIMIT,
) -> WhatIfs:
    """Double one thing after the other and map the layer again.

    The machine as it is gets the same search, and each machine takes the best of the mappings found
    on any of them: a change is not credited with what a better mapping alone would bring, nor
    blamed for a search that ended early. A bound on a machine that can only do better is one on the
    machine as it is, too.

    Args:
        mapping: a mapping known already; it joins those found.
        technology: prices doubled capacities; should be the one that ``costs`` come from.
        gap: a search ends when its result is proven to be within this share of the optimum.
        seconds: a search ends after this time with what there is.
        seed: of the searches; results that the time limit cuts short may still differ.
        clock: ends all searches; machines that it leaves no time for get the mappings and the
            bound that take none.

    Raises:
        NoValidMappingError: the layer has no valid mapping on the machine.
        SpecError: the objective is unknown, or ``mapping`` is not one of this layer and machine.
    """
    check_objective(objective)
    changed = list(variants(space.architecture, costs, technology))
    machines = [(space.architecture, costs)] + [(v.architecture, v.costs) for v in changed]
    pool = [] if mapping is None else [mapping]
    mapper = BranchAndBoundMapper(gap=gap, seconds=seconds)
    bounds = _bounds(space, machines, objective, pool, mapper, clock, seed, threads)
    relaxed = [b for v, b in zip(changed, bounds[1:], strict=True) if v.relaxes]
    bounds[0] = max([bounds[0], *relaxed])
    before, *after = (
        _answer(space.layer, *machine, objective, pool, bound, gap)
        for machine, bound in zip(machines, bounds, strict=True)
    )
    changes = [WhatIf(v, before, answer) for v, answer in zip(changed, after, strict=True)]
    return WhatIfs(objective, before, tuple(sorted(changes, key=lambda change: change.ratio)))


def _bounds(
    space: MapSpace,
    machines: Sequence[tuple[Architecture, Costs]],
    objective: Objective,
    pool: list[Mapping],
    mapper: BranchAndBoundMapper,
    clock: Clock,
    seed: int,
    threads: int,
) -> list[float]:
    """A bound for each machine; what the searches find joins the pool."""
    bounds = []
    for number, (architecture, prices) in enumerate(machines):
        machine_space = replace(space, architecture=architecture)
        if pool and clock.over:
            paths = TilePaths(machine_space, prices, with_energy=objective != "latency")
            bounds.append(least_of_all(paths, Goal(objective)))
            continue
        share = min(mapper.seconds, clock.left / (len(machines) - number))
        found = replace(mapper, seconds=share).search(
            machine_space, prices, objective=objective, seed=seed, threads=threads
        )
        pool.append(found.mapping)
        bounds.append(found.lower_bound)
    return bounds


def _answer(
    layer: Layer,
    architecture: Architecture,
    costs: Costs,
    objective: Objective,
    pool: list[Mapping],
    bound: float,
    gap: float,
) -> Answer:
    """The best on one machine of all mappings known."""
    tried = [(mapping, simulate(layer, architecture, mapping, costs)) for mapping in pool]
    goal = Goal(objective)
    best, evaluation = min(tried, key=lambda pair: goal.of(pair[1]))
    value = goal.of(evaluation)
    bound = min(bound, value)  # a mapping from outside the map space may beat it
    return Answer(value, bound, value <= bound * (1.0 + gap + ROUNDING), best, evaluation)


def variants(
    architecture: Architecture, costs: Costs, technology: Technology | None = None
) -> Iterator[Variant]:
    """All machines with one thing doubled; a technology prices doubled capacities."""
    for index, level in enumerate(architecture.levels):
        if level.entries is not None:
            changed = _with_level(architecture, index, "entries", 2 * level.entries)
            prices, pricing = _priced_again(changed, index, costs, technology)
            sizes = level.entries, 2 * level.entries
            yield Variant("capacity", (level.name,), *sizes, pricing, changed, prices)
    ports: tuple[Change, ...] = ("read_bandwidth", "write_bandwidth")
    for index, level in enumerate(architecture.levels):
        for change in ports:
            field = change.removesuffix("_bandwidth") + "_words_per_cycle"
            speed: float | None = getattr(level, field)
            if speed is not None:
                changed = _with_level(architecture, index, field, 2 * speed)
                yield Variant(change, (level.name,), speed, 2 * speed, "kept", changed, costs)
    yield _wider(architecture, costs, "mesh_x")
    yield _wider(architecture, costs, "mesh_y")


def _wider(architecture: Architecture, costs: Costs, axis: Literal["mesh_x", "mesh_y"]) -> Variant:
    """The machine with one axis of the MAC array doubled, and of the levels that share its mesh.

    These are the levels with as many instances along the axis as the array has units, the outermost
    left out; where that is 1, those that share the other axis, too, and have more than one
    instance.
    """
    mac, units = architecture.mac, getattr(architecture.mac, axis)
    levels, names = [architecture.levels[0]], []
    for level in architecture.levels[1:]:
        alike = (level.mesh_x, level.mesh_y) == (mac.mesh_x, mac.mesh_y) and level.instances > 1
        if (getattr(level, axis) == units) if units > 1 else alike:
            names.append(level.name)
            levels.append(replace(level, **{axis: 2 * units}))
        else:
            levels.append(level)
    wider_mac = replace(mac, **{axis: 2 * units})
    wider = replace(architecture, levels=tuple(levels), mac=wider_mac)
    return Variant(axis, (*names, "MAC"), units, 2 * units, "kept", wider, costs)


def _with_level(architecture: Architecture, index: int, field: str, value: float) -> Architecture:
    levels = list(architecture.levels)
    levels[index] = replace(levels[index], **{field: value})  # type: ignore[arg-type]
    return replace(architecture, levels=tuple(levels))


def _priced_again(
    architecture: Architecture, index: int, costs: Costs, technology: Technology | None
) -> tuple[Costs, Pricing]:
    """Costs with one level priced anew; as they are where the technology has no price for it."""
    if technology is None:
        return costs, "not priced again"
    try:
        price = costs_of(architecture, technology).storage[index]
    except SpecError:
        return costs, "not priced again"
    storage = (*costs.storage[:index], price, *costs.storage[index + 1 :])
    return replace(costs, storage=storage), "priced again"
