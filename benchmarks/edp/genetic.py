"""A genetic algorithm over machines and the mappings of all layers at once.

An individual is a point of the hardware space with a valid mapping for each layer. A child either
goes to another machine, where its mappings are repaired, or stays and has them changed. What is
known without a simulation costs nothing: whether a machine can run all layers, and whether a
mapping fits. Costs of layers add up; so a child on its parent's machine takes back, layer by
layer, what was better there, which needs no simulation either.

The settings below were chosen by hand on ResNet-18 conv2-5 and DQN conv1-3 with two seeds; the
seeds alone move an EDP by 10 to 20 %.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks.edp.case import Case
from benchmarks.edp.contender import MAPPINGS, Step
from bohwsw.codesign import Hardware
from bohwsw.divisors import prime_factors
from bohwsw.errors import NoValidMappingError, SpecError
from bohwsw.mapping.batch import TEMPORAL, MappingBatch
from bohwsw.mapping.mapspace import MapSpace
from bohwsw.mapping.sampling import fitting, sample, space_arrays
from bohwsw.mapping.sampling_kernel import SpaceArrays
from bohwsw.simulator.batch import hardware_batch, simulate_batch

Row = npt.NDArray[np.int32]

POPULATION, TOURNAMENT = 50, 2
"""Individuals in a generation, a divisor of ``MAPPINGS``; how many compete to be a parent."""

SAME_MACHINE, ALIKE = 5, 1e-3
"""Survivors on one machine; EDPs less than this share apart count as one. Both give way if the
population would shrink."""

NEW_MACHINE, CROSS_MACHINE, CROSS_LAYER, MORE_MOVES = 0.3, 0.5, 0.3, 0.5
"""Probabilities: that a child gets another machine; that this is a cross of its parents' and not a
neighbour; that a layer's mapping is the second parent's; of another move after each."""

DRAWS, REDRAWN, SHIFTS = 20, 8, 40
"""Limits: machines drawn for each individual of the first generation, tries to change a mapping so
that it fits, primes moved to repair one."""


@dataclass(frozen=True)
class Machine:
    """A machine that can run all layers; ``spaces`` and ``arrays`` have an entry for each."""

    row: Row
    hardware: Hardware
    spaces: Sequence[MapSpace]
    arrays: Sequence[SpaceArrays]


@dataclass(frozen=True)
class Individual:
    """A machine with valid mappings; ``energy_pj`` and ``cycles`` ``[layers]`` are theirs."""

    machine: Machine
    mappings: MappingBatch
    energy_pj: npt.NDArray[np.float64]
    cycles: npt.NDArray[np.int64]

    @property
    def edp_pj_cycles(self) -> float:
        """Of the network."""
        return float(self.energy_pj.sum() * self.cycles.sum())


def genetic_search(case: Case, seed: int, trials: int) -> list[Step]:
    """Search; each step is ``MAPPINGS`` individuals, that is so many mappings of each layer."""
    started = time.process_time()
    search = GeneticSearch(case, seed)
    steps: list[Step] = []
    evaluations = 0
    for _ in range(trials):
        found = [one for _ in range(MAPPINGS // POPULATION) for one in search.generation()]
        evaluations += len(found) * len(search.layers)
        edp = min((one.edp_pj_cycles for one in found), default=None)
        steps.append(Step(edp, evaluations, time.process_time() - started))
    return steps


class GeneticSearch:
    """A population and how it goes on."""

    def __init__(self, case: Case, seed: int) -> None:
        self.hardware_space = case.hardware_space()
        assert self.hardware_space.space is not None
        self.space = self.hardware_space.space
        self.layers = case.network().unique_layers()
        self.rng = np.random.default_rng(seed)
        self.population: list[Individual] = []
        self._machines: dict[bytes, Machine | None] = {}

    def generation(self) -> list[Individual]:
        """The individuals that are simulated next; the best of old and new live on."""
        parents = [self._parent() for _ in range(POPULATION) if self.population]
        pairs = [self._child(parent, self._parent()) for parent in parents] or self._first()
        children = self._simulated(pairs) if pairs else []
        for number, parent in enumerate(parents):
            if children[number].machine is parent.machine:
                children[number] = merged(children[number], parent)
        self.population = _survivors([*children, *self.population])
        return children

    def _first(self) -> list[tuple[Machine, MappingBatch]]:
        """Random machines with random mappings."""
        found: list[tuple[Machine, MappingBatch]] = []
        for _ in range(DRAWS * POPULATION):
            machine = self._machine(self.space.sample_rows(1, self.rng)[0])
            if machine is not None:
                found.append((machine, joined([self._drawn(space) for space in machine.spaces])))
            if len(found) == POPULATION:
                break
        return found

    def _parent(self) -> Individual:
        rivals = self.rng.integers(len(self.population), size=TOURNAMENT)
        return self.population[int(rivals.min())]  # the best come first

    def _child(self, parent: Individual, other: Individual) -> tuple[Machine, MappingBatch]:
        machine = parent.machine
        if self.rng.random() < NEW_MACHINE:
            machine = self._machine(self._changed(machine.row, other.machine.row)) or machine
        crossed = self.rng.random(len(self.layers)) < CROSS_LAYER
        genome = taken(crossed, other.mappings, parent.mappings)
        parts = []
        for layer, (space, arrays) in enumerate(zip(machine.spaces, machine.arrays, strict=True)):
            one = genome.select(np.array([layer]))
            one = repaired(one, space, arrays, self.rng) or self._drawn(space)
            is_moved = machine is parent.machine
            parts.append(moved(one, space, arrays, self.rng) if is_moved else one)
        return machine, joined(parts)

    def _changed(self, row: Row, other: Row) -> Row:
        """A neighbour, or a machine with some groups of tied parameters from another."""
        if self.rng.random() >= CROSS_MACHINE:
            near = self.space.neighbour_rows(row)
            return near[self.rng.integers(len(near))] if len(near) else row
        crossed = row.copy()
        for columns in self.space.group_columns:
            if self.rng.random() < 0.5:
                crossed[columns] = other[columns]
        return crossed

    def _machine(self, row: Row) -> Machine | None:
        """The machine at a valid row; None if it cannot run some layer, or is too large."""
        key = row.tobytes()
        if key not in self._machines:
            self._machines[key] = self._built(row)
        return self._machines[key]

    def _built(self, row: Row) -> Machine | None:
        hardware = self.hardware_space.hardware(self.space.point(row))
        limit = self.hardware_space.spec.limits.get("area_mm2")
        if limit is not None and (hardware.area_mm2 is None or hardware.area_mm2 > limit):
            return None
        machine, dataflow = hardware.architecture, hardware.dataflow
        try:
            spaces = [MapSpace(entry.layer, machine, dataflow) for entry in self.layers]
            for space in spaces:
                self._drawn(space)
        except (NoValidMappingError, SpecError):  # the latter: a dimension has no place at all
            return None
        return Machine(row, hardware, spaces, [space_arrays(space) for space in spaces])

    def _drawn(self, space: MapSpace) -> MappingBatch:
        return sample(space, 1, int(self.rng.integers(2**32)))

    def _simulated(self, pairs: Sequence[tuple[Machine, MappingBatch]]) -> list[Individual]:
        """All layers of all individuals, a batch for each layer."""
        distinct = {id(machine): machine.hardware for machine, _ in pairs}
        packed = hardware_batch([(x.architecture, x.costs) for x in distinct.values()])
        numbers = {key: number for number, key in enumerate(distinct)}
        rows = np.array([numbers[id(machine)] for machine, _ in pairs])
        energy_pj = np.empty((len(pairs), len(self.layers)))
        cycles = np.empty(energy_pj.shape, dtype=np.int64)
        for layer, entry in enumerate(self.layers):
            batch = joined([genome.select(np.array([layer])) for _, genome in pairs])
            found = simulate_batch(entry.layer, packed, batch, rows)
            assert found.valid.all()
            energy_pj[:, layer] = entry.count * found.energy_pj
            cycles[:, layer] = entry.count * found.latency_cycles
        return [Individual(*pair, energy_pj[i], cycles[i]) for i, pair in enumerate(pairs)]


def _edp(one: Individual) -> float:
    return one.edp_pj_cycles


def _survivors(everyone: Iterable[Individual]) -> list[Individual]:
    """The best; those that crowd a machine or are like a better one, only if need be."""
    kept: list[Individual] = []
    others: list[Individual] = []
    last = 0.0
    for one in sorted(everyone, key=_edp):
        crowd = sum(one.machine is other.machine for other in kept)
        if one.edp_pj_cycles <= last * (1.0 + ALIKE) or crowd >= SAME_MACHINE:
            others.append(one)
        else:
            kept.append(one)
            last = one.edp_pj_cycles
    return sorted([*kept, *others][:POPULATION], key=_edp)


def merged(child: Individual, parent: Individual) -> Individual:
    """A child with its parent's mappings, on the same machine, where they make the EDP smaller."""
    for layer in range(len(child.cycles)):
        back = np.arange(len(child.cycles)) == layer
        tried = Individual(
            child.machine,
            taken(back, parent.mappings, child.mappings),
            np.where(back, parent.energy_pj, child.energy_pj),
            np.where(back, parent.cycles, child.cycles),
        )
        child = min(child, tried, key=_edp)
    return child


