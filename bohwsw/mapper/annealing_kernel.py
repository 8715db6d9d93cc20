"""Compiled: simulated annealing over the valid mappings of one layer on one machine.

Kirkpatrick, Gelatt, Vecchi, "Optimization by Simulated Annealing", Science 220 (1983). The state is
one mapping; the energy of the method is the logarithm of the objective, so that temperatures mean
the same for every layer: a step that makes the result 1 % worse costs 0.01.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bohwsw.compiled import compiled
from bohwsw.mapper.skeletons.objective import ENERGY, LATENCY
from bohwsw.mapping import MappingBatch
from bohwsw.mapping.sampling_kernel import SpaceArrays, Workspace, fill_row, may_enter
from bohwsw.mapping.tile_kernel import ZERO
from bohwsw.mapping.transfer_kernel import transfer
from bohwsw.simulator import PricedMachines
from bohwsw.simulator.evaluation_kernel import Scratch, evaluate_row

HOT, COLD = 0.2, 0.005
"""First and last temperature, in units of the logarithm of the objective."""

WARM = 0.1
"""First temperature of a chain that starts from a given mapping."""

SCREENED = 0.04
"""Share of a chain's evaluations spent on random mappings, of which the best is the start."""

TRANSFERS = 4
"""How often each given mapping is tried among them: what does not fit is placed at random."""


@compiled(internal=True, once=True)
def score(objective, cycles, energy):
    """Logarithm of the objective of a valid mapping."""
    if objective == ENERGY:
        return math.log(energy)
    if objective == LATENCY:
        return math.log(cycles) + 1e-9 * math.log(energy)
    return math.log(energy) + math.log(cycles)


@compiled(internal=True, once=True)
def random_slot_of(factors, d):
    """A random slot that holds a factor of dimension d; -1 if there is none."""
    seen = 0
    chosen = -1
    for level in range(len(factors)):
        for kind in range(3):
            if factors[level, kind, d] > 1:
                seen += 1
                if np.random.randint(seen) == 0:
                    chosen = level * 3 + kind
    return chosen


@compiled(internal=True)
def random_prime_of(number):
    """A random prime factor of a number above 1, every different one equally likely."""
    seen = 0
    chosen = number
    rest = number
    prime = 2
    while prime * prime <= rest:
        if rest % prime == 0:
            seen += 1
            if np.random.randint(seen) == 0:
                chosen = prime
            while rest % prime == 0:
                rest //= prime
        prime += 1
    if rest > 1:
        seen += 1
        if np.random.randint(seen) == 0:
            chosen = rest
    return chosen