def joined(batches: Sequence[MappingBatch]) -> MappingBatch:
    """Batches one after another."""
    return MappingBatch(*(np.concatenate(parts) for parts in zip(*batches, strict=True)))


def taken(rows: npt.NDArray[np.bool_], ones: MappingBatch, others: MappingBatch) -> MappingBatch:
    """The mappings of one batch at the marked rows, of another elsewhere."""
    return joined([ones, others]).select(np.arange(len(rows)) + np.where(rows, 0, len(rows)))


def repaired(
    one: MappingBatch, space: MapSpace, arrays: SpaceArrays, rng: np.random.Generator
) -> MappingBatch | None:
    """A mapping made to fit a machine, prime by prime taken outwards; None if that fails."""
    keep = (one.keep & space.keep_may) | space.keep_must
    one = MappingBatch(one.factors.copy(), space.settle_orders(one.order), keep)
    factors = one.factors[0]
    outer, dims = space.allowed[:, TEMPORAL].argmax(axis=0), np.arange(factors.shape[-1])
    can_leave = np.broadcast_to(space.allowed[:, TEMPORAL].any(axis=0), factors.shape).copy()
    can_leave[outer, TEMPORAL, dims] = False
    for _ in range(SHIFTS):
        barred = (factors > 1) & ~space.allowed
        if not barred.any() and fitting(arrays, one)[0]:
            return one
        at = picked((barred if barred.any() else factors > 1) & can_leave, rng)
        if at is None:
            return None
        prime = rng.choice(list(prime_factors(int(factors[at]))))
        factors[at] //= prime
        factors[outer[at[2]], TEMPORAL, at[2]] *= prime
    return None


def moved(
    one: MappingBatch, space: MapSpace, arrays: SpaceArrays, rng: np.random.Generator
) -> MappingBatch:
    """A valid mapping after some random moves; as it was if they never lead to one that fits."""
    for _ in range(REDRAWN):
        new = one.select(np.array([0]))
        move(new, space, rng)
        while rng.random() < MORE_MOVES:
            move(new, space, rng)
        new = new._replace(order=space.settle_orders(new.order))
        if fitting(arrays, new)[0]:
            return new
    return one


def move(one: MappingBatch, space: MapSpace, rng: np.random.Generator) -> None:
    """Take a prime to another slot, exchange two loops of a list, or keep or bypass something."""
    factors, order, keep = (part[0] for part in one)
    kind = rng.random()
    if kind < 0.6 and (at := picked(factors > 1, rng)) is not None:
        prime = rng.choice(list(prime_factors(int(factors[at]))))
        factors[at] //= prime
        slots = space.allowed[:, :, at[2]].copy()
        if space.dataflow.single_axis:
            slots[:, 1:] &= factors[:, :0:-1, at[2]] == 1
        to = picked(slots, rng) or at
        factors[to[0], to[1], at[2]] *= prime
    elif kind < 0.9 and (at := picked((factors > 1).sum(axis=-1) > 1, rng)) is not None:
        line = order[at]
        a, b = rng.choice(np.flatnonzero(factors[at][line] > 1), 2, replace=False)
        line[[a, b]] = line[[b, a]]
    elif (at := picked(space.keep_may & ~space.keep_must, rng)) is not None:
        keep[at] ^= True


def picked(mask: npt.NDArray[np.bool_], rng: np.random.Generator) -> tuple[int, ...] | None:
    """The place of a random True; None if there is none."""
    places = np.argwhere(mask)
    return tuple(places[rng.integers(len(places))]) if len(places) else None