@compiled(internal=True)
def move_factor(factors, space, d, source, target, amount):
    """Take a factor of dimension d from one slot to another; False if it may not go there."""
    factors[source // 3, source % 3, d] //= amount
    entered = source != target and may_enter(factors, space, target // 3, target % 3, d)
    slot = target if entered else source
    factors[slot // 3, slot % 3, d] *= amount
    return entered


@compiled(internal=True, once=True)
def propose_factors(factors, space, dims):
    """Move a prime, or all of a slot's factor, or exchange two primes between two slots."""
    d = dims[np.random.randint(len(dims))]
    source = random_slot_of(factors, d)
    target = np.random.randint(len(factors) * 3)
    here = factors[source // 3, source % 3, d]
    kind = np.random.random()
    amount = here if kind < 0.15 else random_prime_of(here)
    if not move_factor(factors, space, d, source, target, amount):
        return False
    if kind > 0.6:  # a second factor makes room by going elsewhere
        e = dims[np.random.randint(len(dims))]
        leaving = target if kind > 0.75 else random_slot_of(factors, e)
        arriving = source if kind > 0.75 else np.random.randint(len(factors) * 3)
        there = factors[leaving // 3, leaving % 3, e]
        if there > 1:
            move_factor(factors, space, e, leaving, arriving, random_prime_of(there))
    return True


@compiled(internal=True, once=True)
def propose_order(factors, order, space, spatial_too):
    """Take one loop to another place in the order of its list; False if that changes nothing."""
    kind = np.random.randint(3) if spatial_too and np.random.random() < 0.2 else 0
    level = np.random.randint(len(factors))
    line = order[level, kind]
    source = np.random.randint(8)
    target = np.random.randint(8)
    d = line[source]
    if source == target or factors[level, kind, d] == 1:
        return False
    if kind == 0 and space.nesting[level, d] != space.nesting[level, line[target]]:
        return False
    step = 1 if target > source else -1
    passed = False
    for place in range(source, target, step):
        line[place] = line[place + step]
        passed = passed or factors[level, kind, line[place]] > 1
    line[target] = d
    return passed


@compiled(internal=True, once=True)
def propose_keep(keep, space):
    """Keep or bypass one data space at one level; False if the space leaves no choice there."""
    level = np.random.randint(len(keep))
    data_space = np.random.randint(3)
    if space.keep_must[level, data_space] or not space.keep_may[level, data_space]:
        return False
    keep[level, data_space] = not keep[level, data_space]
    return True


@compiled(internal=True, once=True)
def propose(factors, order, keep, space, dims, spatial_too):
    """Change a mapping at random. A space may leave next to no choice, so tries are bounded."""
    for _ in range(100):
        kind = np.random.random()
        if kind < 0.6 and len(dims) > 0:
            changed = propose_factors(factors, space, dims)
        elif kind < 0.9:
            changed = propose_order(factors, order, space, spatial_too)
        else:
            changed = propose_keep(keep, space)
        if changed:
            return


@compiled(internal=True)
def copy_mapping(source, target):
    """Copy the first mapping of a batch over that of another."""
    for level in range(source.factors.shape[1]):
        for kind in range(3):
            target.keep[0, level, kind] = source.keep[0, level, kind]
            for d in range(8):
                target.factors[0, level, kind, d] = source.factors[0, level, kind, d]
                target.order[0, level, kind, d] = source.order[0, level, kind, d]


class Problem(NamedTuple):
    """What a chain searches.

    Attributes:
        space: see ``SpaceArrays``.
        start: int64, L x 3 x 8; see ``fill_row``.
        hardware: one machine.
        dims: int64; the dimensions of the layer above 1.
        hops_cost: whether the order of loops in space matters.
        objective: its place among ``OBJECTIVES``.
        budget: evaluations of the whole search.
    """

    space: SpaceArrays
    start: npt.NDArray[np.int64]
    hardware: PricedMachines
    dims: npt.NDArray[np.int64]
    hops_cost: bool
    objective: int
    budget: int


class Chain(NamedTuple):
    """One chain of a search."""

    first: int  # evaluations made by the chains before it
    schedule: int  # evaluations over which it cools down
    # Evaluations it makes, at most ``schedule``: a chain cut short is the beginning of the whole
    # one
    steps: int


class ChainMemory(NamedTuple):
    """Working memory and results of a chain."""

    now: MappingBatch  # a batch of one row; the state
    new: MappingBatch  # the same; the next state proposed
    best: MappingBatch  # the same; the best mapping found
    # float64; the best score of this chain after each of equal shares of the budget
    trace: npt.NDArray[np.float64]
    scratch: Scratch  # of the simulator
    workspace: Workspace  # of random mappings


@compiled(internal=True, once=True)
def screen(problem, given, step, new, workspace):
    """A random mapping, or one made from a mapping given."""
    space, start = problem.space, problem.start
    count = len(given.factors)
    if step < TRANSFERS * count:
        row = step % count
        transfer(new.factors[0], new.order[0], new.keep[0], given, row, space, start, workspace)
    else:
        fill_row(new.factors[0], new.order[0], new.keep[0], space, start, workspace)


@compiled()
def anneal(problem, given, chain, seed, memory):
    """Anneal from the best of some random valid mappings; the best one found ends in ``best``.

    Args:
        problem: see ``Problem``.
        given: a batch of mappings, or none, that are tried among the random ones; see
            ``transfer``. With them the chain starts less hot.
        chain: see ``Chain``.
        seed: of all random draws.
        memory: see ``ChainMemory``; the best mapping and the trace end here.

    Returns:
        (best score, valid evaluations).
    """
    np.random.seed(seed)
    space, hardware = problem.space, problem.hardware
    now, new, best = memory.now, memory.new, memory.best
    temperature = hot = WARM if len(given.factors) > 0 else HOT
    screened = max(1, int(SCREENED * chain.schedule))
    cooling = (COLD / hot) ** (1.0 / max(1, chain.schedule - screened))
    score_now = score_best = np.inf
    valid = 0
    for step in range(chain.steps):
        if step < screened:
            screen(problem, given, step, new, memory.workspace)
        else:
            if step == screened:
                copy_mapping(best, now)
                score_now = score_best
            copy_mapping(now, new)
            propose(
                new.factors[0], new.order[0], new.keep[0], space, problem.dims, problem.hops_cost
            )
            temperature *= cooling
        ratio, cycles, energy = evaluate_row(
            new.factors[0], new.order[0], new.keep[0], space.layer, hardware, ZERO, memory.scratch
        )
        if ratio <= 1.0:
            valid += 1
            score_new = score(problem.objective, cycles, energy)
            worse = score_new - score_now
            if worse <= 0.0 or np.random.random() < math.exp(-worse / temperature):
                score_now = score_new
                copy_mapping(new, now)
            if score_new < score_best:
                score_best = score_new
                copy_mapping(new, best)
        memory.trace[(chain.first + step) * len(memory.trace) // problem.budget] = score_best
    return score_best, valid
